import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createClient, type GitHubClient } from './github/client.ts';
import { chooseServer, hostOf, type Server } from './github/server-choice.ts';
import { EXIT } from './job/exit-codes.ts';
import { EXPECTED, TOKEN } from './job/expected.ts';
import { HELP } from './job/help.ts';
import type { Inquiry, InquiryPorts } from './job/inquiry.ts';
import { inOptions } from './job/option-words.ts';
import type { OnGitHub, RepositoryFiles } from './setup/repository.ts';

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
  local: { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
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

const CHECKED = ['pipeline', 'artifact-digest', 'version', 'migrations'] as const;

function checkValues(values: Values): void {
  for (const name of CHECKED) {
    const value = values[name];
    const { pattern, words } = EXPECTED[name];
    // Given empty, as by a variable that is not set, it counts as not given where there is nothing else to take.
    if (value === undefined || (value === '' && name !== 'pipeline')) continue;
    if (!pattern.test(value)) throw new UsageError(`--${name} is ${JSON.stringify(value)}; expected ${words}.`);
  }
}

type Values = ReturnType<typeof parseWords>['values'];

/** A command by its first word; given the second, it answers with an exit code, or with `null` when it does not take that word. */
type Command = (values: Values, word: string | undefined) => Promise<number> | null;

const COMMANDS: Readonly<Record<string, Command>> = {
  plan: (values, word) => (word === undefined ? plan(values) : null),
  explain: (values, word) => (word === undefined ? null : explain(values, word)),
  pipeline: (values, word) => (word === undefined ? printPipeline(values) : null),
  init: (values, word) => (word === undefined || word === 'pipeline' || word === 'workflow' ? initialise(values, word ?? null) : null),
  doctor: (values, word) => (word === undefined ? examine(values) : null),
};

async function answer(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseWords(words);
  const [command, word, ...rest] = positionals;
  if (values.help) return print(HELP);
  if (rest.length > 0) throw new UsageError(`Too many words: ${rest.join(' ')}`);
  if (command === undefined) throw new UsageError('No command given.');
  checkValues(values);
  const answered = Object.hasOwn(COMMANDS, command) ? COMMANDS[command]?.(values, word) : null;
  if (answered == null) throw new UsageError(`"${positionals.join(' ')}" is not a command.`);
  return answered;
}

async function plan(values: Values): Promise<number> {
  const { answerPlan } = await import('./commands/answer-plan.ts');
  return answerPlan(inquiryFrom(values, values.environment ?? null), ports(values));
}

async function explain(values: Values, environment: string): Promise<number> {
  const { answerExplain } = await import('./commands/answer-explain.ts');
  return answerExplain({ ...inquiryFrom(values, environment), environment }, ports(values));
}

async function printPipeline(values: Values): Promise<number> {
  if (!values.resolved) {
    const { BUILT_IN_TEXT } = await import('./pipeline/built-in.ts');
    return print(BUILT_IN_TEXT);
  }
  const { resolvedText } = await import('./commands/print-pipeline.ts');
  return print(resolvedText(readCheckout, values.pipeline));
}

/** Writes into the checkout; GitHub is asked where there is a token and a repository to ask about. */
async function initialise(values: Values, only: 'pipeline' | 'workflow' | null): Promise<number> {
  const { init } = await import('./commands/init.ts');
  const root = git('rev-parse', '--show-toplevel');
  const request = { pipelinePath: values.pipeline, only, local: values.local, force: values.force, dryRun: values['dry-run'] };
  return init(request, {
    files: filesOf(root),
    defaultBranch: defaultBranchOfCheckout(),
    lookAtGitHub: () => lookAtGitHub(values),
    findOwnCommit: () => findOwnCommit(values),
    write: (path, text) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    print: (text) => process.stdout.write(text),
  });
}

/** Without a token, or where GitHub cannot be asked, the tag is named, and what is printed says how to pin it. */
async function findOwnCommit(values: Values): Promise<string | null> {
  if (tokenOrNull(values) === null) return null;
  const [{ readCommit }, { OURS }] = await Promise.all([import('./github/settings.ts'), import('./setup/pins.ts')]);
  return readCommit(client(values), OURS, `tags/${OURS.tag}`).catch(() => null);
}

async function lookAtGitHub(values: Values): Promise<OnGitHub> {
  if (tokenOrNull(values) === null) return { looked: false, why: 'no token; set GH_TOKEN to have it look.' };
  const { existingEnvironments } = await import('./job/existing-environments.ts');
  try {
    return { looked: true, environments: await existingEnvironments(client(values), repositoryFrom(values)) };
  } catch (error) {
    return { looked: false, why: (error as Error).message };
  }
}

async function examine(values: Values): Promise<number> {
  const { doctor } = await import('./commands/doctor.ts');
  const request = {
    ...repositoryFrom(values),
    pipelinePath: values.pipeline,
    json: values.json,
    serverUrl: serverFor(values).serverUrl,
  };
  return doctor(request, { ...ports(values), secrets: process.env['PROMOTE_ENV'] ?? '' });
}

function repositoryFrom(values: Values): { readonly owner: string; readonly repo: string } {
  const repository = values.repo ?? repositoryOfRemote();
  const parts = repository.split('/');
  const [repo = '', owner = ''] = parts.toReversed();
  if (parts.length < 2 || parts.length > 3 || parts.includes(''))
    throw new UsageError(`"${repository}" is not a repository; expected OWNER/NAME, or HOST/OWNER/NAME.`);
  return { owner, repo };
}

/** The server that the repository is on. */
function serverFor(values: Values): Server {
  const parts = values.repo?.split('/') ?? [];
  return chooseServer(process.env, parts.length === 3 ? (parts[0] ?? null) : null, values.repo === undefined ? remote() : '');
}

function inquiryFrom(values: Values, environment: string | null): Inquiry {
  const { owner, repo } = repositoryFrom(values);
  const given = values.ref !== undefined || values.sha !== undefined;
  return {
    owner,
    repo,
    ref: values.ref ?? branchOfCheckout(),
    sha: values.sha ?? (given ? null : git('rev-parse', 'HEAD')),
    version: values.version || null,
    environment,
    artifactDigest: values['artifact-digest'] || null,
    migrations: values.migrations || null,
    rollback: values.rollback,
    pipelinePath: values.pipeline,
    repositoryUrl: `${serverFor(values).serverUrl}/${owner}/${repo}`,
    json: values.json,
    width: process.stdout.columns ?? 100,
    colour: process.stdout.isTTY === true && !process.env['NO_COLOR'],
  };
}

function ports(values: Values): InquiryPorts {
  return { client: client(values), readCheckout, print: (text) => process.stdout.write(text) };
}

/** `null`: there is none, or none for the repository's server. */
function tokenOrNull(values: Values): string | null {
  try {
    return serverFor(values).token;
  } catch (error) {
    if (error instanceof Error && error.name === 'ServerError') return null;
    throw error;
  }
}

function client(values: Values): GitHubClient {
  const { token, tokenName, apiUrl, graphqlUrl } = serverFor(values);
  if (token === null) throw new Error(`No token: set ${tokenName}, for example with ${tokenName}=$(gh auth token).`);
  if (!TOKEN.pattern.test(token))
    throw new Error(
      `${tokenName} or GITHUB_TOKEN is no token; expected ${TOKEN.words}. Set it anew, for example with ${tokenName}=$(gh auth token).`,
    );
  const failed = (message: string): void => void failures.add(message);
  return createClient({ token, apiUrl, graphqlUrl, requestTimeoutMs: 15_000, retryWaitMs: 1000, log: tell, failed });
}

/** What was not to be had from GitHub. It is told at the end, where it is known whether it is why there is no answer at all. */
const failures = new Set<string>();

function tell(line: string): void {
  console.error(inOptions(line));
}

/** @param message of the error that ends the command, which says its own reason */
function tellFailures(message: string): void {
  for (const failure of failures) if (!message.includes(failure)) tell(failure);
}

/** What git tracks and what it would track. A name that is not text in UTF-8 is not there for anybody. */
function filesOf(root: string): RepositoryFiles {
  const listed = git('-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard');
  return { paths: listed.split('\0').filter((path) => path !== ''), read: readCheckout };
}

/** As the remote says, as it is commonly called, or the branch that is checked out. */
function defaultBranchOfCheckout(): string {
  const remote = gitOr('', 'symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD').replace(/^origin\//, '');
  if (remote !== '') return remote;
  const common = ['main', 'master', 'trunk'].find((name) => gitOr('', 'rev-parse', '--verify', '--quiet', `refs/heads/${name}`) !== '');
  return common ?? (gitOr('', 'symbolic-ref', '--quiet', '--short', 'HEAD') || 'main');
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
  const url = remote();
  const found = /[/:]([^/:]+\/[^/]+?)(?:\.git)?\/?$/.exec(url)?.[1];
  // A folder is on no server; only where variables name one may it stand for a repository there.
  if (found === undefined || (hostOf(url) === null && !process.env['GITHUB_API_URL']))
    throw new UsageError('The checkout has no remote "origin" on GitHub; name the repository with --repo OWNER/NAME.');
  return found;
}

function remote(): string {
  return gitOr('', 'remote', 'get-url', 'origin');
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
  tellFailures('');
} catch (error) {
  // A ref, a commit or a version that is none. Here there is no event but the words themselves.
  const usage = error instanceof UsageError || (error instanceof Error && error.name === 'EventRefused');
  const message = error instanceof Error ? error.message : String(error);
  tellFailures(message);
  tell(`promote: ${message}${usage ? '\nTry: promote --help' : ''}`);
  process.exitCode = usage ? EXIT.usage : EXIT.failed;
}
