import type { Environment, Pipeline } from '../../pipeline/model.ts';
import { digestOf, SameArtifact } from '../artifact.ts';
import type { CandidateContext, EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import type { DeploymentRecord, Evidence, Veto } from '../evidence.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { madeVersion } from '../version.ts';
import { instantText } from '../wording.ts';
import type { Rule } from './rule.ts';

/** A person may forbid a candidate, also one that is deployed already, and also as the target of a rollback. */
export const veto: Rule = { name: 'veto', rollback: true, ofCandidate, ofEntry };

function ofCandidate({ evidence }: CandidateContext): readonly Reason[] {
  const { vetoes } = evidence;
  if (!vetoes.read) return [reasonOf('vetoes_unread', null, { because: `Vetoes could not be read: ${vetoes.why}.` })];
  if (vetoes.value.length === 0) return NO_REASONS;
  const known = knownAs(evidence);
  return vetoes.value.filter((one) => isAbout(one, known)).map((one) => forbidden(one, known));
}

function ofEntry({ candidate, environment }: EntryContext): readonly Reason[] {
  const { vetoes } = candidate.evidence;
  if (!vetoes.read || vetoes.value.length === 0 || !isProduction(environment, candidate.pipeline)) return NO_REASONS;
  const known = knownAs(candidate.evidence);
  return vetoes.value
    .flatMap((one) => (one.unclear === undefined || isAbout(one, known) ? [] : [{ ...one, unclear: one.unclear }]))
    .map((one) => unclear(one, environment.name, candidate.evidence));
}

/** Where a pipeline calls nothing production, anything may be. */
function isProduction({ role }: Environment, { environments }: Pipeline): boolean {
  return role === 'production' || ![...environments.values()].some((one) => one.role === 'production');
}

function unclear(one: Veto & { readonly unclear: string }, environment: string, { candidate }: Evidence): Reason {
  return reasonOf('veto_unclear', environment, {
    because: `${one.by} set a veto on ${instantText(one.since)} whose title does not say which version it forbids: ${quoted(one.unclear)} (${one.url}). It closes ${environment} to all until it does.`,
    fix: `Rename ${one.url} to what it forbids, a colon and why, such as ${quoted(`${candidate.version}: ${one.reason}`)}, or close it.`,
  });
}

const LONGEST_TITLE = 100;

function quoted(title: string): string {
  return `"${title.length <= LONGEST_TITLE ? title : `${title.slice(0, LONGEST_TITLE - 1)}…`}"`;
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
  return (namesOf(one).length === 0 && one.unclear === undefined) || known.some((what) => singlesOut(one, what));
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
  const versions = new Set([version, madeVersion(ref, sha), branchOf(ref)]);
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

/** Sentences about names in vetoes that match nothing that the evidence knows: they forbid exactly that, also later, and may be misspelt. */
export function unmatchedNotes(evidence: Evidence): readonly string[] {
  const { vetoes } = evidence;
  if (!vetoes.read || vetoes.value.length === 0) return [];
  const known = [...knownAs(evidence), ...recordedIn(evidence), ...[...evidence.relations.keys()].map(ofCommit)];
  return vetoes.value.flatMap((one) =>
    unmatchedNames(one, known).map(
      (name) =>
        `The veto of ${quoted(name)} matches nothing so far (${one.url}). It forbids exactly that, also if it comes later. If it is misspelt, rename the issue.`,
    ),
  );
}

function recordedIn({ environments }: Evidence): readonly Nameable[] {
  return [...environments.values()].flatMap(({ records }) => (records.read ? records.value.flatMap(namesOfRecord) : []));
}

/** What a veto can call the version that a record is about. */
export function namesOfRecord({ sha, version, ref, digest }: DeploymentRecord): readonly Nameable[] {
  const versions = new Set([version, ...(ref === null ? [] : [madeVersion(ref, sha), branchOf(ref)])]);
  return [...versions].map((name) => ({ sha, version: name, digest }));
}

function ofCommit(sha: string): Nameable {
  return { sha, version: sha, digest: null };
}

function branchOf(ref: string): string {
  return ref.replace(/^refs\/heads\//, '');
}

/** The names in a veto's title, as they are written, that mean none of these. One whose title is unclear names nothing that could be told. */
export function unmatchedNames(one: Veto, known: readonly Nameable[]): readonly string[] {
  if (one.unclear !== undefined) return [];
  return one.candidates.filter((name) => plainName(name) !== '' && !known.some((what) => isNamed(plainName(name), what)));
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
export function plainName(name: string): string {
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
