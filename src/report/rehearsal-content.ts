import { bytesInWords, millisecondsInWords, rowsInWords, secondsInWords, shortInterval } from '../rehearsal/amounts.ts';
import type { PhaseFacts, PhaseName, RehearsalEvidence } from '../rehearsal/evidence.ts';
import { figuresOf } from '../rehearsal/figures.ts';
import {
  type Interval,
  LOCK_MODES,
  type LockTrace,
  type Observation,
  type OperationFigures,
  type StatementTrace,
} from '../rehearsal/observed.ts';
import type { RehearsalFigures } from '../rehearsal/prediction.ts';
import type { RehearsalReason } from '../rehearsal/reasons.ts';
import { isoInstant } from './times.ts';
import { counted } from './words.ts';

/**
 * What a rehearsal's reports tell, before it is Markdown or HTML. Every text is plain and from outside; what stands between backticks
 * is code. Whoever shows it makes it harmless.
 */
export interface Grid {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns that hold numbers, by position. */
  readonly numeric: readonly number[];
  /** How many rows were left out. */
  readonly left: number;
}

/** Text between backticks, which it cannot end itself. */
export function code(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll('`', "'")}\``;
}

export const PHASE_WORDS: Readonly<Record<PhaseName, string>> = {
  up: 'Migrate',
  verify: 'Check the data',
  previous: 'Test the live version on it',
  down: 'Go back',
  equal: 'Schema as before',
  'up-again': 'Migrate again',
  rerun: 'Run once more',
  load: 'Migrate beside load',
  interrupted: 'Kill in the middle, run again',
};

/** A cell that has nothing to tell. */
export const NONE = '–';

export function phaseOf(evidence: RehearsalEvidence, name: PhaseName): PhaseFacts | null {
  return evidence.phases.find((phase) => phase.name === name) ?? null;
}

/** One row a step of the cycle. */
export function phaseGrid({ phases, reasons }: RehearsalEvidence): Grid {
  const rows = phases.map((phase) => {
    const { name, outcome, because, seconds, command } = phase;
    const codes = new Set(reasons.filter((reason) => reason.phase === name).map((reason) => reason.code));
    const found = [...codes].map(code).join(', ');
    const skipped = outcome === 'skipped' && because !== null ? because : '';
    return [
      PHASE_WORDS[name],
      outcomeWord(phase),
      outcome === 'skipped' ? '' : secondsInWords(command?.seconds ?? seconds),
      found || skipped,
    ];
  });
  return { head: ['step', 'result', 'time', 'found'], rows, numeric: [2], left: 0 };
}

function outcomeWord({ outcome, command }: PhaseFacts): string {
  if (outcome === 'skipped') return '○ skipped';
  if (outcome === 'done') return '✔ done';
  return command?.ended === 'timeout' ? '✖ not in time' : '✖ failed';
}

/** What to change, once: where it was said before, for which finding. */
export function changes(reasons: readonly RehearsalReason[]): readonly string[] {
  const said = new Map<string, RehearsalReason>();
  return reasons.map((reason) => {
    const before = said.get(reason.fix);
    if (before === undefined) said.set(reason.fix, reason);
    if (before === undefined) return reason.fix;
    return `The same as for ${code(before.code)}${before.statement === null ? '' : ` of statement ${before.statement}`} above.`;
  });
}

/** Statements in their order; with more than `most`, those that matter: what failed, locked, rewrote or took longest. */
export function statementGrid(observation: Observation, most: number, longestText: number): Grid {
  const { statements } = observation;
  const shown = new Set(statements.toSorted((one, other) => weight(other, observation) - weight(one, observation)).slice(0, most));
  const rows = statements
    .filter((statement) => shown.has(statement))
    .map((statement) => [
      String(statement.number),
      `${code(cut(statement.text, longestText))}${statement.error === null ? '' : ` ✖ ${statement.error}`}`,
      secondsInWords(statement.seconds),
      statement.rows === null ? NONE : statement.rows.toLocaleString('en-US'),
      lockInWords(strongestLock(statement, observation)),
      waitOf(statement, observation),
      rewriteOf(statement, observation),
    ]);
  const head = ['#', 'statement', 'time', 'rows', 'strongest lock, held', 'waited', 'rewritten'];
  return { head, rows, numeric: [0, 2, 3], left: statements.length - rows.length };
}

