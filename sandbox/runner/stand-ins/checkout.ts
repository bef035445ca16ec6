/**
 * actions/checkout v7: real `git fetch` and `git checkout`, from a repository on this machine.
 * https://github.com/actions/checkout
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { CheckoutSource } from '../job/contract.ts';
import type { StandIn, StandInCall } from './stand-in.ts';

const run = promisify(execFile);
const NO_NETWORK = 'it fetches from this machine, without SSH or another server.';
const WHOLE = 'it fetches whole trees.';

type Git = (...args: string[]) => Promise<string>;

export const checkout: StandIn = {
  name: 'actions/checkout',
  inputs: {
    repository: { default: '' },
    ref: { default: '' },
    token: { default: '' },
    'ssh-key': { default: '', only: NO_NETWORK },
    'ssh-known-hosts': { default: '', only: NO_NETWORK },
    'ssh-strict': { default: 'true', only: NO_NETWORK },
    'ssh-user': { default: 'git', only: NO_NETWORK },
    'persist-credentials': { default: 'true' },
    path: { default: '' },
    clean: { default: 'true' },
    filter: { default: '', only: WHOLE },
    'sparse-checkout': { default: '' },
    'sparse-checkout-cone-mode': { default: 'true' },
    'fetch-depth': { default: '1' },
    'fetch-tags': { default: 'false' },
    'show-progress': { default: 'true' },
    lfs: { default: 'false', only: 'it does not have Git LFS.' },
    submodules: { default: 'false', only: 'it does not fetch submodules.' },
    'set-safe-directory': { default: 'true' },
    'github-server-url': { default: '', only: NO_NETWORK },
    'allow-unsafe-pr-checkout': { default: 'false', only: 'the sandbox has no code of forks.' },
  },

  async main(call) {
    const wanted = whatToCheckOut(call);
    const folder = targetFolder(call);
    call.log(`Syncing repository: ${wanted.source.repository}`);
    if (wanted.source.sha === null) return copyFiles(call, wanted.source, folder);
    mkdirSync(folder, { recursive: true });
    const git = gitIn(folder, call);
    await prepareFolder(call, folder, git, wanted.source);
    await fetch(call, git, wanted);
    await chooseFiles(call, git, folder);
    await checkOut(git, wanted);
    const commit = (await git('rev-parse', 'HEAD')).trim();
    call.setOutput('ref', wanted.ref);
    call.setOutput('commit', commit);
    call.log(`HEAD is now at ${commit}`);
    await persistCredentials(call, git, folder);
  },

  /** What was kept for later `git` commands does not outlive the job. */
  async post(call) {
    const { folder, key } = call.state;
    if (folder === undefined || key === undefined || !existsSync(folder)) return;
    await gitIn(folder, call)('config', '--local', '--unset-all', key).catch(() => '');
  },
};

interface Wanted {
  readonly source: CheckoutSource;
  /** As given, or the run's; empty for a commit alone. */
  readonly ref: string;
  /** Empty when the ref decides. */
  readonly commit: string;
}

const SHA = /^([0-9a-f]{40}|[0-9a-f]{64})$/i;

function whatToCheckOut({ input, github, request, ports }: StandInCall): Wanted {
  const own = request.callerSource;
  const name = input('repository') === '' ? own.repository : input('repository');
  const isOwn = name.toLowerCase() === own.repository.toLowerCase();
  const given = input('ref');
  const source = isOwn ? own : ports.repository(name, given);
  if (source === null) throw new Error(`Not Found: the sandbox has no repository ${name}.`);
  if (SHA.test(given)) return { source, ref: '', commit: given.toLowerCase() };
  if (given !== '' || !isOwn) return { source, ref: given, commit: given === '' ? (source.sha ?? '') : '' };
  return { source, ref: github('ref'), commit: github('sha') };
}

function targetFolder({ input, workspace }: StandInCall): string {
  const folder = resolve(workspace, input('path'));
  if (folder !== workspace && !folder.startsWith(workspace + sep))
    throw new Error(`Repository path '${folder}' is not under '${workspace}'`);
  return folder;
}

function gitIn(folder: string, { env, signal, log }: StandInCall): Git {
  return async (...args) => {
    if (args[0] === 'fetch' || args[0] === 'checkout') log(`[command]git ${args.join(' ')}`);
    try {
      const options = { env: { ...env, GIT_TERMINAL_PROMPT: '0' }, signal, maxBuffer: 2 ** 28 };
      const { stdout } = await run(
        'git',
        ['-C', folder, '-c', 'protocol.file.allow=always', '-c', 'advice.detachedHead=false', ...args],
        options,
      );
      return stdout;
    } catch (error) {
      const { stderr = '', code } = error as { stderr?: string; code?: number };
      if (stderr.trim() !== '') log(stderr.trim());
      throw new Error(`The process 'git' failed with exit code ${code ?? 1}`, { cause: error });
    }
  };
}

