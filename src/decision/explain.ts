import type { Environment, Pipeline } from '../pipeline/model.ts';
import { selectRoute } from '../pipeline/routes.ts';
import { type CandidateContext, contextOf, type EntryContext, entryContextOf, NOTHING_EARLIER } from './context.ts';
import { decide } from './decide.ts';
import type { EnvironmentDecision, Reason, Verdict } from './decision.ts';
import type { Facts } from './facts.ts';
import { rehearsalEnds } from './facts.ts';
import { firstOpening } from './lifts.ts';
import { reasonOf } from './reason.ts';
import type { ReasonCode } from './reasons.ts';
import type { World } from './remedies.ts';
import * as remedy from './remedies.ts';
import { freeze } from './rules/freeze.ts';
import { closes } from './rules/hold.ts';
import { soak } from './rules/soak.ts';
import { forbids } from './rules/veto.ts';
import { window } from './rules/window.ts';
import { isBar } from './verdict.ts';
import { instantText, versionOf } from './wording.ts';

/** One fact that is missing. */
export interface MissingFact {
  readonly code: ReasonCode;
  /** Where it is missing; `null` when it is about the candidate as a whole. */
  readonly environment: string | null;
  /** What would supply it, in the imperative. */
  readonly what: string;
  readonly because: string;
  /** Who can supply it; empty when time alone does. */
  readonly who: readonly string[];
  /** Epoch milliseconds; when time alone supplies it. */
  readonly when: number | null;
}

/** What is missing between the candidate and one environment. */
export interface Explanation {
  readonly environment: string;
  /** What the decision says about the environment now; `blocked` when the candidate's path does not lead there. */
  readonly verdict: Verdict;
  /** The smallest set of facts that would let the candidate enter, in the order in which they can be supplied; empty when it may enter now. */
  readonly missing: readonly MissingFact[];
  /** `false`: even all of them together would not suffice; the last one says what stands in the way for good. */
  readonly sufficient: boolean;
}

/** A missing fact together with what would be known if it held. A fact that cannot be supplied changes nothing. */
export interface Supply {
  readonly fact: MissingFact;
  readonly supply: (world: World) => World;
}

/**
 * The smallest set of missing facts that would let the candidate into an environment: supplying all of them, in their order, opens it, leaving any one out
 * does not. Found by trying: the candidate is taken along its path, and at every closed door the fact that bars it is supposed and the decision taken again.
 * Times are the earliest possible: they suppose that everything before them happens at once. Pure and total like `decide`; `now` in epoch milliseconds.
 */
export function explain(pipeline: Pipeline, evidence: World['evidence'], now: number, environment: string): Explanation {
  const { supplies, sufficient } = missingSupplies(pipeline, { evidence, now }, environment);
  const found = decisionIn(pipeline, { evidence, now }, environment);
  return {
    environment: found?.name ?? environment,
    verdict: found?.verdict ?? 'blocked',
    missing: supplies.map(({ fact }) => fact),
    sufficient,
  };
}

/** The facts with what supplies them; `explain` without the wording around it. */
export function missingSupplies(
  pipeline: Pipeline,
  world: World,
  environment: string,
): { supplies: readonly Supply[]; sufficient: boolean } {
  const path = pathTo(pipeline, world, environment);
  if (path === null) return { supplies: [nowhere(pipeline, world, environment)], sufficient: false };
  if (isEnterable(pipeline, world, environment)) return { supplies: [], sufficient: true };
  const supplies: Supply[] = [];
  let present = world;
  for (const name of path) {
    const found = intoEnvironment(pipeline, present, name, name === path.at(-1));
    supplies.push(...found.supplies);
    if (!found.sufficient) return { supplies, sufficient: false };
    present = replay(present, found.supplies);
  }
  return { supplies: withoutOutdated(pipeline, world, environment, supplies), sufficient: true };
}

/** Supplies facts one after the other. */
export function replay(world: World, supplies: readonly Supply[]): World {
  return supplies.reduce((present, { supply }) => supply(present), world);
}

/** Whether the candidate may enter an environment without asking anybody, or is done there. */
export function isEnterable(pipeline: Pipeline, world: World, environment: string): boolean {
  const verdict = decisionIn(pipeline, world, environment)?.verdict;
  return verdict === 'deploy' || verdict === 'complete';
}

function decisionIn(pipeline: Pipeline, world: World, environment: string): EnvironmentDecision | undefined {
  const wanted = environment.toLowerCase();
  return decide(pipeline, world.evidence, world.now).environments.find(({ name }) => name.toLowerCase() === wanted);
}

function contextIn(pipeline: Pipeline, world: World): CandidateContext {
  return contextOf(pipeline, selectRoute(pipeline, world.evidence.candidate.ref), world.evidence, world.now);
}