function weight(statement: StatementTrace, observation: Observation): number {
  const lock = strongestLock(statement, observation);
  const locked = lock === null || lock.blocks === 'schema changes' ? 0 : lock.held.atLeast + 1;
  const rewrote = observation.rewrites.some((one) => one.statement === statement.number) ? 1e9 : 0;
  return (statement.error === null ? 0 : 1e12) + rewrote + Math.max(statement.seconds * 1000, locked);
}

/** Text on one line, cut. */
export function cut(text: string, longest: number): string {
  const characters = [...text.replace(/\s+/g, ' ').trim()];
  return characters.length <= longest ? characters.join('') : `${characters.slice(0, longest - 1).join('')}…`;
}

function strongestLock({ number }: StatementTrace, { locks }: Observation): LockTrace | null {
  const own = locks.filter(({ statement }) => statement === number);
  return own.reduce<LockTrace | null>((most, one) => (most === null || strength(one) > strength(most) ? one : most), null);
}

function strength({ mode, held }: LockTrace): number {
  return LOCK_MODES.indexOf(mode) * 1e12 + held.atLeast;
}

/** `AccessExclusive` of `AccessExclusiveLock`. */
export function shortMode(mode: string): string {
  return mode.replace(/Lock$/, '');
}

function lockInWords(lock: LockTrace | null): string {
  return lock === null ? NONE : `${shortMode(lock.mode)} on ${lock.relation}, ${shortInterval(lock.held)}`;
}

function waitOf({ number }: StatementTrace, { waits }: Observation): string {
  const own = waits.filter(({ who, statement }) => who === 'migration' && statement === number).map(({ lasted }) => lasted);
  if (own.length === 0) return NONE;
  return shortInterval(
    own.reduce<Interval>((sum, one) => ({ atLeast: sum.atLeast + one.atLeast, atMost: sum.atMost + one.atMost }), {
      atLeast: 0,
      atMost: 0,
    }),
  );
}

function rewriteOf({ number }: StatementTrace, { rewrites }: Observation): string {
  const own = rewrites.filter(({ statement }) => statement === number);
  return own.length === 0 ? NONE : own.map(({ relation, bytes }) => `${relation}, ${bytesInWords(bytes)}`).join('; ');
}

/** Every lock, strongest and longest first. */
export function lockGrid({ locks }: Observation, most: number): Grid {
  const sorted = locks.toSorted((one, other) => strength(other) - strength(one));
  const rows = sorted
    .slice(0, most)
    .map(({ relation, mode, statement, held, blocks }) => [
      relation,
      shortMode(mode),
      blocks,
      statement === null ? NONE : String(statement),
      shortInterval(held),
    ]);
  return { head: ['relation', 'lock', 'stops', 'statement', 'held'], rows, numeric: [3], left: locks.length - rows.length };
}

/** Who waited for whom, longest first. */
export function waitGrid({ waits }: Observation, most: number): Grid {
  const rows = waits
    .toSorted((one, other) => other.lasted.atMost - one.lasted.atMost)
    .slice(0, most)
    .map(({ who, behind, relation, mode, statement, lasted }) => [
      who,
      behind,
      `${mode === null ? '' : `${shortMode(mode)} on `}${relation ?? NONE}`,
      statement === null ? NONE : String(statement),
      shortInterval(lasted),
    ]);
  return { head: ['who waited', 'for whom', 'for what', 'statement', 'how long'], rows, numeric: [3], left: waits.length - rows.length };
}

/** Reads and writes of the load before and beside the migration. `null`: no load ran. */
export function loadGrid(evidence: RehearsalEvidence): Grid | null {
  const load = phaseOf(evidence, 'load')?.load ?? null;
  if (load === null) return null;
  const row = (what: string, figures: OperationFigures): string[] =>
    figures.count === 0
      ? [what, '0', NONE, NONE, NONE]
      : [what, figures.count.toLocaleString('en-US'), ...[figures.p50, figures.p99, figures.longest].map(millisecondsInWords)];
  const { baseline, during } = load;
  const rows = [
    row('reads, before', baseline.reads),
    row('reads, beside the migration', during.reads),
    row('writes, before', baseline.writes),
    row('writes, beside the migration', during.writes),
  ];
  return { head: ['', 'count', 'p50', 'p99', 'longest'], rows, numeric: [1, 2, 3, 4], left: 0 };
}

