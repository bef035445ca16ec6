/** The README's path to a first promotion, done as it is written: every command and every file in it. */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startSandbox } from '../../sandbox/github/index.ts';
import { createRepository } from '../../sandbox/github/sample-repository.ts';
import { startRunner } from '../../sandbox/runner/index.ts';
import { executeJob } from '../../sandbox/runner/job/execute.ts';

const PROJECT = join(import.meta.dirname, '../..');
const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const section = readme.slice(readme.indexOf('## A first promotion in ten minutes'), readme.indexOf('## What a pipeline file can say'));

function blocks(language: string): readonly string[] {
  return [...section.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((match) => match[1] ?? '');
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'promote-ten-minutes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The project as GitHub would hand it out: what git keeps of it, and the bundle as it is built. */
function publish(path: string): void {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: PROJECT,
    encoding: 'utf8',
  }).split('\0');
  for (const file of files.filter((name) => /^(dist|action\.yml|package\.json|\.github)/.test(name) && existsSync(join(PROJECT, name)))) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    cpSync(join(PROJECT, file), join(path, file), { force: true });
  }
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', path, '-c', 'user.name=mona', '-c', 'user.email=mona@example.com', ...words]);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Release');
  git('tag', 'v1');
}

it('leads a newcomer to production', { timeout: 180_000 }, async () => {
  const published = join(folder, 'published');
  publish(published);
  const origin = createRepository(join(folder, 'octo-org/shop'));
  origin.commit('main', { 'README.md': '# shop\n' }, 'Begin');
  origin.git('config', 'receive.denyCurrentBranch', 'ignore');
  const sandbox = await startSandbox({ repositoryPath: origin.path });
  const runner = await startRunner({
    sandbox,
    folder: join(folder, 'runner'),
    repositories: { 'org/promote-action': PROJECT },
    executeJob,
  });
  try {
    sandbox.given.user('mona', { role: 'admin', emails: ['mona@example.com'] });
    sandbox.given.user('hubot', { role: 'write' });

    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'gh'), `#!/bin/sh\nexec "${process.execPath}" "${join(PROJECT, 'test/setup/gh.ts')}" "$@"\n`);
    chmodSync(join(bin, 'gh'), 0o755);
    const config = join(folder, 'gitconfig');
    writeFileSync(
      config,
      `[user]\nname = mona\nemail = mona@example.com\n[protocol "file"]\nallow = always\n[url "${published}"]\ninsteadOf = https://github.com/org/promote-action\n[url "${origin.path}"]\ninsteadOf = https://github.com/octo-org/shop\n`,
    );
    const env = {
      PATH: `${bin}:${dirname(process.execPath)}:${process.env['PATH']}`,
      HOME: folder,
      GIT_CONFIG_GLOBAL: config,
      GH_TOKEN: sandbox.token({ login: 'mona' }),
      GITHUB_API_URL: sandbox.apiUrl,
      GITHUB_GRAPHQL_URL: sandbox.graphqlUrl,
    };
    const work = join(folder, 'work', 'shop');
    execFileSync('git', ['clone', '--quiet', 'https://github.com/octo-org/shop', work], { env });
    const alias =
      blocks('sh')[0]
        ?.split('\n')
        .find((line) => line.startsWith('alias ')) ?? '';
    // The sandbox answers in this very process, so nothing may block it.
    const run = (commands: string): Promise<{ status: number; output: string; stdout: string }> =>
      new Promise((resolve) => {
        const words = ['-e', '-O', 'expand_aliases', '-c', `${alias}\n${commands}`];
        execFile('bash', words, { cwd: work, env }, (error, stdout, stderr) => {
          resolve({ status: error === null ? 0 : Number(error.code ?? 1), output: `${stdout}${stderr}`, stdout });
        });
      });

    const [getInit = '', script = '', doctor = '', push = ''] = blocks('sh');
    const [pipeline = '', caller = ''] = blocks('yaml');
    expect(await run(getInit)).toMatchObject({ status: 0 });
    const written = parse(readFileSync(join(work, '.github/workflows/promote.yml'), 'utf8'));
    const { jobs, ...shown } = parse(caller);
    expect(written.jobs.promote).toEqual(jobs.promote);
    expect(Object.keys(written.on)).toEqual(expect.arrayContaining(Object.keys(shown.on)));

    writeFileSync(join(work, '.github/promote.yml'), pipeline);
    writeFileSync(join(work, '.github/workflows/promote.yml'), caller);
    expect(await run(script)).toMatchObject({ status: 0 });
    const lacking = await run(doctor);
    expect(lacking).toMatchObject({ status: 6, output: expect.stringContaining('gh api') });
    const settings = JSON.parse((await run(`${doctor.trim()} --json`)).stdout) as { subjects: readonly { commands: readonly string[] }[] };
    const commands = settings.subjects.flatMap((subject) => subject.commands);
    expect(commands.length).toBeGreaterThan(2);
    for (const command of commands) {
      expect(lacking.output).toContain(command.split('\n')[0]);
      expect(await run(command)).toMatchObject({ status: 0 });
    }
    expect(await run(push)).toMatchObject({ status: 0 });

    // What `doctor` creates has no reviewers until somebody names them under Settings.
    sandbox.given.team('octo-org/reviewers', ['hubot']);
    for (const name of ['uat', 'production']) sandbox.given.environment(name, { reviewers: ['octo-org/reviewers'] });
    expect(await run(doctor)).toMatchObject({ status: 0 });
    const [id = 0] = await runner.push('main', { actor: 'mona' });
    await runner.settled();
    for (const name of ['uat', 'production']) {
      expect(sandbox.state.runs.find((each) => each.id === id)).toMatchObject({ status: 'waiting', waiting: [name] });
      await runner.review(id, { user: 'hubot', environments: [name], state: 'approved' });
      await runner.settled();
    }
    expect(sandbox.state.runs.find((each) => each.id === id)).toMatchObject({ status: 'completed', conclusion: 'success' });
    const succeeded = sandbox.state.deployments.filter(
      ({ task, statuses }) => task.startsWith('promote:') && statuses.some(({ state }) => state === 'success'),
    );
    expect(succeeded.map(({ environment }) => environment)).toEqual(['dev', 'uat', 'production']);
    expect(sandbox.violations).toEqual([]);
  } finally {
    await runner.close();
    await sandbox.close();
  }
});
