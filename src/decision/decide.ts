import type { Pipeline, Route } from '../pipeline/model.ts';
import { selectRoute } from '../pipeline/routes.ts';
import { approversOf, type Count } from './approvals.ts';
import { digestOf } from './artifact.ts';
import { type CandidateContext, contextOf, type Earlier, type EntryContext, entryContextOf, NOTHING_EARLIER } from './context.ts';
import type { Approvals, Decision, EnvironmentDecision, EnvironmentState, Live, Reason, Verdict } from './decision.ts';
import { DECISION_SCHEMA } from './decision.ts';
import type { DeploymentRecord, Evidence } from './evidence.ts';
import { type Facts, rehearsalEnds, succeededAt } from './facts.ts';
import { liftsAt } from './lifts.ts';
import { NO_REASONS } from './reason.ts';
import { OF_CANDIDATE, OF_ENTRY, OF_STAY, OPENS_AT } from './rules/index.ts';
import { unmatchedNotes } from './rules/veto.ts';
import { isOpen, mostFavourable, verdictOf } from './verdict.ts';

/**
 * Where the candidate may go next, and why not further. Total: it answers for any evidence and never throws. Deterministic: the same evidence in any order
 * gives the same decision. `now` in epoch milliseconds is the only clock; an instant that is no number opens no door that depends on time.
 */
export function decide(pipeline: Pipeline, evidence: Evidence, now: number): Decision {
  const route = selectRoute(pipeline, evidence.candidate.ref);
  const context = contextOf(pipeline, route, evidence, now);
  const bars = candidateReasons(context);
  const environments = alongThePath(context, bars);
  const targets = targetsOf(environments, evidence);
  const { candidate } = evidence;
  const verdict = route === null ? 'blocked' : mostFavourable(targets.map(verdictIn));
  return {
    schema: DECISION_SCHEMA,
    candidate: { sha: candidate.sha, ref: candidate.ref, version: candidate.version, digest: digestOf(candidate) },
    policyHash: pipeline.hash,
    route: route?.name ?? null,
    verdict,
    targets: targets.map(nameIn),
    reasons: bars,
    environments,
    liftsAt: isOpen(verdict) ? null : earliest(targets),
    notes: notesOf(context, route),
    decidedAt: Number.isFinite(now) ? now : 0,
  };
}

/** What bars the candidate as a whole. */
export function candidateReasons(context: CandidateContext): readonly Reason[] {
  let reasons = NO_REASONS;
  for (const rule of OF_CANDIDATE) reasons = joined(reasons, rule(context));
  return reasons;
}

function joined(one: readonly Reason[], other: readonly Reason[]): readonly Reason[] {
  if (other.length === 0) return one;
  return one.length === 0 ? other : [...one, ...other];
}

/** Walks the path stage by stage and takes what is not passed along, so that no environment looks back. */
function alongThePath(context: CandidateContext, bars: readonly Reason[]): readonly EnvironmentDecision[] {
  const decided: EnvironmentDecision[] = [];
  const vetoed = bars.some((reason) => reason.code === 'vetoed');
  let earlier = NOTHING_EARLIER;
  let stage: Facts[] = [];
  let reached = true;
  for (const facts of context.facts) {
    if (stage[0] !== undefined && stage[0].stage !== facts.stage) {
      reached &&= stage.every((one) => isPassed(one, vetoed, context.evidence));
      earlier = after(earlier, stage);
      stage = [];
    }
    stage.push(facts);
    decided.push(decideEnvironment(context, facts, earlier, bars, stateOf(facts, vetoed, reached, context.evidence)));
  }
  return decided;
}

/** What stands in the way behind one more stage. */
function after(earlier: Earlier, stage: readonly Facts[]): Earlier {
  const notPassed = earlier.notPassed.length > 0 ? earlier.notPassed : stage.filter((facts) => facts.progress !== 'passed');
  let { notRehearsed, staleFirst } = earlier;
  for (const facts of stage) {
    if (facts.rehearsed === null) continue;
    if (!facts.rehearsed.matching) notRehearsed ??= facts;
    else if (staleFirst === null || rehearsalEnds(facts) < rehearsalEnds(staleFirst)) staleFirst = facts;
  }
  return { notPassed, notRehearsed, staleFirst };
}

/** A rollback does not follow the path: an environment is done when the artifact is live there. */
function isPassed(facts: Facts, vetoed: boolean, evidence: Evidence): boolean {
  if (vetoed) return false;
  if (evidence.intent === 'rollback') return isThere(facts) && facts.failure === null;
  return facts.progress === 'passed';
}

/** Whether the candidate's artifact is what is live. */
function isThere(facts: Facts): boolean {
  return facts.live !== null && facts.live === facts.entry;
}

function stateOf(facts: Facts, vetoed: boolean, reached: boolean, evidence: Evidence): EnvironmentState {
  if (isPassed(facts, vetoed, evidence)) return 'passed';
  if (evidence.intent === 'rollback') return 'next';
  if (isThere(facts) && WAITS_INSIDE.has(facts.progress)) return 'entered';
  return reached ? 'next' : 'later';
}

