import type { AcceptanceDecision } from '../decision/acceptance.ts';
import type { Decision } from '../decision/decision.ts';
import { listed } from '../pipeline/listed.ts';
import { codeSpan, escapeMarkdown, link, table } from './markdown.ts';
import { MARKDOWN, type Markup, PLAIN } from './markup.ts';

/** What `accept` has to tell. */
export interface AcceptanceSubject {
  readonly decision: Decision;
  readonly acceptance: AcceptanceDecision;
  readonly environment: string;
  readonly reasonsUrl: string;
}

/** The answer in one sentence. */
export function acceptanceSentence(subject: AcceptanceSubject, markup: Markup): string {
  const { acceptance, decision, environment } = subject;
  const what = `${markup.strong(decision.candidate.version)}`;
  const where = markup.strong(environment);
  const people = listed(acceptance.approvedBy.map((login) => markup.text(login)));
  if (acceptance.verdict === 'deploy') return `${what} is accepted in ${where} by ${people === '' ? 'its reviewers' : people}.`;
  if (acceptance.verdict === 'complete') return `${what} had been accepted in ${where} already; nothing is recorded twice.`;
  return `${what} is not accepted in ${where}.`;
}

/** For a log, an annotation and the output `explanation`: the answer, then each reason with its fix and who can do it. */
export function acceptanceText(subject: AcceptanceSubject): string {
  const reasons = subject.acceptance.reasons.map((reason) =>
    [
      `${reason.code}: ${PLAIN.text(reason.because)}`,
      `  Fix: ${PLAIN.text(reason.fix)}`,
      ...(reason.who.length === 0
        ? []
        : [
            `  Who: ${listed(
              reason.who.map((who) => PLAIN.text(who)),
              'or',
            )}`,
          ]),
    ].join('\n'),
  );
  return [acceptanceSentence(subject, PLAIN), ...reasons].join('\n\n');
}

/** For the job summary. */
export function acceptanceBrief(subject: AcceptanceSubject): string {
  const rows = subject.acceptance.reasons.map((reason) => [
    link(codeSpan(reason.code), `${subject.reasonsUrl}#${reason.code}`),
    escapeMarkdown(reason.because),
    escapeMarkdown(reason.fix),
    escapeMarkdown(listed(reason.who, 'or')),
  ]);
  const parts = [`### ${acceptanceSentence(subject, MARKDOWN)}`, table(['reason', 'because', 'fix', 'who'], rows)];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