/** A working copy of the project itself, as it lies there, without Git. */
async function copyFiles(call: StandInCall, source: CheckoutSource, folder: string): Promise<void> {
  const listed = await run('git', ['-C', source.folder, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    env: call.env,
  }).then(
    ({ stdout }) => stdout.split('\0').filter((name) => name !== '' && existsSync(join(source.folder, name))),
    () => readdirSync(source.folder),
  );
  for (const name of listed) cpSync(join(source.folder, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  call.setOutput('ref', call.input('ref'));
  call.setOutput('commit', '');
}

/** Keeps a checkout of the same repository, and begins anew for another one. */
async function prepareFolder(call: StandInCall, folder: string, git: Git, source: CheckoutSource): Promise<void> {
  const address = `${call.github('server_url')}/${source.repository}`;
  const isSame = existsSync(join(folder, '.git')) && (await git('config', '--get', 'remote.origin.url').catch(() => '')).trim() === address;
  if (isSame) {
    if (call.flag('clean')) {
      await git('clean', '-ffdx');
      await git('reset', '--hard', 'HEAD').catch(() => '');
    }
    return;
  }
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
  await git('init', '--quiet', '--initial-branch=master');
  await git('remote', 'add', 'origin', address);
  // The address is GitHub's, for whoever reads it; what is fetched comes from this machine.
  await git('config', '--local', `url.${pathToFileURL(resolve(source.folder)).href}.insteadOf`, address);
  await git('config', '--local', 'gc.auto', '0');
}

const EVERY_TAG = '+refs/tags/*:refs/tags/*';

async function fetch(call: StandInCall, git: Git, wanted: Wanted): Promise<void> {
  const depth = Number(call.input('fetch-depth'));
  if (!Number.isInteger(depth) || depth < 0) throw new Error(`\`fetch-depth: ${call.input('fetch-depth')}\` is no number of commits.`);
  const from = (shallow: readonly string[], specs: readonly string[]): Promise<string> =>
    git('fetch', '--quiet', '--no-tags', '--prune', '--no-recurse-submodules', ...shallow, 'origin', ...specs);
  if (depth > 0) {
    const tags = call.flag('fetch-tags') ? [EVERY_TAG] : [];
    await from([`--depth=${depth}`], [...refSpecs(wanted), ...tags]);
    return;
  }
  await from([], ['+refs/heads/*:refs/remotes/origin/*', EVERY_TAG]);
  // The ref may have moved on since the event; what is asked for is the event's commit.
  if (wanted.commit !== '') await from([], refSpecs(wanted));
}

function refSpecs({ ref, commit }: Wanted): string[] {
  const branch = ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null;
  const pull = ref.startsWith('refs/pull/') ? ref.slice('refs/pull/'.length) : null;
  if (branch !== null) return [`+${commit === '' ? ref : commit}:refs/remotes/origin/${branch}`];
  if (pull !== null) return [`+${commit === '' ? ref : commit}:refs/remotes/pull/${pull}`];
  if (ref.startsWith('refs/')) return [`+${commit === '' ? ref : commit}:${ref}`];
  if (commit !== '') return [commit];
  if (ref === '') return ['HEAD'];
  return [`+refs/heads/${ref}*:refs/remotes/origin/${ref}*`, `+refs/tags/${ref}*:refs/tags/${ref}*`];
}

/** Which files are written to disk: all, or those that the workflow names. */
async function chooseFiles(call: StandInCall, git: Git, folder: string): Promise<void> {
  const patterns = call
    .input('sparse-checkout')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (patterns.length === 0) {
    if (existsSync(join(folder, '.git', 'info', 'sparse-checkout'))) await git('sparse-checkout', 'disable');
  } else await git('sparse-checkout', 'set', call.flag('sparse-checkout-cone-mode') ? '--cone' : '--no-cone', ...patterns);
}

async function checkOut(git: Git, { ref, commit }: Wanted): Promise<void> {
  const exists = (name: string): Promise<boolean> =>
    git('rev-parse', '--verify', '--quiet', name).then(
      () => true,
      () => false,
    );
  const branch = async (name: string): Promise<unknown> => git('checkout', '--quiet', '--force', '-B', name, `refs/remotes/origin/${name}`);
  const detached = async (name: string): Promise<unknown> => git('checkout', '--quiet', '--force', '--detach', name);
  if (ref.startsWith('refs/heads/')) await branch(ref.slice('refs/heads/'.length));
  else if (ref.startsWith('refs/pull/')) await detached(`refs/remotes/pull/${ref.slice('refs/pull/'.length)}`);
  else if (ref.startsWith('refs/')) await detached(commit === '' ? ref : commit);
  else if (commit !== '') await detached(commit);
  else if (ref === '') await detached('FETCH_HEAD');
  else if (await exists(`refs/remotes/origin/${ref}`)) await branch(ref);
  else if (await exists(`refs/tags/${ref}`)) await detached(`refs/tags/${ref}`);
  else throw new Error(`A branch or tag with the name '${ref}' could not be found`);
}

/** What lets later `git` commands of the job speak to the server. */
async function persistCredentials(call: StandInCall, git: Git, folder: string): Promise<void> {
  const token = call.input('token') === '' ? call.github('token') : call.input('token');
  if (!call.flag('persist-credentials') || token === '') return;
  const key = `http.${call.github('server_url')}/.extraheader`;
  const secret = Buffer.from(`x-access-token:${token}`).toString('base64');
  await git('config', '--local', key, `AUTHORIZATION: basic ${secret}`);
  call.saveState('folder', folder);
  call.saveState('key', key);
}
