import type { RehearsalEvidence, Verdict } from '../rehearsal/evidence.ts';
import type { RehearsalReason } from '../rehearsal/reasons.ts';
import { codeSpan, details, escapeMarkdown, link, table } from './markdown.ts';
import { MARKDOWN, type Markup, PLAIN } from './markup.ts';
import {
  changes,
  comparisonGrid,
  deviationLines,
  type Grid,
  loadGrid,
  loadSentences,
  PHASE_WORDS,
  phaseGrid,
  phaseOf,
  predictionSentences,
  provenance,
  resourceSentences,
  statementGrid,
} from './rehearsal-content.ts';
import { rehearsalGantt } from './rehearsal-gantt.ts';
import { counted } from './words.ts';

/** More than this is read in the full report. */
const MOST_STATEMENTS = 20;
const MOST_FINDINGS = 30;
const MOST_DEVIATIONS = 50;
const MOST_FINDINGS_IN_LOG = 12;
const LONGEST_STATEMENT = 110;

export const VERDICT_SIGNS: Readonly<Record<Verdict, string>> = { pass: '✅', warn: '⚠️', fail: '❌', none: '⚠️' };

/** The answer in one sentence. */
export function rehearsalSentence({ candidate, environment, verdict, reasons }: RehearsalEvidence, markup: Markup): string {
  const what = markup.strong(candidate.version);
  const where = markup.strong(environment);
  if (verdict === 'none') return `The migration of ${what} could not be rehearsed for ${where}, and nothing is recorded.`;
  const failures = reasons.filter(({ consequence }) => consequence === 'fail').length;
  const warnings = reasons.length - failures;
  if (verdict === 'fail') return `The migration of ${what} failed its rehearsal for ${where}: ${counted(failures, 'finding')}.`;
  return `The migration of ${what} passed its rehearsal for ${where}${warnings > 0 ? `, with ${counted(warnings, 'warning')}` : ''}.`;
}

/** For a log, an annotation and the output `explanation`. */
export function rehearsalText(evidence: RehearsalEvidence): string {
  const { impossible, reasons } = evidence;
  const fixes = changes(reasons);
  const blocks = reasons.slice(0, MOST_FINDINGS_IN_LOG).map(({ code, phase, because, consequence }, position) => {
    return `${consequence === 'fail' ? '✖' : '!'} ${code} (${PHASE_WORDS[phase].toLowerCase()}): ${PLAIN.text(because)}\n  Fix: ${PLAIN.text(fixes[position] ?? '', 1200)}`;
  });
  const left = reasons.length - blocks.length;
  const lines = [
    rehearsalSentence(evidence, PLAIN),
    ...(impossible === null ? [] : indentedLines(impossible.message, PLAIN.text)),
    ...blocks,
    ...(left > 0 ? [`and ${left} more`] : []),
    ...predictionSentences(evidence).map((sentence) => PLAIN.text(sentence)),
  ];
  return lines.filter((line) => line.trim() !== '').join('\n');
}

/** Lines that may be there to be copied: what they are indented by stays. */
function indentedLines(message: string, text: (line: string) => string): string[] {
  return message.split('\n').map((line) => `${/^ {0,40}/.exec(line)?.[0] ?? ''}${text(line)}`);
}

/**
 * For the job summary.
 * @param record where the verdict is kept; `null` when nothing was recorded
 */
