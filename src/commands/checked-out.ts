import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Candidate } from '../decision/evidence.ts';
import { shortSha, versionOf } from '../decision/wording.ts';
import { RehearsalImpossible } from '../rehearsal/database.ts';
import type { Job } from './job.ts';

/**
 * Makes sure that the commands of a rehearsal run the candidate's own migrations: they lie in the checkout, and what passes there is
 * recorded for the candidate. Files without Git, as from an archive, cannot be told; a warning says so.
 * @throws RehearsalImpossible when another commit is checked out, or nobody can say which
 */
export async function assertCheckedOut({ run, toolkit }: Job, candidate: Candidate): Promise<void> {
  const git = join(run.workspace, '.git');
  if (!existsSync(git)) {
    return toolkit.annotate(
      'warning',
      'Whose migrations these are is not known',
      `The job's working directory is no Git checkout, so they cannot be compared with ${versionOf(candidate)}. ${FIX} ref: ${candidate.sha}.`,
    );
  }
  const head = await headOf(git);
  if (head === candidate.sha) return;
  throw new RehearsalImpossible(
    'checkout',
    `The candidate is ${versionOf(candidate)}, and commit ${shortSha(head)} is checked out: its migrations are not the candidate's. ${FIX} ref: ${candidate.sha}.`,
  );
}

const FIX = 'Give the step with actions/checkout the candidate’s commit, as `plan` puts it out in `sha`:';

/** Named as it is, the folder may belong to anybody, as in a container. */
async function headOf(git: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', [`--git-dir=${git}`, 'rev-parse', '--verify', 'HEAD']);
    return stdout.trim().toLowerCase();
  } catch (error) {
    const why = (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
    throw new RehearsalImpossible('checkout', `Which commit is checked out could not be read: ${why}`);
  }
}
