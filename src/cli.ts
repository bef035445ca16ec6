import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT } from './commands/exit-codes.ts';
import { HELP } from './commands/help.ts';
import type { Inquiry, InquiryPorts } from './commands/inquiry.ts';
import { createClient } from './github/client.ts';

/** The words on the command line, or the checkout they are about, do not make a question. */
class UsageError extends Error {}

const OPTIONS = {
  repo: { type: 'string' },
  ref: { type: 'string' },
  sha: { type: 'string' },
  version: { type: 'string' },
  environment: { type: 'string' },
  pipeline: { type: 'string', default: '.github/promote.yml' },
  'artifact-digest': { type: 'string' },
  migrations: { type: 'string' },
  rollback: { type: 'boolean', default: false },
  resolved: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

type Values = ReturnType<typeof parseWords>['values'];

async function answer(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(words);
  const [command, environment, ...rest] = positionals;
  if (values.help) return print(HELP);
  if (rest.length > 0) throw new UsageError(`Too many words: ${rest.join(' ')}`);
  if (command === 'pipeline' && environment === undefined) {
    const { pipelineText } = await import('./commands/print-pipeline.ts');
    return print(pipelineText(values.resolved ? readCheckout(values.pipeline) : null, values.pipeline, values.resolved));
  }
  if (command === 'plan' && environment === undefined) {
    const { answerPlan } = await import('./commands/answer-plan.ts');
    return answerPlan(inquiryFrom(values, values.environment ?? null), ports());
  }
  if (command === 'explain' && environment !== undefined) {
    const { answerExplain } = await import('./commands/answer-explain.ts');
    return answerExplain({ ...inquiryFrom(values, environment), environment }, ports());
  }
  throw new UsageError(command === undefined ? 'No command given.' : `"${positionals.join(' ')}" is not a command.`);
}

function inquiryFrom(values: Values, environment: string | null): Inquiry {
  const repository = values.repo ?? repositoryOfRemote();
  const [owner = '', repo = '', ...rest] = repository.split('/');
  if (owner === '' || repo === '' || rest.length > 0) throw new UsageError(`"${repository}" is not a repository; expected OWNER/NAME.`);
  const given = values.ref !== undefined || values.sha !== undefined;
  return {
    owner,
    repo,
    ref: values.ref ?? branchOfCheckout(),
    sha: values.sha ?? (given ? null : git('rev-parse', 'HEAD')),
    version: values.version ?? null,
    environment,
    artifactDigest: values['artifact-digest'] ?? null,
    migrations: values.migrations ?? null,
    rollback: values.rollback,
    pipelinePath: values.pipeline,
    repositoryUrl: `${process.env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${owner}/${repo}`,
    json: values.json,
    width: process.stdout.columns ?? 100,
    colour: process.stdout.isTTY === true && !process.env['NO_COLOR'],
  };
}

function ports(): InquiryPorts {
  const token = process.env['GH_TOKEN'] || process.env['GITHUB_TOKEN'];
  if (!token) throw new UsageError('No token: set GH_TOKEN, for example with GH_TOKEN=$(gh auth token).');
  const apiUrl = process.env['GITHUB_API_URL'] ?? 'https://api.github.com';
  const graphqlUrl = process.env['GITHUB_GRAPHQL_URL'] ?? `${apiUrl.replace(/\/api\/v3$/, '/api')}/graphql`;
  const log = (line: string): void => console.error(line);
  return {
    client: createClient({ token, apiUrl, graphqlUrl, requestTimeoutMs: 15_000, retryWaitMs: 1000, log }),
    readCheckout,
    print: (text) => process.stdout.write(text),
  };
}

function readCheckout(path: string): string | null {
  try {
    return readFileSync(join(gitOr('.', 'rev-parse', '--show-toplevel'), path), 'utf8');
  } catch {
    return null;
  }
}

function branchOfCheckout(): string {
  const ref = gitOr('', 'symbolic-ref', '--quiet', 'HEAD');
  if (ref === '') throw new UsageError('The checkout is not on a branch; name the candidate with --ref.');
  return ref;
}

/** `git@HOST:OWNER/NAME.git` and `https://HOST/OWNER/NAME` alike. */
function repositoryOfRemote(): string {
  const url = gitOr('', 'remote', 'get-url', 'origin');
  const found = /[/:]([^/:]+\/[^/]+?)(?:\.git)?\/?$/.exec(url)?.[1];
  if (found === undefined)
    throw new UsageError('The checkout has no remote "origin" on GitHub; name the repository with --repo OWNER/NAME.');
  return found;
}

function git(...words: string[]): string {
  try {
    return execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    throw new UsageError(
      `This is not a git checkout with a commit ("git ${words.join(' ')}" failed); name the candidate with --repo and --ref.`,
    );
  }
}

function gitOr(fallback: string, ...words: string[]): string {
  try {
    return git(...words);
  } catch {
    return fallback;
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.open;
}

try {
  process.exitCode = await answer(process.argv.slice(2));
} catch (error) {
  const usage = error instanceof UsageError;
  console.error(`promote: ${error instanceof Error ? error.message : String(error)}${usage ? '\nTry: promote --help' : ''}`);
  process.exitCode = usage ? EXIT.usage : EXIT.failed;
}