export function rehearsalBrief(evidence: RehearsalEvidence, record: { readonly id: number; readonly url: string } | null): string {
  const parts = [
    `### ${VERDICT_SIGNS[evidence.verdict]} ${rehearsalSentence(evidence, MARKDOWN)}`,
    impossiblePart(evidence),
    findings(evidence.reasons),
    identity(evidence, record),
    deviations(evidence),
    ...measurements(evidence),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Without a verdict there may still be a part of the cycle to show. */
function measurements(evidence: RehearsalEvidence): string[] {
  const up = phaseOf(evidence, 'up')?.observation ?? null;
  const gantt = rehearsalGantt(evidence);
  const statements = up === null || up.statements.length === 0 ? '' : grid(statementGrid(up, MOST_STATEMENTS, LONGEST_STATEMENT));
  const load = loadGrid(evidence);
  const comparison = comparisonGrid(evidence);
  return [
    section('The cycle', grid(phaseGrid(evidence))),
    section('Timeline', gantt === null ? '' : `\`\`\`mermaid\n${gantt}\n\`\`\``),
    section('Statements, alone', statements),
    section('Readers and writers', load === null ? '' : `${grid(load)}\n\n${loadSentences(evidence).map(inline).join('  \n')}`),
    section('Disk', resourceSentences(evidence).map(inline).join('  \n')),
    section('Compared with the last rehearsal', comparison === null ? '' : grid(comparison)),
    section('Production', predictionSentences(evidence).map(inline).join('  \n')),
  ];
}

function section(title: string, body: string): string {
  return body === '' ? '' : `#### ${title}\n\n${body}`;
}

function impossiblePart({ impossible }: RehearsalEvidence): string {
  if (impossible === null) return '';
  const [first = '', ...others] = impossible.message.split('\n');
  const rest =
    others.join('\n').trim() === '' ? [] : indentedLines(others.join('\n').replace(/^\s*\n|\s+$/g, ''), (line) => MARKUP_FREE.text(line));
  const sentence = `${codeSpan(impossible.code)} ${escapeMarkdown(first)}`;
  if (rest.length === 0) return sentence;
  const longest = Math.max(2, ...rest.map((line) => Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length))));
  const fence = '`'.repeat(longest + 1);
  return `${sentence}\n\n${fence}text\n${rest.join('\n')}\n${fence}`;
}

/** Inside a fence nothing has a meaning. */
const MARKUP_FREE: Pick<Markup, 'text'> = PLAIN;

function findings(reasons: readonly RehearsalReason[]): string {
  const fixes = changes(reasons);
  const items = reasons.slice(0, MOST_FINDINGS).map(({ code, consequence, phase, because }, position) => {
    const sign = consequence === 'fail' ? '❌' : '⚠️';
    return `- ${sign} ${codeSpan(code)} · ${PHASE_WORDS[phase].toLowerCase()}  \n  ${inline(because)}  \n  **Change:** ${inline(fixes[position] ?? '')}`;
  });
  const left = reasons.length - items.length;
  return [...items, ...(left > 0 ? [`- … and ${left} more in the full report`] : [])].join('\n');
}

function identity(evidence: RehearsalEvidence, record: { readonly id: number; readonly url: string } | null): string {
  const lines = provenance(evidence).map(([label, text]) => `${label}: ${inline(text)}`);
  if (record !== null) lines.push(`Record: ${link(String(record.id), record.url)}`);
  return lines.length > 4 ? details('Where the data came from, and what was rehearsed', lines.join('  \n')) : lines.join('  \n');
}

/** Reviewers see what the candidate's own files would have made of the rehearsal. */
function deviations(evidence: RehearsalEvidence): string {
  const lines = deviationLines(evidence, MOST_DEVIATIONS);
  if (lines.length === 0) return '';
  return details(
    "Where the candidate's masking, checks and load differ from what counts",
    lines.map((line) => `- ${inline(line)}`).join('\n'),
  );
}

function grid({ head, rows, left }: Grid): string {
  const shown = table(
    head.map((cell) => inline(cell)),
    rows.map((cells) => cells.map((cell) => inline(cell))),
  );
  return left > 0 ? `${shown}\n\n… and ${left} more in the full report.` : shown;
}

/** Plain text with code between backticks, as Markdown. */
function inline(text: string): string {
  return text
    .split('`')
    .map((piece, position) => (position % 2 === 1 ? codeSpan(piece, 1200) : spaced(piece)))
    .join('');
}

/** Escapes a piece of a line; what separates it from its neighbours stays. */
function spaced(piece: string): string {
  if (piece.trim() === '') return piece === '' ? '' : ' ';
  return `${/^\s/.test(piece) ? ' ' : ''}${escapeMarkdown(piece, 1200)}${/\s$/.test(piece) ? ' ' : ''}`;
}