/** What else the load tells, a sentence each. */
export function loadSentences(evidence: RehearsalEvidence): readonly string[] {
  const load = phaseOf(evidence, 'load')?.load ?? null;
  if (load === null) return [];
  const errors = load.errors.map(({ code: state, meaning, count }) => `${count.toLocaleString('en-US')} × ${state} (${meaning})`);
  return [
    ...(load.tables.length === 0 ? [] : [`Load on ${cut(load.tables.join(', '), 300)}.`]),
    errors.length === 0 ? 'No statement of the load failed.' : `Failed statements of the load: ${errors.join(', ')}.`,
    ...(load.deadlocks === 0 ? [] : [`The load ran into ${counted(load.deadlocks, 'deadlock')}.`]),
  ];
}

/** Disk and write-ahead log; empty when nothing was observed. */
export function resourceSentences(evidence: RehearsalEvidence): readonly string[] {
  const seen = phaseOf(evidence, 'up')?.observation ?? null;
  if (seen === null) return [];
  const { before, peak, after } = seen.disk;
  const disk = `Disk: ${bytesInWords(before)} before, ${bytesInWords(peak)} at its peak (+${bytesInWords(Math.max(0, peak - before))}), ${bytesInWords(after)} afterwards.`;
  return [disk, ...(seen.wal === null ? [] : [`Write-ahead log: ${bytesInWords(seen.wal)}.`])];
}

/** Where the data came from and what became of it, label and text. */
export function provenance(evidence: RehearsalEvidence): readonly (readonly [label: string, text: string])[] {
  const { server, snapshot, masking, migrations, candidate } = evidence;
  const size = snapshot === null ? '' : `${counted(snapshot.tables, 'table')}, ${bytesInWords(snapshot.bytes)}`;
  return [
    ['Commit', code(candidate.sha.slice(0, 12))],
    ...(candidate.digest === '' ? [] : [['Artifact', code(cut(candidate.digest, 90))] as const]),
    ...(server === null ? [] : [['Server', server.name] as const]),
    ...(snapshot === null
      ? []
      : [
          ['Snapshot', `${code(cut(snapshot.id, 90))}, ${snapshot.format}, ${size}`] as const,
          ['Taken', `${isoInstant(snapshot.takenAt)}, ${ageInWords(evidence.at - snapshot.takenAt)} before this rehearsal`] as const,
        ]),
    ...(masking === null && evidence.impossible !== null ? [] : [['Masking', maskingInWords(masking)] as const]),
    ...(migrations === '' ? [] : [['Migrations', code(cut(migrations, 90))] as const]),
  ];
}

function maskingInWords(masking: RehearsalEvidence['masking']): string {
  if (masking === null) return 'none: the data was used as it came';
  const { columns, rows, scan } = masking;
  const hidden = `${counted(columns.mask, 'column')} masked, ${columns.null} emptied, ${columns.keep} kept, ${rowsInWords(rows)}`;
  return `${hidden}; no leak in ${counted(scan.columns, 'column')} and ${scan.values.toLocaleString('en-US')} values, ${counted(scan.canaries, 'canary', 'canaries')} planted`;
}

function ageInWords(milliseconds: number): string {
  const hours = Math.max(0, milliseconds) / 3_600_000;
  if (hours < 1) return counted(Math.floor(hours * 60), 'minute');
  return hours < 48 ? counted(Math.floor(hours), 'hour') : counted(Math.floor(hours / 24), 'day');
}

const FIGURES: readonly (readonly [key: keyof RehearsalFigures, label: string, show: (value: number) => string])[] = [
  ['seconds', 'migration, alone', secondsInWords],
  ['statements', 'statements', (value) => value.toLocaleString('en-US')],
  ['longestStatement', 'longest statement', secondsInWords],
  ['readStall', 'longest read beside it', millisecondsInWords],
  ['writeStall', 'longest write beside it', millisecondsInWords],
  ['diskPeak', 'disk peak above before', bytesInWords],
  ['wal', 'write-ahead log', bytesInWords],
  ['size', 'size of the database', bytesInWords],
];

/** The last rehearsal beside this one. `null`: there was none. */
export function comparisonGrid(evidence: RehearsalEvidence): Grid | null {
  const last = evidence.prediction?.last ?? null;
  if (last === null) return null;
  const now = figuresOf(evidence);
  const rows = FIGURES.flatMap(([key, label, show]) => {
    const [before, after] = [last.figures[key], now[key]];
    if (before === null && after === null) return [];
    return [[label, before === null ? NONE : show(before), after === null ? NONE : show(after), change(before, after)]];
  });
  return {
    head: ['', `${cut(last.version, 40)}, ${isoInstant(last.at).slice(0, 10)}: ${last.verdict}`, 'now', ''],
    rows,
    numeric: [1, 2],
    left: 0,
  };
}

