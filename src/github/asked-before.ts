import type { RunJob } from './run-jobs.ts';

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

/** Whether a job waits for nobody's approval, and enters nowhere. */
export function asksNobody(name: string): boolean {
  return ASKS_NOBODY.test(name);
}

/** What the jobs of a plan are to ask for, before the artifact is known. */
export function askedFor(sha: string, policyHash: string): string {
  return `${sha.slice(0, COMMIT_DIGITS)}/${policyHash.slice(0, RULES_DIGITS)}`;
}

/** Every attempt of a run that had jobs. */
export function attemptsOf(jobs: readonly RunJob[]): readonly Attempt[] {
  const ran = jobs.filter(({ conclusion }) => conclusion !== 'skipped');
  return [...new Set(ran.map(({ attempt }) => attempt))].map((number) => {
    const names = ran.filter(({ attempt }) => attempt === number).map(({ name }) => name);
    const asks = names.map(askOf).filter((ask) => ask !== null);
    const silent = names.some((name) => CUT.test(name)) || (asks.length === 0 && !names.every(asksNobody));
    return { number, asks, untold: silent };
  });
}

/** What a job says in its name that it asks for; `null`: nothing. */
export function askOf(name: string): Ask | null {
  const [whole, commit, rules, artifact] = ASK.exec(name) ?? [];
  if (whole === undefined || commit === undefined || rules === undefined) return null;
  return { where: name.slice(0, -whole.length).toLowerCase(), commit, rules, artifact: artifact ? Number(artifact) : null };
}
