import type { Gate } from '../pipeline/model.ts';
import { digestOf } from './artifact.ts';
import type { DeploymentRecord, Evidence, Protection, Read, Review, Reviewer } from './evidence.ts';
import { includesName, sameName } from './names.ts';

/** What counts towards a gate or an acceptance. */
export interface Count {
  /** Distinct logins whose approval counts. */
  readonly given: readonly string[];
  /** Logins whose approvals were given for something else, or were all used up by earlier attempts of this run. */
  readonly stale: readonly string[];
  /** Logins who approved and are excluded. */
  readonly excluded: readonly string[];
  readonly missing: number;
}

/** Whose approval is counted, and where. */
export interface Asked {
  readonly gate: Gate;
  /** The pipeline's environment that is entered or accepted. */
  readonly place: string;
  /** The GitHub environment whose reviewers are asked. */
  readonly environment: string;
  readonly protection: Protection | null;
  /** Records of the environment that the approval is for, to tell approvals that were used already. */
  readonly records: readonly DeploymentRecord[] | null;
  /** Why none of the run's approvals counts here; `null`: they may. */
  readonly voided: string | null;
}

/** Ends the sentence that says why. */
export const NONE_COUNTS = 'So no approval of this run counts here.';

const NOBODY: readonly string[] = Object.freeze([]);

/**
 * Counts approvals of this run: distinct people, for this environment, none of them excluded, and each one whom the gate names. Membership in a team
 * cannot be read from a review; so a gate that names teams counts an approval only when every configured reviewer is named, which GitHub then enforces.
 */
export function countApprovals(asked: Asked, evidence: Evidence): Count {
  const { reviews } = evidence.run;
  const given: string[] = [];
  const stale: string[] = [];
  let excluded = NOBODY;
  const excludesUnknown = authorsMissing(asked.gate, evidence, asked.place) || initiatorMissing(asked.gate, evidence);
  if (reviews.read && reviews.value.length > 0 && !excludesUnknown) {
    for (const login of approversAmong(reviews.value, asked, evidence))
      (asked.voided !== null || isUsedUp(asked, login, evidence) ? stale : given).push(login);
    excluded = excludedAmong(reviews.value, asked, evidence);
  }
  const unnamed =
    asked.voided === null && isHeld(asked.environment, evidence) && provesUnnamed(asked.gate, asked.protection, evidence) ? 1 : 0;
  // The unnamed approval may be one of the named ones, so the two are never added up.
  return { given, stale, excluded, missing: Math.max(0, asked.gate.approvals - Math.max(given.length, unnamed)) };
}

/** Distinct logins that approved here and may. */
function approversAmong(reviews: readonly Review[], asked: Asked, evidence: Evidence): readonly string[] {
  const found: string[] = [];
  const everyReviewer = coversEveryReviewer(asked.gate, asked.protection);
  for (const { state, user, environments } of reviews) {
    if (state !== 'approved' || user === '' || !includesName(environments, asked.environment)) continue;
    if (!everyReviewer && !includesName(asked.gate.by, user)) continue;
    if (!includesName(found, user) && !isExcluded(asked.gate, user, evidence, asked.place)) found.push(user);
  }
  return found;
}

/** Distinct logins that approved here and may not, because the gate excludes them. */
function excludedAmong(reviews: readonly Review[], asked: Asked, evidence: Evidence): readonly string[] {
  const approved = reviews.filter(({ state, environments }) => state === 'approved' && includesName(environments, asked.environment));
  const found: string[] = [];
  for (const { user } of approved) if (!includesName(found, user) && isExcluded(asked.gate, user, evidence, asked.place)) found.push(user);
  return found;
}

/** Whether the gate excludes authors that nobody could read: then every approval might be the author's own. */
export function authorsMissing(gate: Gate, evidence: Evidence, place: string): boolean {
  return gate.exclude.includes('author') && !authorsOf(evidence, place).read;
}

/** Whether the gate excludes the initiator, and a bot started the run: whoever had it do so might be any of the approvers. */
export function initiatorMissing(gate: Gate, { candidate }: Evidence): boolean {
  return gate.exclude.includes('initiator') && (candidate.bot ?? null) !== null;
}

