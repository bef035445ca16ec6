import { styleText } from 'node:util';
import type { EnvironmentDecision, Reason, Verdict } from '../decision/decision.ts';
import { shortSha } from '../decision/wording.ts';
import { formatInstant } from '../pipeline/calendar.ts';
import { WRITE_IT_OUT, WRITE_PIPELINE } from './brief.ts';
import { PLAIN } from './markup.ts';
import { signAndWord } from './path-diagram.ts';
import { reasonsOf } from './refusal.ts';
import { type BriefSubject, isLiveUnread, liveInWords, type Subject, targetsOf, verdictOf } from './subject.ts';
import { instantInWords, zoneOf } from './times.ts';
import { liftInWords, verdictSentences, whoCan } from './verdict-line.ts';
import { authorsOf, type ChangeGroup, groupByPullRequest } from './what-enters.ts';
import { counted, listed, shortDigest } from './words.ts';

/** How a terminal wants its text. */
export interface Terminal {
  /** Columns; lines are wrapped at words, a longer word stands alone. */
  readonly width: number;
  readonly colour: boolean;
}

type Style = 'green' | 'magenta' | 'yellow' | 'red' | 'gray' | 'bold';

const VERDICT_STYLES: Readonly<Record<Verdict, Style>> = {
  deploy: 'green',
  ask: 'magenta',
  wait: 'yellow',
  blocked: 'red',
  superseded: 'gray',
  complete: 'green',
};

const MOST_CHANGES = 20;
const NARROWEST = 40;

/** The answer and everything behind it as plain text: what `promote plan` prints. */
export function planText(subject: BriefSubject, terminal: Terminal): string {
  const page = new Page(terminal);
  for (const sentence of verdictSentences(subject, PLAIN)) page.paragraph(sentence, 0, VERDICT_STYLES[verdictOf(subject)]);
  page.blank();
  identity(page, subject);
  path(page, subject);
  reasons(page, subject, reasonsOf(subject));
  for (const target of targetsOf(subject)) entering(page, subject, target);
  notes(page, subject);
  return page.text();
}

/** Lines of a terminal, collected. Everything passed in has been made harmless before. */
class Page {
  readonly #lines: string[] = [];
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  blank(): void {
    this.#lines.push('');
  }

  /** Text wrapped at words and indented by a number of columns; later lines by `hanging` more. */
  paragraph(text: string, indent: number, style: Style | null = null, hanging: number = 0): void {
    const width = Math.max(NARROWEST, this.#terminal.width) - indent;
    const [first = '', ...others] = wrapped(text, width, hanging);
    for (const [position, line] of [first, ...others].entries()) {
      this.#lines.push(`${' '.repeat(indent + (position > 0 ? hanging : 0))}${this.#styled(line, style)}`);
    }
  }

  heading(text: string): void {
    this.blank();
    this.paragraph(text, 0, 'bold');
  }

  /** `label    text`, the label in a column of its own. */
  labelled(label: string, text: string, indent: number, column: number, style: Style | null = null): void {
    this.paragraph(`${label.padEnd(column, '\u00A0')}${text}`, indent, style, column);
  }

  text(): string {
    return `${this.#lines.join('\n').replaceAll('\u00A0', ' ')}\n`;
  }

  #styled(line: string, style: Style | null): string {
    return this.#terminal.colour && style !== null ? styleText(style, line, { validateStream: false }) : line;
  }
}

