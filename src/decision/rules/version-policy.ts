import { listed } from '../../pipeline/listed.ts';
import type { Environment, VersionPolicy } from '../../pipeline/model.ts';
import { VERSION_POLICIES } from '../../pipeline/model.ts';
import { type CandidateContext, type Classes, type EntryContext, factsByName } from '../context.ts';
import type { Reason } from '../decision.ts';
import type { Facts } from '../facts.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { versionOf } from '../wording.ts';
import type { Rule } from './rule.ts';

/** An environment takes new, accepted or current versions, or several of these. */
export const versionPolicy: Rule = { name: 'version-policy', rollback: false, ofEntry };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { accepts, name } = context.environment;
  if (VERSION_POLICIES.every((policy) => accepts.includes(policy))) return NO_REASONS;
  const classes = classesOf(context.candidate);
  if (isTaken(accepts, classes)) return NO_REASONS;
  const version = versionOf(context.candidate.evidence.candidate);
  if (classes.unread.length > 0) {
    const because = `${name} takes ${listed(accepts)} versions only, and the records of ${listed(classes.unread)} could not be read.`;
    return [reasonOf('version_unread', name, { because })];
  }
  const because = `${name} takes ${listed(accepts)} versions only, and ${version} is ${listed(namesOf(classes))}.`;
  return [reasonOf('version_refused', name, { because, fix: fixFor(accepts), who: whoFor(accepts, context.candidate) })];
}

function isTaken(accepts: readonly VersionPolicy[], classes: Classes): boolean {
  if (classes.accepted && accepts.includes('accepted')) return true;
  if (classes.current && accepts.includes('current')) return true;
  // Nobody can call a version new without having looked everywhere.
  return accepts.includes('new') && !classes.accepted && !classes.current && classes.unread.length === 0;
}

function namesOf(classes: Classes): readonly VersionPolicy[] {
  if (!classes.accepted && !classes.current) return ['new'];
  return [...(classes.accepted ? (['accepted'] as const) : []), ...(classes.current ? (['current'] as const) : [])];
}

function fixFor(accepts: readonly VersionPolicy[]): string {
  if (accepts.includes('accepted')) return 'Have the candidate accepted in an environment with an acceptance.';
  if (accepts.includes('current')) return 'Promote the version that is live in production.';
  return 'Promote a version that has not been accepted anywhere yet.';
}

function whoFor(accepts: readonly VersionPolicy[], context: CandidateContext): readonly string[] {
  if (!accepts.includes('accepted')) return [];
  for (const { environment } of context.path.steps) if (environment.acceptance !== null) return environment.acceptance.by;
  return [];
}

/** An acceptance of the artifact counts wherever it was given; current is what is live in an environment of role production. */
function classesOf(context: CandidateContext): Classes {
  if (context.memo.classes !== null) return context.memo.classes;
  const classes = { accepted: false, current: false, unread: [] as string[] };
  for (const facts of everywhere(context)) {
    classes.accepted ||= facts.accepted;
    classes.current ||= facts.environment.role === 'production' && facts.live !== null && context.same.is(facts.live);
    if (facts.records === null && couldTell(facts.environment)) classes.unread.push(facts.environment.name);
  }
  context.memo.classes = classes;
  return classes;
}

function couldTell(environment: Environment): boolean {
  return environment.role === 'production' || environment.acceptance !== null;
}

function* everywhere(context: CandidateContext): Generator<Facts> {
  yield* context.facts;
  for (const name of context.pipeline.environments.keys()) {
    if (context.path.positions.has(name.toLowerCase())) continue;
    const facts = factsByName(context, name);
    if (facts !== null) yield facts;
  }
}