/** For a reason's sentence. */
export function whyAuthorsUnread(evidence: Evidence, place: string): string {
  const authors = authorsOf(evidence, place);
  return authors.read ? 'who are known' : `and not all of them could be read: ${authors.why}`;
}

/** Logins of who wrote what enters an environment: the candidate's commit and every other that comes with it. */
export function authorsOf(evidence: Evidence, place: string): Read<readonly string[]> {
  const own = evidence.candidate.authors;
  if (!own.read) return own;
  const others = evidence.environments.get(place)?.authors ?? { read: false, why: 'nobody asked' };
  return others.read ? { read: true, value: [...own.value, ...others.value] } : others;
}

/** Whether an approval of that login does not count. */
export function isExcluded(gate: Gate, login: string, evidence: Evidence, place: string): boolean {
  const { initiator, initiators } = evidence.candidate;
  for (const excluded of gate.exclude) {
    if (excluded === 'initiator' && (sameName(login, initiator) || includesName(initiators, login))) return true;
    if (excluded === 'author' && isAuthor(login, evidence, place)) return true;
  }
  return false;
}

function isAuthor(login: string, evidence: Evidence, place: string): boolean {
  const authors = authorsOf(evidence, place);
  return authors.read && includesName(authors.value, login);
}

/**
 * Whether everybody whom GitHub lets approve is somebody whom the gate names. One team that the token cannot name is taken for the one team that the gate names
 * and nobody saw yet: whoever set the environment up may put another one there, and may change its reviewers anyway.
 */
export function coversEveryReviewer(gate: Gate, protection: Protection | null): boolean {
  if (gate.by.length === 0) return true;
  if (protection === null || !asksSomebody(protection)) return false;
  for (const reviewer of protection.reviewers) if (!includesName(gate.by, reviewer.name)) return false;
  return protection.unnamed === 0 || (protection.unnamed === 1 && unseenTeams(gate, protection).length === 1);
}

/** Whether a job that enters waits for anybody. */
export function asksSomebody({ reviewers, unnamed }: Protection): boolean {
  return reviewers.length > 0 || unnamed > 0;
}

/** Teams of the gate that are not among the reviewers who could be named. */
function unseenTeams(gate: Gate, { reviewers }: Protection): readonly string[] {
  return gate.by.filter((name) => name.includes('/') && !reviewers.some((reviewer) => sameName(reviewer.name, name)));
}

/**
 * Whether GitHub's own hold on a job proves an approval that counts: a reviewer released it, somebody unnamed, and that somebody cannot be one who does
 * not count.
 */
export function provesUnnamed(gate: Gate, protection: Protection | null, evidence: Evidence): boolean {
  if (gate.evidence !== 'enforced' || protection === null || !asksSomebody(protection)) return false;
  if (gate.exclude.includes('author')) return false;
  if (gate.exclude.includes('initiator') && !keepsInitiatorsOut(protection, evidence)) return false;
  return coversEveryReviewer(gate, protection);
}

/** Whether it is proven that GitHub let this job start for that environment: any job may call itself the one that deploys there. */
function isHeld(environment: string, { moment, run }: Evidence): boolean {
  return moment === 'door' && run.held?.read === true && sameName(run.held.value, environment);
}

/** Why GitHub's hold, which alone would suffice, does not count at the door; `null` where it does, or would not suffice. */
export function whyUnproven(gate: Gate, environment: string, protection: Protection | null, evidence: Evidence): string | null {
  if (gate.approvals > 1 || isHeld(environment, evidence) || !provesUnnamed(gate, protection, evidence)) return null;
  const { held } = evidence.run;
  return held?.read === true ? `its identity is that of a job for ${held.value}` : (held?.why ?? 'nobody asked');
}

/** GitHub prevents the review of who started this attempt, and knows no other initiator. */
function keepsInitiatorsOut(protection: Protection, evidence: Evidence): boolean {
  const { initiator, initiators, bot } = evidence.candidate;
  return (bot ?? null) === null && protection.preventSelfReview && initiators.every((one) => sameName(one, initiator));
}