/** Every environment of the stages before, then the one asked about. A rollback goes there directly. */
function pathTo(pipeline: Pipeline, world: World, environment: string): readonly string[] | null {
  const { path } = contextIn(pipeline, world);
  const target = path.steps[path.positions.get(environment.toLowerCase()) ?? -1];
  if (target === undefined) return null;
  const before = world.evidence.intent === 'rollback' ? [] : path.steps.filter(({ stage }) => stage < target.stage);
  return [...before, target].map((step) => step.environment.name);
}

function nowhere(pipeline: Pipeline, world: World, environment: string): Supply {
  const { candidate } = world.evidence;
  const route = selectRoute(pipeline, candidate.ref);
  const reason =
    route === null
      ? reasonOf('no_route', null, { because: `No route of ${pipeline.path} takes ${candidate.ref}.` })
      : reasonOf('not_on_path', environment, { because: `The path of route ${route.name} does not lead to ${environment}.` });
  return { fact: factOf(reason), supply: unchanged };
}

const unchanged = (world: World): World => world;

/** As many facts may be missing at one door; holds and vetoes are the only ones that come in numbers. */
const MOST_AT_ONE_DOOR = 500;

/** What is missing to enter one environment, and, unless it is the one asked about, to be done there. */
function intoEnvironment(pipeline: Pipeline, world: World, name: string, isLast: boolean): { supplies: Supply[]; sufficient: boolean } {
  const supplies: Supply[] = [];
  let present = world;
  for (let turn = 0; turn < MOST_AT_ONE_DOOR; turn += 1) {
    const decided = decisionIn(pipeline, present, name);
    if (decided === undefined) break;
    if (decided.state === 'passed' || (isLast && decided.verdict === 'deploy')) return { supplies, sufficient: true };
    const next = decided.verdict === 'deploy' ? promotion(pipeline, present, name) : nextSupply(pipeline, present, decided);
    if (next === null || isRepeated(supplies.at(-1), next)) break;
    supplies.push(next);
    const changed = next.supply(present);
    if (changed === present) break;
    present = changed;
  }
  return { supplies, sufficient: false };
}

/** A fact that was supposed just now and is missing still: supposing it again would not help. */
function isRepeated(before: Supply | undefined, next: Supply): boolean {
  return (
    before !== undefined &&
    before.fact.code === next.fact.code &&
    before.fact.because === next.fact.because &&
    before.fact.when === next.fact.when
  );
}

/** The candidate enters an environment: only through its open door. */
function promotion(pipeline: Pipeline, world: World, name: string): Supply {
  const facts = contextIn(pipeline, world).facts.find(({ environment }) => environment.name === name);
  const code =
    facts?.progress === 'failed' ? 'earlier_failed' : facts?.progress === 'unverified' ? 'verification_missing' : 'earlier_not_passed';
  const version = versionOf(world.evidence.candidate);
  const fact: MissingFact = {
    code,
    environment: name,
    what: `Deploy ${version} to ${name}${facts?.environment.verify ? ', and verify it there' : ''}.`,
    because: `${version} has to pass ${name} first.`,
    who: ['The next run.'],
    when: null,
  };
  return { fact, supply: (present) => (isEnterable(pipeline, present, name) ? remedy.withSuccess(present, name) : present) };
}

/** One fact at a time, since one may make another unnecessary. Time comes before what goes stale in time. */
function nextSupply(pipeline: Pipeline, world: World, decided: EnvironmentDecision): Supply | null {
  const bars = decided.reasons.filter(isBar);
  const first = bars.find((reason) => reason.liftsAt === null && BEFORE_TIME.has(reason.code));
  const whole = bars.find((reason) => reason.environment === null);
  const timed = bars.filter((reason) => reason.liftsAt !== null);
  const reason = whole ?? first;
  const context = entryContext(pipeline, world, decided.name);
  if (context !== null && reason === undefined && timed.length > 0) return waiting(context, timed);
  const chosen = reason ?? bars[0] ?? decided.reasons[0];
  return chosen === undefined || context === null ? null : supplyFor(pipeline, chosen, context);
}

const BEFORE_TIME: ReadonlySet<ReasonCode> = new Set(['records_unread', 'soak_missing', 'soak_interrupted']);

function entryContext(pipeline: Pipeline, world: World, name: string): EntryContext | null {
  const context = contextIn(pipeline, world);
  const facts = context.facts.find(({ environment }) => environment.name === name);
  return facts === undefined ? null : entryContextOf(context, facts, NOTHING_EARLIER);
}

const TIME_RULES = [soak.opensAt, freeze.opensAt, window.opensAt].flatMap((rule) => (rule === undefined ? [] : [rule]));

