import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Candidate } from '../decision/evidence.ts';
import { shortSha, versionOf } from '../decision/wording.ts';
import type { Job } from '../job/job.ts';
import { listed } from '../pipeline/listed.ts';
import { RehearsalImpossible } from '../rehearsal/database.ts';

/**
 * Makes sure that the commands of a rehearsal run the candidate's own migrations: they lie in the checkout, and what passes there is
 * recorded for the candidate. Files without Git, as from an archive, cannot be told; a warning says so.
 * @param migrations paths of the migrations as the pipeline file names them, which must lie there as they were committed
 * @throws RehearsalImpossible when another commit is checked out, its migrations are missing or changed, or nobody can say
 */
export async function assertCheckedOut({ run, toolkit }: Job, candidate: Candidate, migrations: readonly string[]): Promise<void> {
  const git = join(run.workspace, '.git');
  if (!existsSync(git)) {
    return toolkit.annotate(
      'warning',
      'Whose migrations these are is not known',
      `The job's working directory is no Git checkout, so they cannot be compared with ${versionOf(candidate)}. ${FIX} ref: ${candidate.sha}.`,
    );
  }
  const head = await headOf(git);
  if (head === candidate.sha) return assertUnchanged(run.workspace, candidate, migrations);
  throw new RehearsalImpossible(
    'checkout',
    `The candidate is ${versionOf(candidate)}, and commit ${shortSha(head)} is checked out: its migrations are not the candidate's. ${FIX} ref: ${candidate.sha}.`,
  );
}

const FIX = 'Give the step with actions/checkout the candidate’s commit, as `plan` puts it out in `sha`:';

async function headOf(git: string): Promise<string> {
  const head = await ask('Which commit is checked out', [`--git-dir=${git}`, 'rev-parse', '--verify', 'HEAD']);
  return head.trim().toLowerCase();
}

/** A step before may have written into the folder of the migrations, or a sparse checkout may lack it: then other ones would be run. */
async function assertUnchanged(workspace: string, candidate: Candidate, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const tree = [`--git-dir=${join(workspace, '.git')}`, `--work-tree=${workspace}`, '--literal-pathspecs', '--no-optional-locks'];
  const missing = paths.filter((path) => !existsSync(join(workspace, path)));
  if (missing.length > 0) {
    throw new RehearsalImpossible(
      'checkout',
      `The pipeline file says that the migrations are in ${listed(paths)}, and the checkout of ${versionOf(candidate)} has no ${listed(missing, 'or')}. Correct "migrations" there, or check out the whole commit.`,
    );
  }
  const what = 'Whether the migrations are as they were committed';
  // What Git ignores is run by the tool all the same.
  const changed = await ask(what, [...tree, 'status', '--porcelain', '-z', '--untracked-files=all', '--ignored=matching', '--', ...paths]);
  const names = changed.split('\0').flatMap((entry) => (entry === '' ? [] : [entry.replace(/^.. /, '')]));
  if (names.length === 0) return;
  throw new RehearsalImpossible(
    'checkout',
    `The migrations were changed in the checkout after commit ${shortSha(candidate.sha)} was checked out: ${listed(names)}. Let no step before the rehearsal write there, so that what is rehearsed is what will be deployed.`,
  );
}

/** The folders are named as they are: the checkout may belong to anybody, as in a container. */
async function ask(what: string, parameters: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)('git', parameters, { maxBuffer: 64 * 1024 * 1024 })).stdout;
  } catch (error) {
    const why = (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
    throw new RehearsalImpossible('checkout', `${what} could not be read: ${why}`);
  }
}
