import type { Reason } from '../decision/decision.ts';
import { codeSpan, escapeMarkdown, escapeWithLinks, link, table } from './markdown.ts';
import { MARKDOWN, PLAIN } from './markup.ts';
import type { BriefSubject, Subject } from './subject.ts';
import { liftInWords, whoCan } from './verdict-line.ts';

/** More than this is read on the summary's page, not in a log. */
const MOST_IN_WORDS = 10;

/** Rows of a table. */
export const MOST_ROWS = 60;

/** Each reason as a block of lines: code and cause, then fix, who and when, indented. Plain text; no line is a command to the runner. */
export function reasonsInWords(subject: Pick<Subject, 'decision' | 'pipeline'>, reasons: readonly Reason[]): string[] {
  const blocks = reasons.slice(0, MOST_IN_WORDS).map((reason) => reasonInWords(subject, reason));
  const rest = reasons.length - MOST_IN_WORDS;
  return [...blocks, ...(rest > 0 ? [`and ${rest} more`] : [])];
}

function reasonInWords(subject: Pick<Subject, 'decision' | 'pipeline'>, reason: Reason): string {
  const lines = [
    `${reason.code}${reason.environment === null ? '' : ` (${PLAIN.text(reason.environment)})`}: ${PLAIN.text(reason.because)}`,
    `  Fix: ${PLAIN.text(reason.fix)}`,
  ];
  if (reason.who.length > 0) lines.push(`  Who: ${whoCan(reason, PLAIN)}`);
  if (reason.liftsAt !== null) lines.push(`  Lifts: ${liftInWords(subject, reason.environment, reason.liftsAt)}`);
  return lines.join('\n');
}

/** The same for the job summary, as a table; empty when there is no reason. */
export function reasonTable(
  subject: Pick<BriefSubject, 'decision' | 'pipeline' | 'repositoryUrl' | 'reasonsUrl'>,
  reasons: readonly Reason[],
): string {
  const shown = reasons.slice(0, MOST_ROWS);
  const severalPlaces = new Set(shown.map(({ environment }) => environment)).size > 1;
  const rows = shown.map((reason) => [
    ...(severalPlaces ? [reason.environment === null ? 'all' : escapeMarkdown(reason.environment)] : []),
    link(codeSpan(reason.code), `${subject.reasonsUrl}#${reason.code}`),
    escapeWithLinks(reason.because, subject.repositoryUrl),
    escapeWithLinks(reason.fix, subject.repositoryUrl),
    whoOrWhen(subject, reason),
  ]);
  const header = [...(severalPlaces ? ['environment'] : []), 'reason', 'because', 'what would change it', 'who, when'];
  const left = reasons.length - shown.length;
  return `${table(header, rows)}${left > 0 ? `\n\n… and ${left} more.` : ''}`;
}

function whoOrWhen(subject: Pick<Subject, 'decision' | 'pipeline'>, reason: Reason): string {
  const who = reason.who.length === 0 ? [] : [whoCan(reason, MARKDOWN)];
  const when = reason.liftsAt === null ? [] : [`lifts ${liftInWords(subject, reason.environment, reason.liftsAt)}`];
  return [...who, ...when].join('; ');
}
