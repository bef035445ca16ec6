import type { EnvironmentSettings, Reviewer } from '../github/settings.ts';
import { listed } from '../pipeline/listed.ts';
import { quote } from '../pipeline/problem.ts';
import type { Demand, DemandedGate, DemandedRefs } from './demands.ts';
import { isEverything, sampleNames, takes } from './ref-policy.ts';

/** Every way in which a repository's settings can differ from what its pipeline demands. Never reused for another meaning. */
export const DIFFERENCES = [
  'environment_missing',
  'reviewers_missing',
  'reviewers_too_few',
  'reviewers_without_spare',
  'reviewers_too_many',
  'reviewers_outside',
  'reviewer_unknown',
  'reviewers_unasked',
  'reviewers_unnamed',
  'self_review_allowed',
  'admin_bypass',
  'wait_timer',
  'refs_barred',
  'refs_open',
  'rules_of_apps',
  'starts_barred',
  'secret_hides_text',
  'label_missing',
  'veto_unclear',
  'veto_unmatched',
] as const;
export type DifferenceCode = (typeof DIFFERENCES)[number];

export interface Difference {
  readonly code: DifferenceCode;
  /** `must`: the pipeline does not work, or protects less than it says. `should`: it works, and could be bothered or eased less. */
  readonly level: 'must' | 'should';
  readonly because: string;
}

/** Reviewers that an environment may have (GitHub's limit). */
export const MOST_REVIEWERS = 6;

/** What is known of the people and teams that a pipeline names: by name in lower case; `null`: not found. */
export type KnownReviewers = ReadonlyMap<string, Reviewer | null>;

/** How the settings of an environment differ from what is demanded of it. @param seen `null`: there is no such environment. */
export function differencesOf(demand: Demand, seen: EnvironmentSettings | null, known: KnownReviewers): readonly Difference[] {
  const unknown = unknownReviewers(demand, known);
  if (seen === null) return [...missingEnvironment(demand), ...unknown];
  return [
    ...unknown,
    ...reviewerDifferences(demand, seen),
    ...selfReview(demand, seen),
    ...adminBypass(demand, seen),
    ...waitTimer(seen),
    ...refDifferences(demand, seen),
    ...rulesOfApps(seen),
  ];
}

function must(code: DifferenceCode, because: string): Difference {
  return { code, level: 'must', because };
}

function should(code: DifferenceCode, because: string): Difference {
  return { code, level: 'should', because };
}

function missingEnvironment({ environment, gates }: Demand): readonly Difference[] {
  const created = `There is no environment ${quote(environment)}; the first job that names it would create it, without any protection`;
  return [must('environment_missing', gates.length === 0 ? `${created}.` : `${created}, and nobody would be asked.`)];
}

function unknownReviewers({ gates }: Demand, known: KnownReviewers): readonly Difference[] {
  const names = new Set(
    gates.flatMap(({ gate }) => gate.by).filter((name) => !name.includes('/') && known.get(name.toLowerCase()) === null),
  );
  return [...names].map((name) =>
    must('reviewer_unknown', `The pipeline names ${quote(name)} as reviewer, and GitHub knows no such user.`),
  );
}

function reviewerDifferences(demand: Demand, seen: EnvironmentSettings): readonly Difference[] {
  const { gates } = demand;
  if (gates.length === 0) return unasked(seen);
  if (!asksSomebody(seen)) {
    return [
      must(
        'reviewers_missing',
        `${askers(gates)} ${approvalsInWords(gates)}, and the environment has no required reviewers: nobody is asked.`,
      ),
    ];
  }
  return [...tooFew(gates, seen), ...withoutSpare(gates, seen), ...outside(gates, seen), ...tooMany(gates), ...unnamed(gates, seen)];
}

function unasked(seen: EnvironmentSettings): readonly Difference[] {
  if (!asksSomebody(seen)) return [];
  const who = listed([...seen.reviewers.map(({ name }) => name), ...(seen.unnamed > 0 ? ['a team that this token may not name'] : [])]);
  return [
    should('reviewers_unasked', `GitHub asks ${who} before every entry, and no route has a gate there: the pipeline file does not say so.`),
  ];
}

