/** Settles on a real GitHub what nobody could check: makes what it needs under its own names, runs it, approves, reads back, and removes everything again. */
import { BELIEFS } from '../../sandbox/github/beliefs.ts';
import { removeLeftovers } from './leftovers.ts';
import { listIn, numberOf, ProbeError, type ProbePorts, textOf } from './ports.ts';
import {
  BRANCH,
  calledFiles,
  GATE,
  MAIN,
  MANY,
  MARK,
  PLAIN,
  RERUN,
  SECRET,
  SECRET_VALUE,
  SMALL,
  TEAM,
  workflowFiles,
} from './workflows.ts';

export interface ProbeOptions {
  /** `owner/name`. */
  readonly repository: string;
  /** A second one, whose workflow the first calls; `null`: none. */
  readonly second: string | null;
  /** A team of the organisation, by its slug; `null`: none. */
  readonly team: string | null;
  /** Go on although the repository holds something. */
  readonly yes: boolean;
  /** Milliseconds after which it gives up and cleans up. */
  readonly limit: number;
}

export type Outcome = 'holds' | 'is otherwise' | 'could not be tried';

export interface Result {
  /** Id of the belief. */
  readonly belief: string;
  readonly outcome: Outcome;
  /** Why it could not be tried; empty otherwise. */
  readonly why: string;
}

/** A README and its like: so much may be in a repository that counts as empty. */
const MOST_COMMITS = 3;
const BETWEEN_LOOKS_MS = 3000;
/** GitHub makes runs within seconds of a push. */
const MOST_LOOKS_FOR_A_RUN = 20;

/** Documented, and much rests on it. */
const TRIED_ALL_THE_SAME = 'own-deployment-address';

/** Beliefs that a probe can try. */
export function triable(): readonly string[] {
  const isOpen = ({ id, status, switch: side }: (typeof BELIEFS)[number]): boolean =>
    status === 'unverified' || side !== undefined || id === TRIED_ALL_THE_SAME;
  return BELIEFS.filter((one) => one.untriable === undefined && isOpen(one)).map(({ id }) => id);
}

/**
 * @returns a result for each belief that can be tried
 * @throws ProbeError where it may not begin; everything that it made is removed all the same
 */
export async function runProbe(ports: ProbePorts, options: ProbeOptions): Promise<readonly Result[]> {
  const probe = new Probe(ports, options);
  await probe.assertMayBegin();
  await probe.clean('Removing what an earlier probe left');
  await probe.assertEmpty();
  try {
    return await probe.run();
  } finally {
    await probe.clean('Removing what the probe made');
  }
}

interface Run {
  readonly id: number;
  readonly path: string;
  readonly status: string;
  readonly conclusion: string;
  readonly attempt: number;
}

class Probe {
  readonly #ports: ProbePorts;
  readonly #options: ProbeOptions;
  readonly #at: string;
  readonly #deadline: number;
  readonly #found = new Map<string, Result>();

  constructor(ports: ProbePorts, options: ProbeOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#at = `/repos/${options.repository}`;
    this.#deadline = ports.now() + options.limit;
  }

  async assertMayBegin(): Promise<void> {
    const { status, body } = await this.#ports.ask('GET', this.#at);
    if (status !== 200) throw new ProbeError(`${this.#options.repository} cannot be read: GitHub answered ${status}.`);
    const permissions = (body as { permissions?: { admin?: boolean } }).permissions;
    if (permissions?.admin !== true)
      throw new ProbeError(`The token's owner does not administrate ${this.#options.repository}; environments cannot be made.`);
  }