/** All that time has to do at one door is one fact: until when. */
function waiting(context: EntryContext, timed: readonly Reason[]): Supply {
  const when = firstOpening(context, TIME_RULES);
  const last = timed.reduce((one, other) => ((other.liftsAt ?? 0) > (one.liftsAt ?? 0) ? other : one));
  const because = timed.map((reason) => reason.because).join(' ');
  const what = when === null ? last.fix : `Wait until ${instantText(when)}.`;
  const fact = { code: last.code, environment: context.environment.name, what, because, who: [], when };
  return { fact, supply: (present) => (when === null ? present : remedy.withTime(present, when)) };
}

function factOf(reason: Reason, environment: string | null = reason.environment): MissingFact {
  return { code: reason.code, environment, what: reason.fix, because: reason.because, who: reason.who, when: reason.liftsAt };
}

function supplyFor(pipeline: Pipeline, reason: Reason, context: EntryContext): Supply {
  const remedies = REMEDIES[reason.code];
  const where = REHEARSALS.has(reason.code) ? toRehearse(context) : null;
  const about: About = { pipeline, context, where: where ?? context.environment.name };
  return { fact: factOf(reason, where ?? reason.environment), supply: (world) => remedies(world, about) };
}

interface About {
  readonly pipeline: Pipeline;
  readonly context: EntryContext;
  /** The environment in which the fact is to be supplied. */
  readonly where: string;
}

const REHEARSALS: ReadonlySet<ReasonCode> = new Set([
  'rehearsal_missing',
  'rehearsal_failed',
  'rehearsal_stale',
  'rehearsal_differs',
  'migrations_unread',
]);

/** The environment whose rehearsal is meant: the candidate's own while it is there, else the first one before it that does not count. */
function toRehearse(context: EntryContext): string {
  const { candidate, facts } = context;
  const isLacking = (one: Facts): boolean => one.rehearsed !== null && (!one.rehearsed.matching || !(rehearsalEnds(one) >= candidate.now));
  const earlier = candidate.facts.find((one) => one.stage < facts.stage && isLacking(one));
  return (earlier ?? facts).environment.name;
}

type Remedy = (world: World, about: About) => World;

/** For facts that nobody can supply for this candidate in this pipeline. */
const never: Remedy = (world) => world;

const readAll: Remedy = (world, { pipeline }) => {
  let present = world;
  for (const name of pipeline.environments.keys()) {
    if (present.evidence.environments.get(name)?.records.read !== true) present = remedy.withRecords(present, name, []);
  }
  return present;
};
const refHolds: Remedy = (world) => remedy.withCandidate(world, { refState: { read: true, value: 'holds' } });
const containsLive: Remedy = (world, { context }) => {
  const { live } = context.facts;
  return live === null ? world : remedy.withEvidence(world, { relations: new Map(world.evidence.relations).set(live.sha, 'contains') });
};
const protect: Remedy = (world, { context }) =>
  gated(context.environment, (gate) => remedy.withReviewers(world, context.environment.name, gate), world);
const approve: Remedy = (world, { context }) =>
  gated(context.environment, (gate) => remedy.withApprovals(world, context.environment, gate), world);
const rehearse: Remedy = (world, { where }) => remedy.withRehearsal(world, where);
const readMigrations: Remedy = (world, { where }) => remedy.withMigrations(world, where);
const redeploy: Remedy = (world, { context }) =>
  context.environment.soak.reduce((present, { environment }) => remedy.withSuccess(present, environment), world);
const withoutOwn: Remedy = (world) => remedy.withEvidence(world, { ownRecord: null });

function gated(environment: Environment, change: (gate: NonNullable<Environment['gate']>) => World, otherwise: World): World {
  return environment.gate === null ? otherwise : change(environment.gate);
}

