import type { StoredRecord } from '../github/records.ts';
import type { RecordsSince } from '../github/records-since.ts';
import type { WorkflowRun } from '../github/workflow-runs.ts';
import type { Pipeline, Route } from '../pipeline/model.ts';
import { selectRoute } from '../pipeline/routes.ts';

/** The environments' records, as far back as they were read. */
export type RecordsOfAll = ReadonlyMap<string, RecordsSince>;

/** Every environment that lies on the path of a route. */
export function environmentsOnPaths(pipeline: Pipeline): readonly string[] {
  return [...new Set(pipeline.routes.flatMap(({ path }) => path.flat()))];
}

/**
 * The runs whose candidate may have further to go, newest first; of several runs for one commit on one ref, the last. Left out are, which
 * are most: candidates that succeeded at the end of their path, and candidates that a newer one of the same ref has overtaken where they
 * have never been, as they would be refused there as older, or would put something older in its place.
 */
export function waitingRuns(pipeline: Pipeline, runs: readonly WorkflowRun[], records: RecordsOfAll): readonly WorkflowRun[] {
  const success = successesOf(records);
  const byNewer = new Map<string, Set<string>>();
  return newestOfEach(runs).filter((run) => {
    const ref = run.refName ?? '';
    const overtaking = byNewer.get(ref) ?? new Set();
    const isOvertaken = (name: string) =>
      overtaking.has(name) && !success.ever.has(keyOf(name, run.sha)) && (records.get(name)?.from ?? 0) <= run.createdAt;
    const isThrough = ({ path }: Route) => (path.at(-1) ?? []).every((name) => success.ever.has(keyOf(name, run.sha)));
    const goesOn = routesOf(pipeline, ref).some((route) => !isThrough(route) && !route.path.flat().some(isOvertaken));
    for (const name of records.keys()) if (success.standing.has(keyOf(name, run.sha))) overtaking.add(name);
    byNewer.set(ref, overtaking);
    return goesOn;
  });
}

function newestOfEach(runs: readonly WorkflowRun[]): readonly WorkflowRun[] {
  const newest = new Map<string, WorkflowRun>();
  for (const run of runs) {
    const key = keyOf(run.refName ?? '', run.sha);
    if ((newest.get(key)?.createdAt ?? 0) < run.createdAt) newest.set(key, run);
  }
  return [...newest.values()].sort((one, other) => other.createdAt - one.createdAt || other.id - one.id);
}

/** GitHub lists a run under the short name of its ref, which does not tell a branch from a tag. */
function routesOf(pipeline: Pipeline, refName: string): readonly Route[] {
  return ['refs/heads/', 'refs/tags/'].flatMap((kind) => selectRoute(pipeline, kind + refName) ?? []);
}

/** Which commit succeeded where: ever, and since the environment was last rolled back, as what was rolled back overtakes nobody any more. */
function successesOf(records: RecordsOfAll): { readonly ever: ReadonlySet<string>; readonly standing: ReadonlySet<string> } {
  const ever = new Set<string>();
  const standing = new Set<string>();
  for (const [name, { records: newestFirst }] of records) {
    const successes = newestFirst.filter(isEntry);
    const rollback = successes.findIndex(({ kind }) => kind === 'rollback');
    for (const [index, { sha }] of successes.entries()) {
      ever.add(keyOf(name, sha));
      if (rollback === -1 || index <= rollback) standing.add(keyOf(name, sha));
    }
  }
  return { ever, standing };
}

function isEntry({ kind, outcome }: StoredRecord): boolean {
  return outcome === 'success' && (kind === 'promotion' || kind === 'rollback');
}

function keyOf(name: string, sha: string): string {
  return `${name} ${sha}`;
}
