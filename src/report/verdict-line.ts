import type { EnvironmentDecision, Reason } from '../decision/decision.ts';
import { formatDuration } from '../pipeline/duration.ts';
import { listed } from '../pipeline/listed.ts';
import type { Environment } from '../pipeline/model.ts';
import { rulesOnRoute } from '../pipeline/routes.ts';
import { groupBy } from './group-by.ts';
import type { Markup } from './markup.ts';
import { effectOf, type Subject, strongestFirst, targetsOf, verdictOf } from './subject.ts';
import { instantInWords, zoneOf } from './times.ts';
import { counted, refInWords, unfinished } from './words.ts';

/** A version is a tag's name at most times, and a tag's name may be long. */
const LONGEST_VERSION = 60;

/**
 * The answer in plain words, one sentence for environments of which the same is true:
 * `v1.4.2 may enter production after 2 approvals: asks octo-org/release.`
 */
export function verdictSentences(subject: Subject, markup: Markup): string[] {
  const { decision } = subject;
  const targets = targetsOf(subject);
  if (targets.length > 0) return together(subject, targets, markup);
  const reason = strongestFirst(decision.reasons)[0];
  if (subject.environment !== null && decision.route !== null) {
    return [
      `${version(subject, markup)} does not travel to ${markup.strong(subject.environment)}: route ${markup.text(decision.route)} does not lead there.`,
    ];
  }
  if (verdictOf(subject) === 'complete')
    return [`${version(subject, markup)} has passed every environment on its path; nothing is left to do.`];
  if (reason !== undefined) return [`${version(subject, markup)} goes nowhere: ${because(reason, markup)}.`];
  const { kind, name } = refInWords(decision.candidate.ref);
  return [`${version(subject, markup)} goes nowhere: no route takes ${kind} ${markup.code(name)}.`];
}

function together(subject: Subject, targets: readonly EnvironmentDecision[], markup: Markup): string[] {
  const groups = groupBy(targets, (target) => tell(subject, target, '\0', markup));
  return [...groups].map(([sentence, same]) =>
    sentence.replaceAll(
      '\0',
      listed(
        same.map(({ name }) => markup.strong(name)),
        'and',
        60,
      ),
    ),
  );
}

type Teller = (subject: Subject, target: EnvironmentDecision, place: string, markup: Markup) => string;

const TELLERS: Readonly<Record<EnvironmentDecision['verdict'], Teller>> = {
  deploy: (subject, _target, place, markup) =>
    subject.moment === 'door'
      ? `${version(subject, markup)} ${subject.intent === 'rollback' ? 'goes back to' : 'enters'} ${place}.`
      : `${version(subject, markup)} may ${movement(subject)} ${place} now.`,
  ask: (subject, target, place, markup) => {
    const { count, asked } = question(subject, target, markup);
    return `${version(subject, markup)} may ${movement(subject)} ${place} after ${count}: asks ${asked}.`;
  },
  wait: (subject, target, place, markup) => {
    const start = `${version(subject, markup)} ${target.state === 'entered' ? `is in ${place} and waits there` : `waits for ${place}`}`;
    if (target.liftsAt !== null)
      return `${start} until ${liftInWords(subject, target.name, target.liftsAt)}${afterwards(subject, target, markup)}.`;
    return `${start}${cause(target, markup)}.`;
  },
  blocked: (subject, target, place, markup) =>
    target.state === 'entered'
      ? `${version(subject, markup)} is in ${place} and goes no further${cause(target, markup)}.`
      : `${version(subject, markup)} may not ${movement(subject)} ${place}${cause(target, markup)}.`,
  superseded: (subject, target, place, markup) => `${version(subject, markup)} is superseded in ${place}${cause(target, markup)}.`,
  complete: (subject, _target, place, markup) => `${version(subject, markup)} has passed ${place}; nothing is left to do there.`,
};

const tell: Teller = (subject, target, place, markup) => TELLERS[target.verdict](subject, target, place, markup);

function version(subject: Subject, markup: Markup): string {
  return markup.text(subject.decision.candidate.version, LONGEST_VERSION);
}

function movement(subject: Subject): string {
  return subject.intent === 'rollback' ? 'go back to' : 'enter';
}

/** `: the strongest reason (and 2 more reasons)` */
function cause(target: EnvironmentDecision, markup: Markup): string {
  const [first, ...others] = strongestFirst(target.reasons).filter((reason) => effectOf(reason) !== 'asks');
  if (first === undefined) return '';
  return `: ${because(first, markup)}${others.length > 0 ? ` (and ${counted(others.length, 'more reason')})` : ''}`;
}

/** The facts without an address: the table of reasons has it. */
function because(reason: Reason, markup: Markup): string {
  return unfinished(markup.text(reason.because.replace(/ ?\(https?:\/\/[^\s)]+\)/g, ''), 300));
}

/** Once the time has come, somebody may still have to approve. */
function afterwards(subject: Subject, target: EnvironmentDecision, markup: Markup): string {
  if (target.state === 'entered' || (target.approvals?.missing ?? 0) === 0) return '';
  const { count, asked } = question(subject, target, markup);
  return `; ${count} will be needed then, of ${asked}`;
}

function question(subject: Subject, target: EnvironmentDecision, markup: Markup): { readonly count: string; readonly asked: string } {
  const { approvals } = target;
  const more = approvals !== null && approvals.given.length > 0;
  return {
    count: more
      ? `${approvals.missing} more ${approvals.missing === 1 ? 'approval' : 'approvals'}`
      : counted(approvals?.missing ?? 1, 'approval'),
    asked: whoMayApprove(approvals?.by ?? rules(subject, target.name)?.gate?.by ?? [], markup),
  };
}

/** `octo-org/release or mona`; whoever GitHub asks where the pipeline names nobody. */
export function whoMayApprove(by: readonly string[], markup: Markup): string {
  if (by.length === 0) return 'the environment’s reviewers';
  return listed(
    by.map((name) => markup.text(name)),
    'or',
  );
}

/** Who can lift a reason: `octo-org/qa or mona`. Empty when nobody needs to. */
export function whoCan(reason: Pick<Reason, 'who'>, markup: Markup): string {
  return listed(
    reason.who.map((name) => unfinished(markup.text(name))),
    'or',
  );
}

function rules(subject: Subject, environment: string): Environment | undefined {
  return rulesOnRoute(subject.pipeline, subject.decision.route, environment);
}

/** `Mon 2026-11-02 09:00 Europe/Berlin (08:00 UTC), in 3 h`. The minute is the first one at which it has lifted. */
export function liftInWords(subject: Pick<Subject, 'decision' | 'pipeline'>, environment: string | null, liftsAt: number): string {
  const minute = Math.ceil(liftsAt / 60_000) * 60_000;
  const away = liftsAt - subject.decision.decidedAt;
  return `${instantInWords(minute, zoneOf(subject.pipeline, environment))}${away > 0 ? `, in ${formatDuration(away)}` : ''}`;
}
