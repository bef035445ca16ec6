import type { Gathered } from '../github/evidence.ts';
import type { Job } from './job.ts';

/**
 * Has every issue say so whose veto cannot be understood, where the job may write there (`issues: write`). A comment that could not be written stops
 * nothing. Asks nothing of GitHub where every veto is plain.
 * @returns sentences about the issues that do not say it, for people.
 */
export async function explainUnclearVetoes(job: Job, { evidence }: Gathered): Promise<readonly string[]> {
  const unclear = evidence.vetoes.read ? evidence.vetoes.value.filter((veto) => veto.unclear !== undefined) : [];
  if (unclear.length === 0) return [];
  const { explainUnclear } = await import('../github/veto-comments.ts');
  const explained = await explainUnclear(job.client, job.run, unclear);
  return explained.flatMap(({ veto, why }) =>
    why === null ? [] : [`No comment could be left on ${veto.url} to say that its title cannot be understood: ${why}`],
  );
}
