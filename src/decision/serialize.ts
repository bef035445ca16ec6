import type { Decision, Reason } from './decision.ts';
import type { ReasonCode } from './reasons.ts';

/**
 * How a decision was shortened to fit, each step on top of the one before it. `none` · `texts`: long texts are cut, and end in `…` · `codes`: reasons are
 * codes with their instants, without words; notes are gone · `table`: environments are rows of name, stage, state, verdict, codes and instant; what is live
 * and approvals are gone. A verdict, a code or an environment is never left out.
 */
export const SHORTENINGS = ['none', 'texts', 'codes', 'table'] as const;
export type Shortening = (typeof SHORTENINGS)[number];

/** A workflow's job may give out one megabyte in all; this leaves room for everything else in it. Bytes. */
export const MOST_BYTES = 60_000;
const MOST_LETTERS = 160;
const MOST_NAMES = 8;

/**
 * A decision as JSON that says in `shortened` what it leaves out. It stays below `limit` bytes; only where names and codes alone need more, it is as short as it
 * can be without leaving one out.
 */
export function serializeDecision(decision: Decision, limit: number = MOST_BYTES): string {
  let text = '';
  for (const shortened of SHORTENINGS) {
    text = JSON.stringify(SHORTEN[shortened](decision));
    if (new TextEncoder().encode(text).length <= limit) break;
  }
  return text;
}

const SHORTEN: Readonly<Record<Shortening, (decision: Decision) => object>> = {
  none: (decision) => ({ ...decision, shortened: 'none' }),
  texts: (decision) => ({ ...mapReasons(decision, withCutTexts), notes: decision.notes.map(cut), shortened: 'texts' }),
  codes: (decision) => ({ ...mapReasons(decision, withoutWords), notes: [], shortened: 'codes' }),
  table: toTable,
};

function mapReasons(decision: Decision, change: (reason: Reason) => Reason): Decision {
  const environments = decision.environments.map((environment) => ({ ...environment, reasons: environment.reasons.map(change) }));
  return { ...decision, reasons: decision.reasons.map(change), environments };
}

function withCutTexts(reason: Reason): Reason {
  return { ...reason, because: cut(reason.because), fix: cut(reason.fix), who: reason.who.slice(0, MOST_NAMES) };
}

function withoutWords(reason: Reason): Reason {
  return { ...reason, because: '', fix: '', who: [] };
}

function cut(text: string): string {
  return text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS - 1).toWellFormed()}…`;
}

function toTable(decision: Decision): object {
  const codes = [...new Set([...decision.reasons, ...decision.environments.flatMap((environment) => environment.reasons)].map(codeOf))];
  const numbered = (reasons: readonly Reason[]) => reasons.map((reason) => codes.indexOf(reason.code));
  const rows = decision.environments.map((one) => [one.name, one.stage, one.state, one.verdict, numbered(one.reasons), one.liftsAt]);
  return { ...decision, notes: [], shortened: 'table', codes, reasons: numbered(decision.reasons), environments: rows };
}

function codeOf(reason: Reason): ReasonCode {
  return reason.code;
}
