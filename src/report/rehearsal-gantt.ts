import type { PhaseFacts, RehearsalEvidence } from '../rehearsal/evidence.ts';
import type { LoadReport, Observation } from '../rehearsal/observed.ts';
import { cut, phaseOf, shortMode } from './rehearsal-content.ts';

/** A picture with more bars than this is read by nobody in a summary. */
const MOST_STATEMENTS = 12;
const MOST_LOCKS = 10;
const MOST_STALLS = 8;

interface Bar {
  readonly label: string;
  /** Mermaid's tag: `crit` is red, `active` and `done` are shades. */
  readonly tag: 'crit' | 'active' | 'done' | '';
  readonly from: number;
  readonly to: number;
}

/**
 * The migration as a Mermaid Gantt chart: statements, the locks that stop somebody, and the stalls that readers and writers felt. Beside load
 * where it was rehearsed so, otherwise alone. `null` when nothing was observed.
 */
export function rehearsalGantt(evidence: RehearsalEvidence): string | null {
  const beside = phaseOf(evidence, 'load');
  const phase = beside?.observation != null && beside.observation.statements.length > 0 ? beside : phaseOf(evidence, 'up');
  const observation = phase?.observation ?? null;
  if (phase === null || observation === null || observation.statements.length === 0) return null;
  const sections = [
    ['Statements', statementBars(observation)],
    ['Locks', lockBars(observation)],
    ['Stalls', stallBars(phase, observation)],
  ] as const;
  const bars = sections.flatMap(([, members]) => members);
  const origin = Math.min(...bars.map(({ from }) => from));
  const end = Math.max(...bars.map(({ to }) => to));
  const inSeconds = end - origin > 4000;
  return [
    'gantt',
    `  title ${phase.name === 'load' ? 'The migration beside load' : 'The migration alone'}`,
    '  dateFormat x',
    `  axisFormat ${inSeconds ? '%s s' : '%Q ms'}`,
    `  tickInterval ${tickInterval(end - origin, inSeconds)}`,
    ...sections.flatMap(([title, members]) =>
      members.length === 0 ? [] : [`  section ${title}`, ...members.map((bar) => barLine(bar, origin))],
    ),
  ].join('\n');
}

/** Six figures or so on the axis, at round times. */
function tickInterval(span: number, inSeconds: boolean): string {
  const step = roundStep(span / 6);
  return inSeconds ? `${Math.max(1, Math.round(step / 1000))}second` : `${Math.max(1, Math.round(step))}millisecond`;
}

/** The next larger of 1, 2 and 5 times a power of ten; milliseconds. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 0.001)));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10);
}

function barLine({ label: text, tag, from, to }: Bar, origin: number): string {
  const start = Math.round(from - origin);
  const end = Math.max(start + 1, Math.round(to - origin));
  return `  ${label(text)} :${tag === '' ? '' : `${tag}, `}${start}, ${end}`;
}

function statementBars({ statements }: Observation): Bar[] {
  const longest = new Set(statements.toSorted((one, other) => other.seconds - one.seconds).slice(0, MOST_STATEMENTS));
  return statements
    .filter((one) => longest.has(one))
    .map(({ number, text, began, seconds, error }) => {
      return { label: `${number} ${text}`, tag: error === null ? '' : 'crit', from: began, to: began + seconds * 1000 };
    });
}

function lockBars({ locks }: Observation): Bar[] {
  return locks
    .filter(({ blocks }) => blocks !== 'schema changes')
    .toSorted((one, other) => other.held.atLeast - one.held.atLeast)
    .slice(0, MOST_LOCKS)
    .toSorted((one, other) => one.from - other.from)
    .map(({ relation, mode, blocks, from, held }) => {
      const tag = blocks === 'reads and writes' ? 'crit' : 'active';
      return { label: `${relation} ${shortMode(mode)}`, tag, from, to: from + held.atLeast } as const;
    });
}

function stallBars({ load }: PhaseFacts, observation: Observation): Bar[] {
  if (load === null) return [];
  return longestStalls(load)
    .map(({ kind, relation, from, lasted }) => ({ label: `${kind} of ${relation}`, ...alignedStall(load, observation, from, lasted) }))
    .map((bar) => ({ ...bar, tag: 'done' }) as const);
}

function longestStalls({ stalls }: LoadReport): LoadReport['stalls'] {
  return stalls
    .toSorted((one, other) => other.lasted - one.lasted)
    .slice(0, MOST_STALLS)
    .toSorted((one, other) => one.from - other.from);
}

/** The load counts from its own beginning. */
export function alignedStall(
  load: LoadReport,
  observation: Observation,
  from: number,
  lasted: number,
): { readonly from: number; readonly to: number } {
  const start = load.begunAt + from - observation.begunAt;
  return { from: start, to: start + lasted };
}

/** A task's name ends at its colon; whatever else means something to Mermaid goes as well. */
function label(text: string): string {
  const plain = cut(text.replaceAll(/\$\d+/g, '?'), 40)
    .replace(/[^\p{L}\p{M}\p{N} ._()=<>+*/?…-]/gu, ' ')
    .replace(/[<>]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain === '' ? 'statement' : plain;
}