  async assertEmpty(): Promise<void> {
    const commits = await this.#ports.ask('GET', `${this.#at}/commits?per_page=${MOST_COMMITS + 1}`);
    if (commits.status !== 200)
      throw new ProbeError(
        `${this.#options.repository} has no commit. Give it a README, so that the probe's branch does not become its default branch.`,
      );
    const history = listIn(commits).length;
    const environments = listIn(await this.#ports.ask('GET', `${this.#at}/environments`), 'environments').length;
    if (this.#options.yes || (history <= MOST_COMMITS && environments === 0)) return;
    throw new ProbeError(
      `${this.#options.repository} is not empty (${history > MOST_COMMITS ? `more than ${MOST_COMMITS}` : history} commits, ${environments} environments). Take one that is, or say --yes: only what begins with ${BRANCH} is made and removed.`,
    );
  }

  async clean(what: string): Promise<void> {
    this.#ports.log(`${what} …`);
    const left = await removeLeftovers(this.#ports, this.#options.repository, this.#options.second);
    for (const one of left) this.#ports.log(`Not removed: ${one}`);
  }

  async run(): Promise<readonly Result[]> {
    try {
      await this.#makeEnvironments();
      const sha = await this.#push();
      const main = await this.#untilOver(sha, MAIN);
      await this.#untilOver(sha, SMALL);
      const rerun = await this.#untilOver(sha, RERUN);
      const many = await this.#untilOver(sha, MANY);
      await this.#readJobs(main);
      await this.#readJobs(rerun);
      await this.#readApprovals(main);
      await this.#readDeployments();
      this.#say('many-jobs', many === null ? null : many.conclusion !== 'startup_failure', 'the run did not end');
      await this.#runAgain(sha, main);
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error;
      this.#ports.log(`${error.message} What was not tried by then stays open.`);
    }
    return triable().map((belief) => this.#found.get(belief) ?? { belief, outcome: 'could not be tried', why: this.#whyNot(belief) });
  }

  #whyNot(belief: string): string {
    if (belief.startsWith('team-') && this.#options.team === null) return 'it needs a team of an organisation: --team SLUG';
    if (belief === 'environment-secrets' && this.#options.second === null) return 'it needs a second repository: --second OWNER/NAME';
    return 'nothing was seen of it';
  }

  /** @param holds `null`: nobody could tell, and `why` says so */
  #say(belief: string, holds: boolean | null, why: string): void {
    const outcome = holds === null ? 'could not be tried' : holds ? 'holds' : 'is otherwise';
    this.#found.set(belief, { belief, outcome, why: holds === null ? why : '' });
  }

  async #makeEnvironments(): Promise<void> {
    this.#ports.log('Making environments …');
    const approver = numberOf((await this.#ports.ask('GET', '/user', undefined, 'approver')).body, 'id');
    await this.#makeEnvironment(GATE, [{ type: 'User', id: approver }]);
    await this.#makeEnvironment(PLAIN, []);
    const { team, second, repository } = this.#options;
    if (second !== null) await this.#ports.setSecret(repository, PLAIN, SECRET, SECRET_VALUE);
    if (team === null) return;
    const { status, body } = await this.#ports.ask('GET', `/orgs/${repository.split('/')[0]}/teams/${team}`);
    if (status !== 200) throw new ProbeError(`The team ${team} cannot be read: GitHub answered ${status}. The token needs read:org.`);
    await this.#makeEnvironment(TEAM, [{ type: 'Team', id: numberOf(body, 'id') }]);
  }

  async #makeEnvironment(name: string, reviewers: readonly { type: string; id: number }[]): Promise<void> {
    const settings = { wait_timer: 0, prevent_self_review: false, reviewers, deployment_branch_policy: null };
    const { status } = await this.#ports.ask('PUT', `${this.#at}/environments/${name}`, settings);
    if (status >= 300)
      throw new ProbeError(
        `The environment ${name} cannot be made: GitHub answered ${status}. Required reviewers need a public repository, or GitHub Enterprise.`,
      );
  }

  async #push(): Promise<string> {
    this.#ports.log('Pushing workflows …');
    const { repository, second, team } = this.#options;
    if (second !== null) await this.#ports.push(second, BRANCH, calledFiles());
    return this.#ports.push(repository, BRANCH, workflowFiles({ team: team !== null, second }));
  }

  /** Waits for a run of a workflow file to end, approving what it asks for. `null`: GitHub made none. */
  async #untilOver(sha: string, path: string): Promise<Run | null> {
    this.#ports.log(`Waiting for ${path} …`);
    for (let looks = 0; ; looks += 1) {
      this.#assertTime();
      const run = await this.#runOf(sha, path);
      if (run?.status === 'completed') return run;
      if (run === null && looks === MOST_LOOKS_FOR_A_RUN) return null;
      if (run?.status === 'waiting') await this.#approve(run);
      await this.#pause();
    }
  }

  async #runOf(sha: string, path: string): Promise<Run | null> {
    const runs = listIn(await this.#ports.ask('GET', `${this.#at}/actions/runs?head_sha=${sha}&per_page=100`), 'workflow_runs');
    const run = runs.find((one) => textOf(one, 'path').replace(/@.*$/, '') === path);
    if (run === undefined) return null;
    return {
      id: numberOf(run, 'id'),
      path,
      status: textOf(run, 'status'),
      conclusion: textOf(run, 'conclusion'),
      attempt: numberOf(run, 'run_attempt'),
    };
  }

  async #approve({ id }: Run): Promise<void> {
    const ids = await this.#pending(id);
    if (ids.length === 0) return;
    const review = { environment_ids: ids, state: 'approved', comment: 'Approved by the probe' };
    const { status } = await this.#ports.ask('POST', `${this.#at}/actions/runs/${id}/pending_deployments`, review, 'approver');
    if (status >= 300) throw new ProbeError(`The approver may not approve: GitHub answered ${status}.`);
  }

  async #pending(run: number): Promise<readonly number[]> {
    const pending = listIn(await this.#ports.ask('GET', `${this.#at}/actions/runs/${run}/pending_deployments`));
    return pending.map(({ environment }) => numberOf(environment, 'id'));
  }

  async #pause(): Promise<void> {
    this.#assertTime();
    await this.#ports.sleep(BETWEEN_LOOKS_MS);
  }

