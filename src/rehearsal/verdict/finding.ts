import type { PhaseName, RehearsalFacts } from '../evidence.ts';
import type { ConsequenceName, Limits } from '../limits.ts';
import type { StatementTrace } from '../observed.ts';
import { REHEARSAL_REASONS, type RehearsalReason, type RehearsalReasonCode } from '../reasons.ts';

/** A family of findings: looks at the facts and tells what it finds, in any order. */
export type Family = (facts: RehearsalFacts, limits: Limits) => readonly RehearsalReason[];

/** What a finding says beside its code; what is left out comes from the registry, or is not known. */
export interface Details {
  readonly phase: PhaseName;
  readonly because: string;
  readonly fix?: string | null;
  readonly statement?: number | null;
  readonly measured?: number | null;
  readonly consequence?: 'fail' | 'warn';
}

export function finding(code: RehearsalReasonCode, details: Details): RehearsalReason {
  const { consequence, fix } = REHEARSAL_REASONS[code];
  return {
    code,
    consequence: details.consequence ?? consequence,
    phase: details.phase,
    because: details.because,
    fix: details.fix ?? fix,
    statement: details.statement ?? null,
    measured: details.measured ?? null,
  };
}

/** A finding whose consequence the pipeline file may choose: none where it says that it is to be ignored. */
export function chosen(limits: Limits, name: ConsequenceName, code: RehearsalReasonCode, details: Details): RehearsalReason[] {
  const consequence = limits.consequences[name];
  if (consequence === 'ignore') return [];
  return [finding(code, consequence === null ? details : { ...details, consequence })];
}

/** The migration itself came through: what a later phase finds or misses is not merely a consequence of its failure. */
export function cameThrough({ phases }: RehearsalFacts): boolean {
  return phases.some(({ name, outcome }) => name === 'up' && outcome === 'done');
}

/** Longest part of a statement inside a sentence. */
const LONGEST_QUOTE = 120;

/** `Statement 3, ALTER TABLE orders …,`: enough to find it in the table of statements. */
export function nameOf(statement: Pick<StatementTrace, 'number' | 'text'>): string {
  return `statement ${statement.number}, \`${shortened(statement.text)}\``;
}

/** A statement on one line, cut, without its semicolon and without what would end a code span. */
export function shortened(text: string, longest: number = LONGEST_QUOTE): string {
  const line = oneLine(text);
  const characters = [...line];
  return characters.length <= longest ? line : `${characters.slice(0, longest - 1).join('')}…`;
}

export function oneLine(text: string): string {
  return text.replaceAll('`', "'").replace(/\s+/g, ' ').trim().replace(/;$/, '').trim();
}

export function capitalized(sentence: string): string {
  return `${sentence.slice(0, 1).toUpperCase()}${sentence.slice(1)}`;
}
