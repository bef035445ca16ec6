import type { Changes } from '../decision/changes.ts';
import type { Decision, EnvironmentDecision, Live, Reason, Verdict } from '../decision/decision.ts';
import type { Intent, Moment, RecordKind } from '../decision/evidence.ts';
import { includesName } from '../decision/names.ts';
import { type Effect, REASONS } from '../decision/reasons.ts';
import { shortSha } from '../decision/wording.ts';
import type { Pipeline } from '../pipeline/model.ts';
import type { Markup } from './markup.ts';

/** What is to be told: a decision, and what is needed to put it into words. */
export interface Subject {
  readonly decision: Decision;
  readonly pipeline: Pipeline;
  readonly moment: Moment;
  readonly intent: Intent;
  /** The environment that was asked about; `null`: the next stage. */
  readonly environment: string | null;
}

/** A subject for people who decide: with what would enter, and what the job left behind. */
export interface BriefSubject extends Subject {
  /** What enters each environment, by its name. A missing entry: it could not be read. */
  readonly changes: ReadonlyMap<string, Changes>;
  /** `https://github.com/octo-org/shop` */
  readonly repositoryUrl: string;
  /** Address of the page that explains every reason code. */
  readonly reasonsUrl: string;
  /** Records that this job wrote, in order. */
  readonly records: readonly RecordLeft[];
}

/** A record that a job left on GitHub. */
export interface RecordLeft {
  readonly kind: RecordKind;
  readonly environment: string;
  readonly id: number;
  /** What became of it: `in progress`, `success`, `failure` … */
  readonly outcome: string;
  readonly url: string | null;
}

/** The environments the answer is about: the one asked for, else the decision's targets. */
export function targetsOf(subject: Subject): readonly EnvironmentDecision[] {
  const { decision, environment } = subject;
  const names = environment === null ? decision.targets : [environment];
  return decision.environments.filter(({ name }) => includesName(names, name));
}

/** The verdict that is told: of the environment asked for where it is on the path, else the decision's own. */
export function verdictOf(subject: Subject): Verdict {
  if (subject.environment === null) return subject.decision.verdict;
  return targetsOf(subject)[0]?.verdict ?? 'blocked';
}

const STRENGTH: Readonly<Record<Effect, number>> = { supersedes: 3, blocks: 2, waits: 1, asks: 0 };

/** What a reason does to the verdict. A code that this version does not know blocks. */
export function effectOf(reason: Reason): Effect {
  const entries: Readonly<Record<string, { readonly effect: Effect }>> = REASONS;
  return entries[reason.code]?.effect ?? 'blocks';
}

/** Strongest first; in the decision's own order where they are equally strong. */
export function strongestFirst(reasons: readonly Reason[]): readonly Reason[] {
  return reasons.toSorted((one, other) => STRENGTH[effectOf(other)] - STRENGTH[effectOf(one)]);
}

/** `v1.4.1 (0ddba112)`; only one of the two where the version is missing or says the commit itself. */
export function liveInWords(live: Live, markup: Markup): string {
  const short = shortSha(live.sha);
  if (live.version === '') return markup.code(short);
  const version = markup.text(live.version, 60);
  return live.version.includes(short.slice(0, 7)) ? version : `${version} (${markup.code(short)})`;
}

/** Nobody knows what is live there: that none is told is no sign that there is none. */
export function isLiveUnread(environment: EnvironmentDecision): boolean {
  return environment.live === null && environment.reasons.some(({ code }) => code === 'records_unread');
}