/** What would be known if what a reason misses were there, for every code. */
const REMEDIES: Readonly<Record<ReasonCode, Remedy>> = {
  no_route: never,
  not_on_path: never,
  fork: (world) => remedy.withCandidate(world, { fork: false }),
  ref_gone: refHolds,
  ref_moved: refHolds,
  ref_unread: refHolds,
  vetoed: (world, { context }) => {
    const { evidence } = context.candidate;
    const first = evidence.vetoes.read ? evidence.vetoes.value.find((one) => forbids(one, evidence)) : undefined;
    const present = world.evidence.vetoes;
    return present.read
      ? remedy.withEvidence(world, { vetoes: { read: true, value: present.value.filter((one) => one !== first) } })
      : world;
  },
  veto_unclear: (world) => {
    const { vetoes } = world.evidence;
    if (!vetoes.read) return world;
    const first = vetoes.value.find((one) => one.unclear !== undefined && !forbids(one, world.evidence));
    return remedy.withEvidence(world, { vetoes: { read: true, value: vetoes.value.filter((one) => one !== first) } });
  },
  vetoes_unread: (world) => remedy.withEvidence(world, { vetoes: { read: true, value: [] } }),
  artifact_unknown: (world, { context }) => remedy.withBuild(world, context.candidate.firstBuild?.digest ?? null),
  artifact_unbuilt: (world, { context }) => remedy.withBuild(world, context.candidate.firstBuild?.digest ?? null),
  artifact_differs: (world, { context }) => remedy.withBuild(world, context.candidate.firstBuild?.digest ?? null),
  builds_unread: (world, { context }) => {
    const unread = context.candidate.facts.filter((facts) => facts.records === null);
    return unread.reduce((present, { environment }) => remedy.withRecords(present, environment.name, []), world);
  },
  rollback_unproven: never,
  rollback_live: never,
  record_unverified: never,
  earlier_not_passed: never,
  earlier_failed: never,
  verification_missing: never,
  records_unread: (world, { where }) => remedy.withRecords(world, where, []),
  superseded: containsLive,
  diverged: containsLive,
  ancestry_unread: containsLive,
  version_refused: (world, { pipeline, context }) => {
    if (!context.environment.accepts.includes('accepted')) return world;
    return remedy.withAcceptance(world, remedy.acceptingEnvironment(pipeline, context.environment.name), null);
  },
  version_unread: readAll,
  rehearsal_missing: rehearse,
  rehearsal_failed: rehearse,
  rehearsal_stale: rehearse,
  rehearsal_differs: rehearse,
  migrations_unread: readMigrations,
  environment_missing: protect,
  reviewers_missing: protect,
  reviewers_insufficient: protect,
  protection_unread: protect,
  held: (world, { pipeline, context }) => {
    const { holds } = context.candidate.evidence;
    const first = holds.read ? holds.value.find((one) => closes(one, context.environment.name, pipeline)) : undefined;
    const present = world.evidence.holds;
    return present.read
      ? remedy.withEvidence(world, { holds: { read: true, value: present.value.filter((one) => one !== first) } })
      : world;
  },
  holds_unread: (world) => remedy.withEvidence(world, { holds: { read: true, value: [] } }),
  frozen: never,
  outside_window: never,
  soak_running: never,
  soak_missing: redeploy,
  soak_interrupted: redeploy,
  approval_required: approve,
  approval_missing: approve,
  approval_stale: approve,
  approvals_unread: (world) => remedy.withEvidence(world, { run: { ...world.evidence.run, reviews: { read: true, value: [] } } }),
  authors_unread: (world, { where }) =>
    remedy.withEnvironment(remedy.withCandidate(world, { authors: { read: true, value: [] } }), where, {
      authors: { read: true, value: [] },
    }),
  enforcement_unproven: (world, { context }) =>
    remedy.withEvidence(world, { run: { ...world.evidence.run, held: { read: true, value: context.environment.name } } }),
  initiator_unknown: (world) => remedy.withCandidate(world, { bot: null }),
  acceptance_missing: (world, { context }) => remedy.withAcceptance(world, context.environment.name, context.environment.acceptance),
  acceptance_not_asked: never,
  acceptance_not_live: never,
  acceptance_required: never,
  acceptance_unapproved: never,
  acceptance_unprotected: never,
  queue_busy: (world, { context, where }) => {
    const { firstOpen } = context.facts;
    return remedy.withRecords(
      world,
      where,
      remedy.recordsIn(world, where).filter((record) => record.id !== firstOpen?.id),
    );
  },
  record_unseen: withoutOwn,
  record_closed: withoutOwn,
};

/** Trying each fact takes as many decisions as there are facts; a path of more than a dozen environments has only those tried that time may outdate. */
const MOST_TRIED = 40;

/**
 * Leaves out what a later fact made unnecessary. A rehearsal that would go stale while waiting is run again after the wait: then it is needed early only if
 * a door in between asks for it.
 */
function withoutOutdated(pipeline: Pipeline, world: World, environment: string, supplies: readonly Supply[]): readonly Supply[] {
  let kept = supplies;
  // Leaving one out may make another unnecessary that was tried before, so it ends only when nothing more can be left out.
  for (let before: readonly Supply[] = []; before !== kept; ) {
    before = kept;
    for (const one of before) {
      if (supplies.length > MOST_TRIED && !REHEARSALS.has(one.fact.code)) continue;
      const without = kept.filter((other) => other !== one);
      if (isEnterable(pipeline, replay(world, without), environment)) kept = without;
    }
  }
  return kept;
}
