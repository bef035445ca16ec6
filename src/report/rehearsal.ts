import { codeSpan, escapeMarkdown, link, table } from './markdown.ts';
import { MARKDOWN, type Markup, PLAIN } from './markup.ts';
import { isoInstant } from './times.ts';

/** One thing that a rehearsal did. */
export interface RehearsalStep {
  readonly what: string;
  readonly how: string;
  /** `null`: takes no time worth telling. */
  readonly seconds: number | null;
}

/** What a rehearsal has to tell. */
export interface RehearsalSubject {
  readonly version: string;
  readonly environment: string;
  /** `none`: it could not take place. */
  readonly verdict: 'pass' | 'fail' | 'none';
  /** Why it failed, or could not take place; `null` when it passed. */
  readonly because: string | null;
  /** Name and version; `null` when none was started. */
  readonly server: string | null;
  readonly steps: readonly RehearsalStep[];
  /** `null` when none was had. */
  readonly snapshot: { readonly id: string; readonly takenAt: number } | null;
  /** `null` when nothing was recorded. */
  readonly record: { readonly id: number; readonly url: string } | null;
}

/** The answer in one sentence. */
export function rehearsalSentence({ version, environment, verdict }: RehearsalSubject, markup: Markup): string {
  const what = markup.strong(version);
  const where = markup.strong(environment);
  if (verdict === 'pass') return `The migration of ${what} passed its rehearsal for ${where}.`;
  if (verdict === 'fail') return `The migration of ${what} failed its rehearsal for ${where}.`;
  return `The migration of ${what} could not be rehearsed for ${where}, and nothing is recorded.`;
}

/** For a log, an annotation and the output `explanation`. The reason is a command's or a program's own words, line by line. */
export function rehearsalText(subject: RehearsalSubject): string {
  const because = (subject.because ?? '').split('\n').map((line) => PLAIN.text(line));
  return [rehearsalSentence(subject, PLAIN), ...because].filter((line) => line !== '').join('\n');
}

/** For the job summary. */
export function rehearsalBrief(subject: RehearsalSubject): string {
  const sign = { pass: '✅', fail: '❌', none: '⚠️' }[subject.verdict];
  const because = (subject.because ?? '').split('\n').filter((line) => line.trim() !== '');
  const rows = subject.steps.map(({ what, how, seconds }) => [what, escapeMarkdown(how), seconds === null ? '' : `${seconds} s`]);
  const parts = [
    `### ${sign} ${rehearsalSentence(subject, MARKDOWN)}`,
    because.map((line) => escapeMarkdown(line)).join('  \n'),
    table(['step', 'result', 'time'], rows),
    facts(subject).join('  \n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function facts({ server, snapshot, record }: RehearsalSubject): string[] {
  return [
    ...(server === null ? [] : [`Server: ${escapeMarkdown(server)}, private to this job`]),
    ...(snapshot === null ? [] : [`Snapshot: ${codeSpan(snapshot.id, 90)}, taken ${isoInstant(snapshot.takenAt)}`]),
    ...(record === null ? [] : [`Record: ${link(String(record.id), record.url)}`]),
  ];
}
