import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Live } from '../decision/decision.ts';
import { shortSha } from '../decision/wording.ts';
import type { Door } from './door.ts';
import type { Job } from './job.ts';

const run = promisify(execFile);

/** How long one step of the checkout may take, milliseconds. */
const LONGEST_FETCH = 600_000;

/** The version that the migrated database must still bear: what is live in production, on the candidate's own path if one is there. */
export function liveVersion(door: Door): Live | null {
  return liveInProduction(door) ?? door.environment.live;
}

/** What is live in the first environment of role production on the candidate's path where something is. */
export function liveInProduction({ decision, gathered }: Door): Live | null {
  const isProduction = (name: string): boolean => gathered.pipeline.environments.get(name)?.role === 'production';
  return decision.environments.find(({ name, live }) => isProduction(name) && live !== null)?.live ?? null;
}

/**
 * Checks out a commit beside the candidate's own checkout, in a folder of its own.
 * @returns the folder, or why there is none
 */
export async function checkOutBeside(
  job: Job,
  sha: string,
  folder: string,
  signal: AbortSignal,
): Promise<{ readonly folder: string } | { readonly because: string }> {
  const { workspace } = job.run;
  const options = { signal, timeout: LONGEST_FETCH };
  if (!existsSync(join(workspace, '.git'))) return { because: 'the working directory is no Git checkout' };
  try {
    if (!(await has(workspace, sha)))
      await git(workspace, ['fetch', '--quiet', '--no-tags', '--depth=1', 'origin', sha], options, credentials(job));
    await git(workspace, ['worktree', 'add', '--quiet', '--force', '--detach', folder, sha], options);
    return { folder };
  } catch (error) {
    signal.throwIfAborted();
    const lines = ((error as { stderr?: string }).stderr || (error as Error).message).trim().split('\n');
    // After what is wrong come hints.
    const said = lines.find((line) => line.startsWith('fatal: ')) ?? lines.at(-1);
    return { because: `commit ${shortSha(sha)}, which is live, could not be checked out: ${said}` };
  }
}

/** Takes it away again. Never throws: the folder goes with the rehearsal's own. */
export async function removeCheckout(job: Job, folder: string): Promise<void> {
  await git(job.run.workspace, ['worktree', 'remove', '--force', folder]).catch(() => undefined);
  await git(job.run.workspace, ['worktree', 'prune']).catch(() => undefined);
}

async function has(workspace: string, sha: string): Promise<boolean> {
  try {
    await git(workspace, ['cat-file', '-e', `${sha}^{commit}`]);
    return true;
  } catch {
    return false;
  }
}

/** The checkout keeps no credentials. They travel in variables, where no list of processes shows them. */
function credentials({ input, run: { serverUrl } }: Job): Record<string, string> {
  const basic = Buffer.from(`x-access-token:${input.token}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${serverUrl}/.extraheader`,
    GIT_CONFIG_VALUE_0: `AUTHORIZATION: basic ${basic}`,
    GIT_TERMINAL_PROMPT: '0',
  };
}

/** In a container the checkout may belong to somebody else, which Git refuses unless it is told that this is known. */
async function git(
  workspace: string,
  parameters: readonly string[],
  options: { readonly signal?: AbortSignal; readonly timeout?: number } = {},
  env: Record<string, string> = {},
): Promise<void> {
  const settings = ['-c', `safe.directory=${workspace}`, '-c', 'core.hooksPath=/dev/null'];
  await run('git', [...settings, '-C', workspace, ...parameters], { ...options, env: { ...process.env, ...env } });
}