/**
 * A re-run shows the approvals of the attempts before it, and does not say of which attempt one is. An approval that let an earlier attempt of this run
 * enter is used up when that attempt succeeded, or when it was for another artifact; within one attempt it lets one candidate in. Whoever approves once more is listed once more.
 */
function isUsedUp(asked: Asked, login: string, evidence: Evidence): boolean {
  if (asked.records === null || !evidence.run.reviews.read) return false;
  let left = 0;
  for (const review of evidence.run.reviews.value) {
    if (review.state === 'approved' && sameName(review.user, login) && includesName(review.environments, asked.environment)) left += 1;
  }
  for (const record of asked.records) if (usesUp(record, login, evidence)) left -= 1;
  return left <= 0;
}

function usesUp(record: DeploymentRecord, login: string, evidence: Evidence): boolean {
  const { run } = record;
  if (run === null || run.id !== evidence.run.id || run.attempt > evidence.run.attempt) return false;
  if (record.kind !== 'promotion' && record.kind !== 'rollback') return false;
  const isOther = record.digest !== digestOf(evidence.candidate);
  if (run.attempt < evidence.run.attempt ? !isOther && record.outcome !== 'success' : !isOther && record.sha === evidence.candidate.sha)
    return false;
  return record.outcome !== 'withdrawn' && includesName(record.approvedBy, login);
}

/** Who may still give what is missing: whom the gate names, else whom GitHub asks. */
export function approversOf(gate: Gate, protection: Protection | null): readonly string[] {
  if (gate.by.length > 0) return gate.by;
  return protection === null ? NOBODY : protection.reviewers.map(nameOf);
}

function nameOf(reviewer: Reviewer): string {
  return reviewer.name;
}

/**
 * Why the required reviewers cannot give what the gate asks for, however willing they are; `null` when they can, as far as can be told.
 */
export function whyInsufficient(gate: Gate, protection: Protection, evidence: Evidence, place: string): string | null {
  if (gate.approvals === 1 && provesUnnamed(gate, protection, evidence)) return null;
  if (!coversEveryReviewer(gate, protection)) {
    const people = gate.by.filter((name) => !name.includes('/') && !isExcluded(gate, name, evidence, place));
    return countDistinct(people) >= gate.approvals ? null : outsideText(gate, protection);
  }
  if (protection.unnamed > 0 || protection.reviewers.some((reviewer) => reviewer.kind === 'team')) return null;
  const people = protection.reviewers.map(nameOf).filter((name) => !isExcluded(gate, name, evidence, place));
  const able = countDistinct(people);
  return able >= gate.approvals ? null : `${gate.approvals} approvals are asked for, and ${able} of the required reviewers may give one`;
}

function outsideText(gate: Gate, protection: Protection): string {
  const outside = protection.reviewers.find((reviewer) => !includesName(gate.by, reviewer.name));
  const whom = outside === undefined ? unnamedText(protection) : `${outside.name} is a required reviewer too`;
  return `the gate counts ${gate.by.join(', ')} only, ${whom}, and an approval does not say for which team it was given`;
}

/** Ends a reason at the door: GitHub let this job start although its reviewers are asked, and shows nobody who let it. There are two such cases, which the list cannot tell apart. */
export function unlistedText(environment: string, protection: Protection | null, { moment, run }: Evidence): string {
  const isListed = !run.reviews.read || run.reviews.value.some(({ environments }) => includesName(environments, environment));
  if (moment !== 'door' || isListed || protection === null || !asksSomebody(protection)) return '';
  return ` GitHub asks reviewers of ${environment}, let this job start, and lists no review: either the job has "deployment: false", for which GitHub may list none (leave it out, or the input "deployment" at true), or an administrator started it past them (have a reviewer approve a new run).`;
}

function unnamedText({ unnamed }: Protection): string {
  const teams = unnamed === 1 ? 'one of the required reviewers is a team' : `${unnamed} of the required reviewers are teams`;
  return `${teams} that this job's token may not name (it lacks the organisation's permission "members: read")`;
}

function countDistinct(names: readonly string[]): number {
  return new Set(names.map((name) => name.toLowerCase())).size;
}