/** `Route "release" asks for`, `Routes "release" and "hotfix" ask for`. */
function askers(gates: readonly DemandedGate[]): string {
  const names = [...new Set(gates.map(({ route }) => quote(route)))];
  return names.length === 1 ? `Route ${names[0]} asks for` : `Routes ${listed(names)} ask for`;
}

function approvalsInWords(gates: readonly DemandedGate[]): string {
  const most = Math.max(...gates.map(({ gate }) => gate.approvals));
  return most === 1 ? 'one approval' : `${gates.some(({ gate }) => gate.approvals < most) ? 'up to ' : ''}${most} approvals`;
}

function asksSomebody({ reviewers, unnamed: more }: EnvironmentSettings): boolean {
  return reviewers.length + more > 0;
}

/** What a job's own token cannot name, and what this one cannot. */
function unnamed(gates: readonly DemandedGate[], { reviewers, unnamed: hidden }: EnvironmentSettings): readonly Difference[] {
  const teams = hidden + reviewers.filter(({ type }) => type === 'Team').length;
  const naming = gates.filter(({ gate }) => gate.by.length > 0);
  if (teams === 0 || naming.length === 0) return [];
  if (teams > 1 || naming.some(({ gate }) => gate.by.filter((name) => name.includes('/')).length !== 1)) {
    const because = `GitHub asks ${teams === 1 ? 'a team' : `${teams} teams`}, whom the token of a job may not name: it takes one such team for the one that "by" names, and no more. Let one team guard the environment, or give the action reviewers-token.`;
    return [should('reviewers_unnamed', because)];
  }
  if (hidden === 0) return [];
  return [
    should(
      'reviewers_unnamed',
      'GitHub asks a team that this token may not name, and jobs take it for the one that "by" names. Whoever maintains the repository can see with this command whether it is that one.',
    ),
  ];
}

/** People that may approve: a team whose size was not told may be as large as needed. */
function peopleIn({ reviewers, unnamed: more }: EnvironmentSettings): number {
  if (more > 0) return Number.POSITIVE_INFINITY;
  return reviewers.reduce((sum, { people }) => sum + (people ?? Number.POSITIVE_INFINITY), 0);
}

function tooFew(gates: readonly DemandedGate[], seen: EnvironmentSettings): readonly Difference[] {
  const { reviewers } = seen;
  const people = peopleIn(seen);
  const wanting = gates.filter(({ gate }) => gate.approvals > people);
  if (wanting.length === 0) return [];
  const who = listed(reviewers.map(({ name }) => name));
  return [
    must(
      'reviewers_too_few',
      `${askers(wanting)} ${approvalsInWords(wanting)} by different people, and the required reviewers (${who}) are ${people}.`,
    ),
  ];
}

/** Just enough people, one of whom a gate may exclude: what that one started, or wrote, would wait for ever. */
function withoutSpare(gates: readonly DemandedGate[], seen: EnvironmentSettings): readonly Difference[] {
  const { reviewers } = seen;
  const people = peopleIn(seen);
  const wanting = gates.filter(({ gate }) => gate.exclude.length > 0 && gate.approvals === people);
  if (wanting.length === 0) return [];
  const excluded = [...new Set(wanting.flatMap(({ gate }) => gate.exclude))];
  const who = listed(reviewers.map(({ name }) => name));
  return [
    should(
      'reviewers_without_spare',
      `${askers(wanting)} ${approvalsInWords(wanting)}, none of them of the ${listed(excluded, 'or')}, and the required reviewers (${who}) are ${people}: where one of them is the ${listed(excluded, 'or')}, nobody can let the candidate in.`,
    ),
  ];
}

export function isWithin(by: readonly string[], name: string): boolean {
  return by.length === 0 || by.some((one) => one.toLowerCase() === name.toLowerCase());
}

