/** Removes everything that the probe made, in this run or in one that was killed. Only what bears its prefix is touched. */
import { listIn, numberOf, type ProbePorts, textOf } from './ports.ts';
import { BRANCH, PREFIX } from './workflows.ts';

/** @returns what could not be removed, for people */
export async function removeLeftovers(ports: ProbePorts, repository: string, second: string | null): Promise<readonly string[]> {
  const at = `/repos/${repository}`;
  const left: string[] = [];
  const attempt = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      left.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const remove = async (what: string, path: string): Promise<void> => {
    const { status } = await ports.ask('DELETE', path);
    if (status !== 404 && status >= 300) left.push(`${what}: GitHub answered ${status}`);
  };
  await attempt(`branch ${BRANCH} of ${repository}`, () => removeBranch(ports, repository));
  if (second !== null) await attempt(`branch ${BRANCH} of ${second}`, () => removeBranch(ports, second));
  for (const run of await runsOf(ports, repository)) {
    if (run.status !== 'completed') await endRun(ports, repository, run.id);
    await remove(`run ${run.id}`, `${at}/actions/runs/${run.id}`);
  }
  const environments = listIn(await ports.ask('GET', `${at}/environments?per_page=100`), 'environments').map((one) => textOf(one, 'name'));
  for (const name of environments.filter((one) => one.startsWith(`${PREFIX}-`))) {
    for (const deployment of listIn(await ports.ask('GET', `${at}/deployments?environment=${name}&per_page=100`))) {
      const path = `${at}/deployments/${numberOf(deployment, 'id')}`;
      // One that is active cannot be deleted.
      await ports.ask('POST', `${path}/statuses`, { state: 'inactive' });
      await remove(`deployment ${numberOf(deployment, 'id')}`, path);
    }
    await remove(`environment ${name}`, `${at}/environments/${name}`);
  }
  return left;
}

async function removeBranch(ports: ProbePorts, repository: string): Promise<void> {
  const { status } = await ports.ask('GET', `/repos/${repository}/git/ref/heads/${BRANCH}`);
  if (status === 200) await ports.removeBranch(repository, BRANCH);
}

async function runsOf(ports: ProbePorts, repository: string): Promise<readonly { readonly id: number; readonly status: string }[]> {
  const runs = listIn(await ports.ask('GET', `/repos/${repository}/actions/runs?branch=${BRANCH}&per_page=100`), 'workflow_runs');
  return runs
    .filter((run) => textOf(run, 'head_branch') === BRANCH)
    .map((run) => ({ id: numberOf(run, 'id'), status: textOf(run, 'status') }));
}

/** A job that is cancelled has ten seconds, and GitHub takes its time. */
const MOST_MS_TO_END = 2 * 60_000;

/** Only a run that is over can be deleted. */
async function endRun(ports: ProbePorts, repository: string, run: number): Promise<void> {
  await ports.ask('POST', `/repos/${repository}/actions/runs/${run}/cancel`);
  const until = ports.now() + MOST_MS_TO_END;
  while (ports.now() < until) {
    const { status, body } = await ports.ask('GET', `/repos/${repository}/actions/runs/${run}`);
    if (status !== 200 || textOf(body, 'status') === 'completed') return;
    await ports.sleep(2000);
  }
}