/** Lines of at most `width` columns, the later ones shorter by `hanging`. */
function wrapped(text: string, width: number, hanging: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const room = width - (lines.length > 0 ? hanging : 0);
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function identity(page: Page, subject: Subject): void {
  const { decision, pipeline } = subject;
  const { sha, ref, digest } = decision.candidate;
  const rows = [
    ['commit', `${PLAIN.text(shortSha(sha))} on ${PLAIN.text(ref, 200)}`],
    ['route', decision.route === null ? 'none' : PLAIN.text(decision.route)],
    ['artifact', digest === null ? 'not known yet' : PLAIN.text(shortDigest(digest))],
    ['policy', `${pipeline.source === 'built-in' ? 'built-in pipeline' : PLAIN.text(pipeline.path)} at ${shortSha(decision.policyHash)}`],
    ['decided', instantInWords(decision.decidedAt, zoneOf(pipeline, targetsOf(subject)[0]?.name ?? null))],
  ] as const;
  for (const [label, text] of rows) page.labelled(label, text, 2, 10);
}

function path(page: Page, subject: Subject): void {
  const { environments } = subject.decision;
  if (environments.length === 0) return;
  page.heading('Path');
  const widest = Math.min(24, Math.max(...environments.map(({ name }) => name.length)));
  for (const environment of environments) {
    const { name, stage, live, verdict } = environment;
    const since =
      live === null
        ? isLiveUnread(environment)
          ? 'what is live is not known'
          : 'nothing live'
        : `live: ${PLAIN.text(live.version || shortSha(live.sha), 40)} since ${formatInstant(live.since, zoneOf(subject.pipeline, name))}`;
    const codes = [...new Set(environment.reasons.map(({ code }) => code))].join(', ');
    const start = `${stage}\u00A0\u00A0${PLAIN.text(name).padEnd(widest + 2, '\u00A0')}${signAndWord(environment).padEnd(14, '\u00A0')}`;
    page.paragraph(
      `${start}${since}${codes === '' ? '' : ` · ${codes}`}`,
      2,
      environment.state === 'later' ? null : VERDICT_STYLES[verdict],
      widest + 19,
    );
  }
}

function reasons(page: Page, subject: Subject, all: readonly Reason[]): void {
  if (all.length === 0) return;
  page.heading(verdictOf(subject) === 'ask' ? 'What is missing' : 'Why not further');
  for (const reason of all) reasonBlock(page, subject, reason);
}

function reasonBlock(page: Page, subject: Subject, reason: Reason): void {
  page.paragraph(`${reason.code}${reason.environment === null ? '' : ` (${PLAIN.text(reason.environment)})`}`, 2, 'bold');
  page.paragraph(PLAIN.text(reason.because), 4);
  page.labelled('fix', PLAIN.text(reason.fix), 4, 7);
  if (reason.who.length > 0) page.labelled('who', whoCan(reason, PLAIN), 4, 7);
  if (reason.liftsAt !== null) page.labelled('lifts', liftInWords(subject, reason.environment, reason.liftsAt), 4, 7);
}

function entering(page: Page, subject: BriefSubject, target: EnvironmentDecision): void {
  const { name, live } = target;
  const changes = subject.changes.get(name);
  if (changes === undefined || changes.commits.length === 0) return;
  page.heading(`What enters ${PLAIN.text(name)}${live === null ? '' : `, in place of ${liveInWords(live, PLAIN)}`}`);
  const groups = groupByPullRequest(changes.commits);
  const authors = listed(
    authorsOf(changes.commits).map((author) => PLAIN.text(author.name, 60)),
    'and',
    6,
  );
  page.paragraph(`${changes.complete ? '' : 'at least '}${counted(changes.commits.length, 'commit')} by ${authors}`, 2);
  for (const group of groups.slice(0, MOST_CHANGES)) page.paragraph(changeLine(group), 2, null, 9);
  if (groups.length > MOST_CHANGES) page.paragraph(`… and ${groups.length - MOST_CHANGES} more`, 2);
}

function changeLine({ pullRequest, commits }: ChangeGroup): string {
  const [newest] = commits;
  const label = pullRequest === null ? shortSha(newest?.sha ?? '') : `#${pullRequest.number}`;
  const title = pullRequest?.title ?? newest?.title ?? '';
  const author = pullRequest === null ? newest?.author : pullRequest.author;
  const by = author === null || author === undefined ? '' : ` · ${PLAIN.text(author, 60)}`;
  return `${PLAIN.text(label).padEnd(9, '\u00A0')}${PLAIN.text(title, 120)}${by}`;
}

function notes(page: Page, subject: Subject): void {
  const { pipeline, decision } = subject;
  const builtIn = `${WRITE_IT_OUT} ${WRITE_PIPELINE}`;
  const all = [...decision.notes, ...(pipeline.source === 'built-in' ? [builtIn] : [])];
  if (all.length === 0) return;
  page.heading('Notes');
  for (const note of all) page.labelled('-', PLAIN.text(note), 2, 2);
}