function outside(gates: readonly DemandedGate[], { reviewers }: EnvironmentSettings): readonly Difference[] {
  return reviewers.flatMap(({ name }) => {
    const not = gates.filter(({ gate }) => !isWithin(gate.by, name));
    if (not.length === 0) return [];
    const routes = [...new Set(not.map(({ route }) => quote(route)))];
    const where = `route${routes.length === 1 ? '' : 's'} ${listed(routes)}`;
    return [
      must('reviewers_outside', `${name} is asked and may release the job, and does not count on ${where}: "by" does not name ${name}.`),
    ];
  });
}

function tooMany(gates: readonly DemandedGate[]): readonly Difference[] {
  const most = Math.max(...gates.map(({ gate }) => gate.by.length));
  if (most <= MOST_REVIEWERS) return [];
  return [
    should(
      'reviewers_too_many',
      `"by" names ${most}, and GitHub asks ${MOST_REVIEWERS} at most: the others are never asked. Name a team instead.`,
    ),
  ];
}

function selfReview({ gates }: Demand, seen: EnvironmentSettings): readonly Difference[] {
  const excluding = gates.filter(({ gate }) => gate.exclude.includes('initiator'));
  if (excluding.length === 0 || seen.preventSelfReview || !asksSomebody(seen)) return [];
  const because = `${askers(excluding)} an approval by somebody else than who started the run, and GitHub lets that person approve: the door then says no, after everybody was asked.`;
  return [should('self_review_allowed', because)];
}

function adminBypass({ gates }: Demand, seen: EnvironmentSettings): readonly Difference[] {
  if (gates.length === 0 || seen.adminBypass !== true) return [];
  const enforced = gates.filter(({ gate }) => gate.evidence === 'enforced');
  if (enforced.length > 0) {
    const because = `Administrators may let a job in without a review, and with "evidence: enforced" that counts as an approval.`;
    return [must('admin_bypass', because)];
  }
  return [should('admin_bypass', 'Administrators may let a job in without a review; the door then says no, because nobody approved.')];
}

function waitTimer({ waitTimer: minutes }: EnvironmentSettings): readonly Difference[] {
  if (minutes === 0) return [];
  return [
    should(
      'wait_timer',
      `Every job waits ${minutes} minutes before it starts, and the pipeline file does not say so; "soak" in it does, and explains itself.`,
    ),
  ];
}

function rulesOfApps({ otherRules }: EnvironmentSettings): readonly Difference[] {
  if (otherRules.length === 0) return [];
  return [
    should(
      'rules_of_apps',
      'An App protects the environment with a rule of its own: each job waits for it, and one with "deployment: false" fails.',
    ),
  ];
}

/** Refs that a route brings and the environment does not take. */
export function barredRefs(
  refs: readonly DemandedRefs[],
  seen: EnvironmentSettings,
): readonly (DemandedRefs & { readonly example: string })[] {
  return refs.flatMap((one) => {
    const example = sampleNames(one.patterns).find((name) => !takes(seen.refPolicy, one.type, name));
    return example === undefined ? [] : [{ ...one, example }];
  });
}

function refDifferences(demand: Demand, seen: EnvironmentSettings): readonly Difference[] {
  if (seen.refPolicy.kind === 'all') return isOpen(demand) ? [open(demand)] : [];
  return barredRefs(demand.refs, seen).map(({ type, route, example }) =>
    route === null
      ? should(
          'refs_barred',
          `The environment does not take the default branch (${quote(example)}), where promotions and rollbacks by hand run.`,
        )
      : must(
          'refs_barred',
          `Route ${quote(route)} brings ${type === 'tag' ? 'tags' : 'branches'} such as ${quote(example)}, and the environment does not take them.`,
        ),
  );
}

/** Whether anything could run in a guarded environment although the routes bring little. */
export function isOpen({ gates, role, refs, purpose }: Demand): boolean {
  return purpose === 'entry' && (gates.length > 0 || role === 'production') && !refs.some(isEverything);
}

function open({ refs }: Demand): Difference {
  const patterns = [...new Set(refs.filter(({ route }) => route !== null).flatMap((one) => one.patterns))];
  const because = `The environment takes every branch and tag, and the routes bring ${listed(patterns.map((one) => quote(one)))} only: a workflow on any other branch may use its secrets.`;
  return should('refs_open', because);
}