function change(before: number | null, after: number | null): string {
  if (before === null || after === null) return '';
  if (before === after) return '=';
  const sign = after > before ? '▲' : '▼';
  if (before === 0) return `${sign} from nothing`;
  const ratio = after / before;
  if (ratio >= 2) return `${sign} ${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio).toLocaleString('en-US')} ×`;
  const percent = Math.round(Math.abs(ratio - 1) * 100);
  return percent === 0 ? '≈' : `${sign} ${percent} %`;
}

/** How good the last prediction was, and what follows for this migration. */
export function predictionSentences(evidence: RehearsalEvidence): readonly string[] {
  const production = evidence.prediction?.production ?? null;
  if (production === null) return [];
  const { version, environment, rehearsedSeconds, tookSeconds, factor } = production;
  const error = rehearsedSeconds > 0 ? `, ${Math.round(Math.abs(factor - 1) * 100)} % ${factor >= 1 ? 'more' : 'less'} than rehearsed` : '';
  const last = `The last prediction: ${version} rehearsed ${secondsInWords(rehearsedSeconds)}, took ${secondsInWords(tookSeconds)} in ${environment}: factor ${round(factor)}${error}.`;
  const { seconds } = figuresOf(evidence);
  if (!(seconds > 0) || !Number.isFinite(factor)) return [last];
  return [
    last,
    `By that factor this migration takes ${secondsInWords(seconds * factor)} in ${environment}: ${secondsInWords(seconds)} × ${round(factor)}.`,
  ];
}

function round(factor: number): string {
  return Number(factor.toFixed(2)).toString();
}

/** How the files that say how to rehearse differ between the candidate and what counts, and what of them does not apply; one line each. */
export function deviationLines({ deviations, phases }: RehearsalEvidence, most: number): readonly string[] {
  const tables = phases.flatMap(({ checks }) => checks?.missingTables ?? []);
  const notes = tables.map(
    (table) => `The masking file names ${table}, a table that neither the snapshot nor the migrated schema has; it does not apply.`,
  );
  const all = [...deviations.map((one) => `${one}.`), ...notes].map((line) => cut(line, 300));
  return all.length > most ? [...all.slice(0, most - 1), `… and ${all.length - most + 1} more in the evidence.`] : all;
}

/** What differs and what the checks found, one line each, for the page. */
export function differenceGrid(evidence: RehearsalEvidence): Grid {
  const rows = evidence.phases.flatMap(({ name, differences }) => differences.map((line) => [PHASE_WORDS[name], cut(line, 300)]));
  return { head: ['step', 'difference'], rows, numeric: [], left: 0 };
}

export function checkGrid(evidence: RehearsalEvidence): Grid {
  const rows = evidence.phases.flatMap(({ checks }) =>
    checks === null
      ? []
      : [
          ...checks.invariants.map(({ name, violations, error, lacks }) => [
            'invariant',
            name,
            error !== null ? (lacks ? '– lacks it' : '✖ error') : violations > 0 ? `✖ ${rowsInWords(violations)}` : '✔',
          ]),
          ...checks.lookups.map(({ name, found, expected, error, lacks }) => [
            'look-up',
            name,
            error !== null ? (lacks ? '– lacks it' : '✖ error') : `${found >= expected ? '✔' : '✖'} ${rowsInWords(found)} of ${expected}`,
          ]),
          ...checks.rowChanges.map(({ table, before, after, explained }) => [
            'rows',
            table,
            `${explained ? '✔' : '✖'} ${before?.toLocaleString('en-US') ?? NONE} → ${after?.toLocaleString('en-US') ?? NONE}`,
          ]),
        ],
  );
  return { head: ['check', 'name', 'result'], rows, numeric: [], left: 0 };
}

/** How each copy of the data was made. */
export function copyGrid(evidence: RehearsalEvidence): Grid {
  const rows = evidence.phases.flatMap(({ name, copy }) =>
    copy === null ? [] : [[PHASE_WORDS[name], copy.how, bytesInWords(copy.bytes), secondsInWords(copy.seconds)]],
  );
  return { head: ['step', 'copied by', 'size', 'time'], rows, numeric: [2, 3], left: 0 };
}