/** With these, what is missing comes after the entry; with a veto, nothing may come. */
const WAITS_INSIDE: ReadonlySet<Facts['progress']> = new Set(['not-accepted', 'not-rehearsed', 'passed']);

function decideEnvironment(
  candidate: CandidateContext,
  facts: Facts,
  earlier: Earlier,
  bars: readonly Reason[],
  state: EnvironmentState,
): EnvironmentDecision {
  const context = entryContextOf(candidate, facts, earlier);
  const intent = candidate.evidence.intent;
  const reasons = state === 'passed' ? NO_REASONS : reasonsOf(context, bars, state === 'entered' ? OF_STAY : OF_ENTRY[intent]);
  const verdict: Verdict = state === 'passed' ? 'complete' : verdictOf(reasons);
  return {
    name: facts.environment.name,
    stage: facts.stage,
    state,
    verdict,
    reasons,
    live: facts.live === null ? null : liveOf(facts.live),
    approvals: state === 'passed' ? approvalsBefore(context) : approvalsNow(context),
    liftsAt: verdict === 'wait' ? liftsAt(reasons, context, OPENS_AT[intent]) : null,
  };
}

type RuleFunction = (context: EntryContext) => readonly Reason[];

function reasonsOf(context: EntryContext, bars: readonly Reason[], rules: readonly RuleFunction[]): readonly Reason[] {
  let reasons = bars;
  for (const rule of rules) reasons = joined(reasons, rule(context));
  return reasons;
}

function liveOf(record: DeploymentRecord): Live {
  return { sha: record.sha, version: record.version, digest: record.digest, since: succeededAt(record), record: record.id };
}

const NOBODY: readonly string[] = Object.freeze([]);

function approvalsNow(context: EntryContext): Approvals | null {
  const { gate } = context.environment;
  const count: Count | null = context.approvals;
  if (gate === null || count === null) return null;
  const by = count.missing === 0 ? NOBODY : approversOf(gate, context.protection);
  return { required: gate.approvals, given: count.given, missing: count.missing, by };
}

/** Whoever approved is in the record: GitHub forgets the run's reviews. */
function approvalsBefore(context: EntryContext): Approvals | null {
  const { gate } = context.environment;
  return gate === null ? null : { required: gate.approvals, given: context.facts.entry?.approvedBy ?? NOBODY, missing: 0, by: NOBODY };
}

/** The environments not passed of the first stage that has any; for a rollback, which does not follow the path, all of them. */
function targetsOf(environments: readonly EnvironmentDecision[], evidence: Evidence): readonly EnvironmentDecision[] {
  const open = environments.filter((environment) => environment.state !== 'passed');
  if (evidence.intent === 'rollback') return open;
  const stage = open[0]?.stage;
  return open.filter((environment) => environment.stage === stage);
}

function verdictIn(environment: EnvironmentDecision): Verdict {
  return environment.verdict;
}

function nameIn(environment: EnvironmentDecision): string {
  return environment.name;
}

function earliest(targets: readonly EnvironmentDecision[]): number | null {
  let first: number | null = null;
  for (const { liftsAt: lifts } of targets) if (lifts !== null && (first === null || lifts < first)) first = lifts;
  return first;
}

const BUILT_IN = 'The repository has no pipeline file; the built-in pipeline applies.';
/** By what the candidate has: its own rules, or none. */
const COPY_NOTES = {
  file: {
    differs: "The candidate's own copy of the pipeline file differs; the one on the default branch applies.",
    absent: 'The candidate has no pipeline file; the one on the default branch applies.',
  },
  'built-in': { differs: 'The candidate brings a pipeline file; it applies once it is on the default branch.', absent: null },
} as const;
const ROLLBACK = 'This is a rollback: windows, freezes, order, ancestry, soak and acceptance do not bar it.';

/** What a reader must know beyond the verdict. */
function notesOf(context: CandidateContext, route: Route | null): readonly string[] {
  const { pipeline, evidence } = context;
  const notes: string[] = [];
  if (pipeline.source === 'built-in') notes.push(BUILT_IN);
  if (evidence.intent === 'rollback') notes.push(ROLLBACK);
  const copy = evidence.policy.candidateCopy;
  if (!copy.read) notes.push(`Whether the candidate's own copy of the pipeline file differs could not be read: ${copy.why}.`);
  else if (copy.value !== 'same') {
    const note = COPY_NOTES[pipeline.source][copy.value];
    if (note !== null) notes.push(note);
  }
  if (route !== null) for (const relaxation of route.relaxations) notes.push(relaxation);
  // Whoever plans can still correct a name; a job at the door can do nothing about it.
  if (evidence.moment === 'plan') notes.push(...unmatchedNotes(evidence));
  return notes;
}
