import { digestOf, SameArtifact } from '../artifact.ts';
import type { CandidateContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import type { Evidence, Veto } from '../evidence.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { madeVersion } from '../version.ts';
import { instantText } from '../wording.ts';
import type { Rule } from './rule.ts';

/** A person may forbid a candidate, also one that is deployed already, and also as the target of a rollback. */
export const veto: Rule = { name: 'veto', rollback: true, ofCandidate };

function ofCandidate({ evidence }: CandidateContext): readonly Reason[] {
  const { vetoes } = evidence;
  if (!vetoes.read) return [reasonOf('vetoes_unread', null, { because: `Vetoes could not be read: ${vetoes.why}.` })];
  if (vetoes.value.length === 0) return NO_REASONS;
  const known = knownAs(evidence);
  return vetoes.value.filter((one) => isAbout(one, known)).map((one) => forbidden(one, known));
}

function forbidden(one: Veto, known: readonly Nameable[]): Reason {
  const because = `${one.by} vetoed it on ${instantText(one.since)}: ${one.reason} (${one.url}).${whom(one, known)}`;
  return reasonOf('vetoed', null, {
    because,
    fix: `Close ${one.url} once it is no longer true, or promote another version.`,
    who: [one.by],
  });
}

/** What is not plain from the candidate's version: that the veto counts for all, or under which other version it means this one. */
function whom(one: Veto, known: readonly Nameable[]): string {
  if (one.candidates.length === 0) return ' It does not say which candidate it means, so it counts for all.';
  const meant = known.find((what) => singlesOut(one, what));
  return meant === undefined || meant === known[0] ? '' : ` It names ${meant.version}, which is the same candidate.`;
}

/** Whether a veto is about the candidate. One that names nothing forbids everything. */
export function forbids(one: Veto, evidence: Evidence): boolean {
  return isAbout(one, knownAs(evidence));
}

function isAbout(one: Veto, known: readonly Nameable[]): boolean {
  return namesOf(one).length === 0 || known.some((what) => singlesOut(one, what));
}

/** What a veto can name. */
export interface Nameable {
  readonly sha: string;
  readonly version: string;
  readonly digest: string | null;
}

/**
 * Everything the candidate is known as, its present name first: whoever starts a promotion may call it what they like, so the version made of
 * its ref counts too, and each that its commit or its artifact is on record with.
 */
function knownAs({ candidate, environments }: Evidence): readonly Nameable[] {
  const { sha, ref, version } = candidate;
  const digest = digestOf(candidate);
  const same = new SameArtifact(candidate);
  const versions = new Set([version, madeVersion(ref, sha), ref.replace(/^refs\/heads\//, '')]);
  for (const { records } of environments.values()) {
    if (!records.read) continue;
    for (const record of records.value) {
      const counts = record.kind !== 'foreign' && record.outcome !== 'withdrawn';
      if (!counts || !(record.sha === sha || same.is(record))) continue;
      versions.add(record.version);
      if (record.ref !== null) versions.add(madeVersion(record.ref, record.sha));
    }
  }
  return [...versions].map((name) => ({ sha, version: name, digest }));
}

/** Whether a veto says by name that it means this: by the beginning of its sha, its version or its digest. */
export function singlesOut(one: Veto, what: Nameable): boolean {
  return namesOf(one).some((name) => isNamed(name, what));
}

function namesOf(one: Veto): readonly string[] {
  return one.candidates.map(plainName).filter((name) => name !== '');
}

/** Characters that nobody sees, and quotes that people put around a name. */
const INVISIBLE_OR_QUOTE = /[\p{Cf}\p{Cc}\p{Z}`'"‘’“”„«»]/gu;

/** A name as it is meant: `V1.4.2`, `` `1.4.2` `` and `refs/tags/v1.4.2` are one. */
function plainName(name: string): string {
  return name
    .replaceAll(INVISIBLE_OR_QUOTE, '')
    .toLowerCase()
    .replace(/^refs\/(?:tags|heads)\//, '')
    .replace(/^v(?=\d)/, '');
}

const SHORTEST_SHA = 6;
const COMPONENT_ENDS = ['-', '-v', '/', '/v', '@', '@v'];
const SHORTEST_DIGEST = 'sha256:'.length + 7;

function isNamed(name: string, what: Nameable): boolean {
  const version = plainName(what.version);
  // A version without its component's name, as 1.4.2 of cart-v1.4.2, means each component's: the title says no more.
  if (name === version || (/^\d+\.\d/.test(name) && COMPONENT_ENDS.some((end) => version.endsWith(`${end}${name}`)))) return true;
  if (name.length >= SHORTEST_SHA && what.sha.toLowerCase().startsWith(name)) return true;
  const digest = what.digest?.toLowerCase() ?? null;
  if (digest === null) return false;
  return name === digest || digest.endsWith(`:${name}`) || (name.length >= SHORTEST_DIGEST && digest.startsWith(name));
}
