import { shortSha } from '../decision/wording.ts';
import { firstArtifact } from '../github/artifacts.ts';
import { orElse } from '../job/consequence.ts';
import type { Job } from '../job/job.ts';

/** GitHub allows no `" : < > | * ? \ /` nor line breaks in an artifact's name. */
const NOT_IN_A_NAME = /[^A-Za-z0-9._-]+/g;

/**
 * Finds what was built from the candidate's commit: the first artifact that a run of the caller's own workflow on that commit kept
 * under the pipeline's name.
 * Asked before a build it saves a second one, which would be another artifact that nobody has approved or tested; asked after a build it makes
 * runs that built at the same time agree on one.
 */
export async function findArtifact(job: Job): Promise<void> {
  const { owner, repo } = job.run;
  const sha = job.input.sha ?? job.run.sha;
  const name = artifactName(job, sha);
  const found = await orElse('Nothing can be built or deployed: whether this commit was built before could not be read.', () =>
    firstArtifact(job.client, { owner, repo }, { name, sha, run: job.run.runId }),
  );
  job.toolkit.setOutputs({
    'artifact-name': name,
    'artifact-id': found === null ? '' : String(found.id),
    'artifact-run-id': found === null ? '' : String(found.run),
    'artifact-digest': found?.digest ?? '',
  });
  job.toolkit.info(
    found === null
      ? `Nothing was built from ${shortSha(sha)} yet, or it is no longer kept: there is no artifact ${name}.`
      : `${shortSha(sha)} was built as ${found.digest}, kept as artifact ${found.id} of run ${found.run}.`,
  );
}

/** Different for each pipeline of a repository and for each commit. */
function artifactName({ input }: Job, sha: string): string {
  const of = input.artifactName ?? input.pipelinePath.replace(/^\.github\/|\.ya?ml$/g, '');
  return `${of.replaceAll(NOT_IN_A_NAME, '-').replace(/^[-.]+/, '')}-${sha.slice(0, 12)}`;
}