  #assertTime(): void {
    if (this.#ports.isStopped()) throw new GaveUp('Stopped.');
    if (this.#ports.now() > this.#deadline) throw new GaveUp('The time limit is over.');
  }

  /** What each job says about its belief: the steps tell whether it could ask, and whether it holds. */
  async #readJobs(run: Run | null): Promise<void> {
    if (run === null) return;
    for (const job of await this.#jobsOf(run.id)) {
      const [belief = ''] = textOf(job, 'name').split(' / ');
      if (!triable().includes(belief)) continue;
      const steps = Array.isArray(job['steps']) ? job['steps'] : [];
      const conclusion = (name: string) =>
        textOf(
          steps.find((step) => textOf(step, 'name') === name),
          'conclusion',
        );
      this.#say(
        belief,
        conclusion('Ask') === 'success' ? conclusion('Holds') === 'success' : null,
        'its job could not ask GitHub; see the run',
      );
    }
  }

  /** A list may be late; one that says of a run that is over that a job goes on is asked for again. */
  async #jobsOf(run: number): Promise<readonly Readonly<Record<string, unknown>>[]> {
    for (;;) {
      const jobs = listIn(await this.#ports.ask('GET', `${this.#at}/actions/runs/${run}/jobs?per_page=100`), 'jobs');
      if (jobs.every((job) => textOf(job, 'status') === 'completed')) return jobs;
      await this.#pause();
    }
  }

  async #readApprovals(run: Run | null): Promise<void> {
    if (run === null) return;
    const listed = listIn(await this.#ports.ask('GET', `${this.#at}/actions/runs/${run.id}/approvals`));
    this.#say('approvals-without-deployment', listed.length > 0, '');
  }

  async #readDeployments(): Promise<void> {
    for (const deployment of listIn(await this.#ports.ask('GET', `${this.#at}/deployments?environment=${PLAIN}&per_page=100`))) {
      const statuses = listIn(await this.#ports.ask('GET', `${this.#at}/deployments/${numberOf(deployment, 'id')}/statuses`));
      if (statuses.some((status) => textOf(status, 'environment_url').endsWith(MARK))) return this.#say('own-deployment-address', true, '');
    }
    this.#say('own-deployment-address', false, '');
  }

  async #runAgain(sha: string, main: Run | null): Promise<void> {
    if (main === null) return;
    this.#ports.log('Running it again …');
    const { status } = await this.#ports.ask('POST', `${this.#at}/actions/runs/${main.id}/rerun`);
    if (status >= 300) return this.#say('rerun-asks-again', null, `GitHub does not run it again: it answered ${status}`);
    for (;;) {
      const run = await this.#runOf(sha, MAIN);
      if (run !== null && run.attempt > main.attempt) {
        if (run.status === 'waiting' || (await this.#pending(run.id)).length > 0) return this.#say('rerun-asks-again', true, '');
        if (run.status === 'completed') return this.#say('rerun-asks-again', false, '');
      }
      await this.#pause();
    }
  }
}

/** Time is over, or somebody said so. */
class GaveUp extends Error {}
