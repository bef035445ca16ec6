/**
 * `npm run probe -- --repo OWNER/NAME`: settles on a real GitHub what this product believes about it and nobody could check, and writes what it found, with the
 * day, to where the registry of beliefs reads it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Answer, ProbeError, type ProbePorts } from './ports.ts';
import { type ProbeOptions, type Result, runProbe, triable } from './probe.ts';
import { PREFIX } from './workflows.ts';

const TRIED = join(import.meta.dirname, '../../sandbox/github/beliefs-tried.json');

const NEEDS = `This makes environments, workflows, a branch and runs whose names begin with ${PREFIX}, runs them for some minutes, and removes all of it again.
It needs:
  --repo OWNER/NAME    a repository that you administrate, public or of GitHub Enterprise, with a first commit and little else
  GH_TOKEN             your token: repo and workflow; with --team read:org, too
It can try more with:
  APPROVER_TOKEN       a second person's, who approves; without it you approve what you started
  --team SLUG          a team of the organisation with access to the repository
  --second OWNER/NAME  a second repository that you may push to and the first may call workflows of; and GitHub's command line (gh), for a secret
  --minutes N          time limit, 20 unless said otherwise
  --yes                go on although the repository is not empty
`;

function wordsOf(): { options: ProbeOptions; tokens: { maintainer: string; approver: string } } {
  const { values } = parseArgs({
    options: {
      repo: { type: 'string' },
      second: { type: 'string' },
      team: { type: 'string' },
      minutes: { type: 'string', default: '20' },
      yes: { type: 'boolean', default: false },
    },
  });
  const maintainer = process.env['GH_TOKEN']?.trim() ?? '';
  if (!/^[^/\s]+\/[^/\s]+$/.test(values.repo ?? '')) throw new ProbeError('Which repository? --repo OWNER/NAME');
  if (maintainer === '') throw new ProbeError('There is no token: set GH_TOKEN, for example with GH_TOKEN=$(gh auth token).');
  if (!/^\d+$/.test(values.minutes)) throw new ProbeError(`--minutes is "${values.minutes}"; expected a whole number.`);
  const options = {
    repository: values.repo ?? '',
    second: values.second ?? null,
    team: values.team ?? null,
    yes: values.yes,
    limit: Number(values.minutes) * 60_000,
  };
  return { options, tokens: { maintainer, approver: process.env['APPROVER_TOKEN']?.trim() || maintainer } };
}

function portsWith(tokens: { maintainer: string; approver: string }): ProbePorts {
  const api = process.env['GITHUB_API_URL'] ?? 'https://api.github.com';
  const server = process.env['GITHUB_SERVER_URL'] ?? 'https://github.com';
  let stopped = false;
  process.on('SIGINT', () => {
    if (stopped) process.exit(130);
    stopped = true;
    console.error('Stopping, and removing what was made. Once more ends at once; the next start removes the rest then.');
  });
  const basic = Buffer.from(`x-access-token:${tokens.maintainer}`).toString('base64');
  // By the environment: what stands among the words of a command is seen by everybody on the machine.
  const withToken = {
    ...process.env,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${server}/.extraheader`,
    GIT_CONFIG_VALUE_0: `AUTHORIZATION: basic ${basic}`,
    GIT_TERMINAL_PROMPT: '0',
  };
  const git = (folder: string, ...words: string[]) =>
    execFileSync('git', ['-C', folder, ...words], { encoding: 'utf8', env: withToken }).trim();
  return {
    async ask(method, path, body, as = 'maintainer'): Promise<Answer> {
      const headers = {
        authorization: `Bearer ${tokens[as]}`,
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
      };
      const answer = await patiently(() =>
        fetch(`${api}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
      );
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
    },
    async push(repository, branch, files) {
      const folder = mkdtempSync(join(tmpdir(), `${PREFIX}-`));
      try {
        git(folder, 'init', '--quiet');
        for (const [path, text] of Object.entries(files)) {
          mkdirSync(join(folder, dirname(path)), { recursive: true });
          writeFileSync(join(folder, path), text);
        }
        git(folder, 'add', '--all');
        git(folder, '-c', 'user.name=promote-probe', '-c', 'user.email=probe@example.com', 'commit', '--quiet', '--message=Probe');
        git(folder, 'push', '--quiet', '--force', `${server}/${repository}.git`, `HEAD:refs/heads/${branch}`);
        return git(folder, 'rev-parse', 'HEAD');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    async removeBranch(repository, branch) {
      execFileSync('git', ['push', '--quiet', `${server}/${repository}.git`, `:refs/heads/${branch}`], { env: withToken, cwd: tmpdir() });
    },
    async setSecret(repository, environment, name, value) {
      const words = ['secret', 'set', name, '--repo', repository, '--env', environment];
      execFileSync('gh', words, { input: value, env: { ...process.env, GH_TOKEN: tokens.maintainer } });
    },
    sleep: (milliseconds) => setTimeout(milliseconds),
    now: () => Date.now(),
    isStopped: () => stopped,
    log: (line) => console.log(line),
  };
}

/** Repeats what the network lost. Everything that is asked may be asked twice. */
async function patiently(ask: () => Promise<Response>): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const { cause } = error as { cause?: { message?: string } };
      if (attempt === 4)
        throw new ProbeError(
          `GitHub cannot be reached: ${cause?.message || (error as Error).message}. What is left is removed at the next start.`,
        );
      await setTimeout(2000 * attempt);
    }
  }
}

/** What was tried is kept; what could not be tried this time stays as it was. */
function keep(results: readonly Result[]): void {
  const kept = JSON.parse(readFileSync(TRIED, 'utf8')) as Record<string, unknown>;
  const on = new Date().toISOString().slice(0, 10);
  for (const { belief, outcome } of results) if (outcome !== 'could not be tried') kept[belief] = { outcome, on };
  writeFileSync(TRIED, `${JSON.stringify(kept, null, 2)}\n`);
}

async function main(): Promise<number> {
  console.log(NEEDS);
  const { options, tokens } = wordsOf();
  const results = await runProbe(portsWith(tokens), options);
  const width = Math.max(...triable().map((belief) => belief.length));
  for (const { belief, outcome, why } of results) console.log(`${belief.padEnd(width)}  ${outcome}${why === '' ? '' : `: ${why}`}`);
  keep(results);
  console.log(`Written to sandbox/github/beliefs-tried.json; "npm run generate" puts it into docs/github-beliefs.md.`);
  return results.some(({ outcome }) => outcome !== 'could not be tried') ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof ProbeError ? 2 : 1;
}
