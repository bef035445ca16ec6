import { digestOf } from '../artifact.ts';
import type { CandidateContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import type { Candidate, Veto } from '../evidence.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { instantText } from '../wording.ts';
import type { Rule } from './rule.ts';

/** A person may forbid a candidate, also one that is deployed already, and also as the target of a rollback. */
export const veto: Rule = { name: 'veto', rollback: true, ofCandidate };

function ofCandidate(context: CandidateContext): readonly Reason[] {
  const { vetoes, candidate } = context.evidence;
  if (!vetoes.read) return [reasonOf('vetoes_unread', null, { because: `Vetoes could not be read: ${vetoes.why}.` })];
  if (vetoes.value.length === 0) return NO_REASONS;
  return vetoes.value.filter((one) => forbids(one, candidate)).map(forbidden);
}

function forbidden(one: Veto): Reason {
  const what = one.candidates.length === 0 ? ' It does not say which candidate it means, so it counts for all.' : '';
  const because = `${one.by} vetoed it on ${instantText(one.since)}: ${one.reason} (${one.url}).${what}`;
  return reasonOf('vetoed', null, {
    because,
    fix: `Close ${one.url} once it is no longer true, or promote another version.`,
    who: [one.by],
  });
}

/** Whether a veto is about the candidate. One that names nothing forbids everything. */
export function forbids(one: Veto, candidate: Candidate): boolean {
  const { sha, version } = candidate;
  return namesOf(one).length === 0 || singlesOut(one, { sha, version, digest: digestOf(candidate) });
}

/** What a veto can name. */
export interface Nameable {
  readonly sha: string;
  readonly version: string;
  readonly digest: string | null;
}

/** Whether a veto says by name that it means this: by the beginning of its sha, its version or its digest. */
export function singlesOut(one: Veto, what: Nameable): boolean {
  return namesOf(one).some((name) => isNamed(name, what));
}

function namesOf(one: Veto): readonly string[] {
  return one.candidates.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
}

const SHORTEST_SHA = 7;
const SHORTEST_DIGEST = 'sha256:'.length + SHORTEST_SHA;

function isNamed(name: string, what: Nameable): boolean {
  if (name === what.version.toLowerCase()) return true;
  if (name.length >= SHORTEST_SHA && what.sha.toLowerCase().startsWith(name)) return true;
  const digest = what.digest?.toLowerCase() ?? null;
  if (digest === null) return false;
  return name === digest || digest.endsWith(`:${name}`) || (name.length >= SHORTEST_DIGEST && digest.startsWith(name));
}
