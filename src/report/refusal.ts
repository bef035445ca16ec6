import type { EnvironmentDecision, Reason, Verdict } from '../decision/decision.ts';
import { listed } from '../pipeline/listed.ts';
import { PLAIN } from './markup.ts';
import { oneLine } from './outside-text.ts';
import { reasonsInWords } from './reasons.ts';
import { type Subject, strongestFirst, targetsOf, verdictOf } from './subject.ts';
import { verdictSentences } from './verdict-line.ts';

/** What an annotation says: GitHub shows the title in bold and the message below it. */
export interface Refusal {
  /** One line of at most 120 characters. */
  readonly title: string;
  /** Several lines: the answer, then every reason with its fix. */
  readonly message: string;
}

const LONGEST_TITLE = 120;

const REFUSED: Readonly<Record<Verdict, string>> = {
  deploy: 'may enter',
  ask: 'needs approval for',
  wait: 'waits for',
  blocked: 'may not enter',
  superseded: 'is superseded in',
  complete: 'has passed',
};

/** What a log and an annotation say when a door says no. */
export function refusal(subject: Subject): Refusal {
  const verdict = verdictOf(subject);
  const targets = targetsOf(subject).filter((target) => target.verdict === verdict);
  const place =
    targets.length === 0
      ? (subject.environment ?? '')
      : listed(
          targets.map(({ name }) => name),
          'and',
          3,
        );
  const reasons = targets.length === 0 ? subject.decision.reasons : targets.flatMap((target) => target.reasons);
  const code = strongestFirst(reasons)[0]?.code;
  const start = `${oneLine(subject.decision.candidate.version, 40)} ${place === '' ? 'goes nowhere' : `${stance(subject, targets, verdict)} ${place}`}`;
  return { title: PLAIN.text(code === undefined ? start : `${start}: ${code}`, LONGEST_TITLE), message: explanation(subject) };
}

/** How the candidate stands to the environments that the title names. */
function stance(subject: Subject, targets: readonly EnvironmentDecision[], verdict: Verdict): string {
  const inside = targets.length > 0 && targets.every(({ state }) => state === 'entered');
  if (verdict === 'wait' && inside) return 'waits in';
  if (verdict === 'blocked' && inside) return 'goes no further than';
  if (verdict === 'blocked' && subject.intent === 'rollback') return 'may not go back to';
  return REFUSED[verdict];
}

/**
 * The output `explanation`: the answer in plain words, then every reason with what would change it, who can do that and when it lifts.
 * Plain text; no line of it is a command to the runner.
 */
export function explanation(subject: Subject): string {
  return [verdictSentences(subject, PLAIN).join('\n'), ...reasonsInWords(subject, reasonsOf(subject))].join('\n\n');
}

/** Every distinct reason on the environments the answer is about, the strongest first. */
export function reasonsOf(subject: Subject): readonly Reason[] {
  const targets: readonly Pick<EnvironmentDecision, 'reasons'>[] = targetsOf(subject);
  const all = targets.length > 0 ? targets.flatMap(({ reasons }) => reasons) : subject.decision.reasons;
  const distinct = new Map(all.map((reason) => [JSON.stringify([reason.code, reason.environment, reason.because]), reason]));
  return strongestFirst([...distinct.values()]);
}
