import * as z from 'zod/mini';
import type { Read } from '../decision/evidence.ts';
import { asRead } from './as-read.ts';
import type { GitHubClient } from './client.ts';
import type { Repository } from './records.ts';
import { whenNeeded } from './when-needed.ts';

/**
 * What the attempts of a run asked approval for. GitHub lists a run's approvals without saying of which attempt, job or commit they are. What it does
 * vouch for is the name of every job of every attempt, and nothing that runs in one can change it: so jobs that wait for an approval say in their name
 * what it is for, as `Deploy to production · <commit>/<pipeline file>/<artifact>`.
 */
export interface Ask {
  /** The job's name in lower case without what it asks for: where the environment is named. */
  readonly where: string;
  /** The first digits of the candidate's commit. */
  readonly commit: string;
  /** The first digits of the pipeline file's blob id. */
  readonly rules: string;
  /** Id of the artifact; `null`: the commit itself is deployed, or nobody said. */
  readonly artifact: number | null;
}

/** One attempt. `untold`: a job ran that may have waited for an approval and does not say for what. */
export interface Attempt {
  readonly number: number;
  readonly asks: readonly Ask[];
  readonly untold: boolean;
}

const COMMIT_DIGITS = 32;
/** The file of the default branch is nobody's to choose who could gain by finding another of the same digits. */
const RULES_DIGITS = 12;
const ASK = / · ([0-9a-f]{32})\/([0-9a-f]{12})(?:\/(\d*))?$/;
/** GitHub cuts each part of a job's name to a hundred characters, the last three of them dots. */
const CUT = / · .*\.\.\.$/;
/** Jobs of the shipped workflows that wait for nobody. */
const ASKS_NOBODY = /(?:^|\/ )(?:Plan|Build)(?: \/ |$)/i;

/** What the jobs of a plan are to ask for, before the artifact is known. */
export function askedFor(sha: string, policyHash: string): string {
  return `${sha.slice(0, COMMIT_DIGITS)}/${policyHash.slice(0, RULES_DIGITS)}`;
}

const pageSchema = whenNeeded(() =>
  z.object({
    total_count: z.number(),
    jobs: z.array(z.object({ name: z.string(), run_attempt: z.optional(z.number()), conclusion: z.nullish(z.string()) })),
  }),
);
type Job = z.output<ReturnType<typeof pageSchema>>['jobs'][number];

const PAGE = 100;
const MOST_PAGES = 10;

/**
 * Every attempt of a run that had jobs: one request for a hundred of them, ten at most.
 * @see https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run
 */
export function readAttempts(
  client: Pick<GitHubClient, 'request'>,
  { owner, repo }: Repository,
  run: number,
): Promise<Read<readonly Attempt[]>> {
  return asRead(async () => {
    const jobs: Job[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs';
      const { data } = await client.request(route, { owner, repo, run_id: run, filter: 'all', per_page: PAGE, page });
      const parsed = pageSchema().safeParse(data);
      if (!parsed.success) return { read: false, why: "GitHub's list of the run's jobs is not as it describes it" };
      jobs.push(...parsed.data.jobs);
      if (jobs.length >= parsed.data.total_count) return { read: true, value: attemptsOf(jobs) };
      if (parsed.data.jobs.length === 0) return { read: false, why: "GitHub's list of the run's jobs ends before its end" };
    }
    return { read: false, why: `the run has more than the ${PAGE * MOST_PAGES} jobs that are read` };
  });
}

function attemptsOf(jobs: readonly Job[]): readonly Attempt[] {
  const ran = jobs.filter(({ conclusion }) => conclusion !== 'skipped');
  return [...new Set(ran.map(numberOf))].map((number) => {
    const names = ran.filter((job) => numberOf(job) === number).map(({ name }) => name);
    const asks = names.flatMap(askOf);
    const silent = names.some((name) => CUT.test(name)) || (asks.length === 0 && !names.every((name) => ASKS_NOBODY.test(name)));
    return { number, asks, untold: silent };
  });
}

function numberOf({ run_attempt: attempt }: Job): number {
  return attempt ?? 1;
}

function askOf(name: string): readonly Ask[] {
  const [whole, commit, rules, artifact] = ASK.exec(name) ?? [];
  if (whole === undefined || commit === undefined || rules === undefined) return [];
  return [{ where: name.slice(0, -whole.length).toLowerCase(), commit, rules, artifact: artifact ? Number(artifact) : null }];
}
