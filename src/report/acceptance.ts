import type { AcceptanceDecision } from '../decision/acceptance.ts';
import { listed } from '../pipeline/listed.ts';
import { MARKDOWN, type Markup, PLAIN } from './markup.ts';
import { reasonsInWords, reasonTable } from './reasons.ts';
import type { BriefSubject } from './subject.ts';

/** What `accept` has to tell. */
export interface AcceptanceSubject extends BriefSubject {
  readonly acceptance: AcceptanceDecision;
  readonly environment: string;
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
  return [acceptanceSentence(subject, PLAIN), ...reasonsInWords(subject, subject.acceptance.reasons)].join('\n\n');
}

/** For the job summary. */
export function acceptanceBrief(subject: AcceptanceSubject): string {
  const parts = [`### ${acceptanceSentence(subject, MARKDOWN)}`, reasonTable(subject, subject.acceptance.reasons)];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
