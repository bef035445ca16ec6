/** What runs uploaded. */
import { notFound, Refusal, type Reply, type RestContext } from '../context.ts';
import { artifactAddress } from '../files.ts';
import type { Artifact } from '../state.ts';
import { type Endpoints, ok, pageOf, reads } from './endpoint.ts';
import { artifact } from './job-shapes.ts';
import { theRun } from './runs.ts';
import { repositoryUrl } from './shapes.ts';

type Ids =
  | 'repos/list-attestations'
  | 'actions/download-artifact'
  | 'actions/get-artifact'
  | 'actions/list-artifacts-for-repo'
  | 'actions/list-workflow-run-artifacts';

export const artifactEndpoints: Endpoints<Ids> = {
  'actions/list-artifacts-for-repo': reads('actions', (context) =>
    artifactsPage(context, context.state.artifacts.toReversed(), 'actions/artifacts'),
  ),
  'actions/list-workflow-run-artifacts': reads('actions', (context) => {
    const run = theRun(context);
    const found = context.state.artifacts.filter((one) => one.runId === run.id);
    const ordered = context.query['direction'] === 'asc' ? found : found.toReversed();
    return artifactsPage(context, ordered, `actions/runs/${run.id}/artifacts`);
  }),
  'actions/get-artifact': reads('actions', (context) => ok(artifact(context, theArtifact(context)))),
  'repos/list-attestations': reads('attestations', (context) => {
    const found = context.state.attestations.filter(({ digest }) => digest === context.path['subject_digest']);
    if (found.length === 0) throw notFound();
    return ok({ attestations: found.map(({ bundle }) => ({ bundle })) });
  }),
  'actions/download-artifact': reads('actions', (context) => {
    const of = theArtifact(context);
    if (context.path['archive_format'] !== 'zip') throw notFound();
    if (context.place.clock.now() >= of.expiresAt) throw new Refusal(410, 'Artifact has expired');
    return { status: 302, body: '', headers: { location: artifactAddress(context.place, of) } };
  }),
};

function theArtifact(context: RestContext): Artifact {
  const found = context.state.artifacts.find((candidate) => candidate.id === Number(context.path['artifact_id']));
  if (found === undefined) throw notFound();
  return found;
}

function artifactsPage(context: RestContext, artifacts: readonly Artifact[], address: string): Promise<Reply> {
  const { name } = context.query;
  const found = artifacts.filter((one) => name === undefined || one.name === name);
  const wrap = (built: unknown[]) => ({ total_count: found.length, artifacts: built });
  return pageOf(context, `${repositoryUrl(context.place)}/${address}`, found, (one) => artifact(context, one), wrap);
}
