import { isBookkeeping } from '../../bookkeeping.ts';
import type { KnownNames } from '../../known-names.ts';
import {
  LOCK_MODES,
  type LockTrace,
  type Observation,
  type StatementTrace,
  type TransactionTrace,
  type WaitTrace,
} from '../../observed.ts';
import type { Relation } from './catalog.ts';
import type { Journal, Statement, Transaction } from './journal.ts';
import type { Hold } from './ledger.ts';
import { lockTimeouts } from './lock-timeouts.ts';
import type { SqlParser } from './parser.ts';
import { redact } from './redaction.ts';
import type { FoundRewrite } from './rewrites.ts';
import type { Wait } from './waits.ts';

/** What was seen, before it is told. */
export interface Seen {
  readonly journal: Journal;
  readonly parser: SqlParser;
  /** Takes up the names that the statements spell. */
  readonly names: KnownNames;
  /** As they were when observation began, by OID. */
  readonly relations: ReadonlyMap<number, Relation>;
  readonly waits: readonly Wait[];
  readonly rewrites: readonly FoundRewrite[];
  readonly disk: Observation['disk'];
  readonly wal: number | null;
  /** `lock_timeout` of a new connection, milliseconds. */
  readonly lockTimeout: number;
}

const BLOCKS: Readonly<Record<string, LockTrace['blocks']>> = {
  ShareUpdateExclusiveLock: 'schema changes',
  ShareLock: 'writes',
  ShareRowExclusiveLock: 'writes',
  ExclusiveLock: 'writes',
  AccessExclusiveLock: 'reads and writes',
};
const TABLES = ['r', 'p'];
/** More waits than these say nothing more. */
const MOST_WAITS = 1000;

/** Tells what was seen: without literals, with names and numbers. */
export function assemble(seen: Seen): Observation {
  const { journal, relations } = seen;
  const statements = journal.statements.filter(isTold);
  const numbers = new Map(statements.map((statement, index) => [statement, index + 1]));
  const transactions = journal.transactions.filter((transaction) => transaction.statements.some(isTold));
  const holds = transactions.flatMap(({ locks }) => locks.holds);
  const numberOf = (statement: Statement | null): number | null => (statement === null ? null : (numbers.get(statement) ?? null));
  return {
    begunAt: journal.begunAt,
    lasted: journal.now(),
    statements: statementTraces(seen, statements, new Map(transactions.map((transaction, index) => [transaction, index + 1]))),
    transactions: transactions.map(transactionTrace),
    locks: transactions.flatMap((transaction) => lockTraces(transaction, relations, numberOf)).sort((one, other) => one.from - other.from),
    waits: longest(seen).map((wait) => waitTrace(wait, relations, numberOf)),
    rewrites: seen.rewrites.map(({ relation, statement }) => ({
      relation: relation.name,
      root: relations.get(relation.root)?.name ?? null,
      bytes: relation.bytes,
      statement: numberOf(statement),
    })),
    touched: touched(holds, relations),
    writers: writers(holds, relations, numberOf),
    disk: seen.disk,
    wal: seen.wal,
    blind: [...journal.blind],
  };
}

/** Drivers ask with an empty statement whether the server is there. */
const EMPTY = /^(?:[\s;]|--[^\n]*(?:\n|$))*$/;

function isTold({ run, text }: Statement): boolean {
  return run && !EMPTY.test(text);
}

function statementTraces(
  seen: Seen,
  statements: readonly Statement[],
  transactions: ReadonlyMap<Transaction, number>,
): readonly StatementTrace[] {
  const { journal, parser, names, lockTimeout } = seen;
  const timeouts = lockTimeouts(journal, parser, lockTimeout);
  const texts = new Map<string, string>();
  return statements.map((statement, index) => {
    const key = `${statement.plain}${statement.text}`;
    const known = texts.get(key);
    const text = known ?? redact(parser, statement.text, statement.plain);
    if (known === undefined) {
      texts.set(key, text);
      // Where a backslash ends no string, it cannot be told what is one.
      names.spellSql(statement.plain ? statement.text : text);
    }
    return {
      number: index + 1,
      text,
      kind: statement.kind,
      connection: statement.connection,
      transaction: transactions.get(statement.transaction) ?? 0,
      began: statement.began,
      seconds: statement.seconds,
      lockTimeout: timeouts.get(statement) ?? null,
      error: statement.error,
      rows: statement.rows,
    };
  });
}

function transactionTrace({ began, ended, block, how }: Transaction, index: number): TransactionTrace {
  return { number: index + 1, began, seconds: ((ended ?? began) - began) / 1000, block, ended: how };
}

function lockTraces(
  { locks }: Transaction,
  relations: ReadonlyMap<number, Relation>,
  numberOf: (statement: Statement | null) => number | null,
): readonly LockTrace[] {
  const told = locks.holds.filter((hold) => BLOCKS[hold.mode] !== undefined && relations.has(hold.relation));
  return told
    .filter((hold) => !told.some((other) => covers(other, hold, relations)))
    .map((hold) => ({
      relation: relations.get(hold.relation)?.name ?? '',
      table: tableOf(hold.relation, relations)?.name ?? '',
      mode: hold.mode,
      statement: numberOf(hold.statement),
      from: hold.takenBy,
      held: { atLeast: Math.max(0, hold.heldUntil - hold.takenBy), atMost: Math.max(0, (hold.goneBy ?? hold.heldUntil) - hold.takenAfter) },
      blocks: BLOCKS[hold.mode] ?? 'schema changes',
    }));
}

/** Of an index its table, of everything else itself. */
function tableOf(oid: number, relations: ReadonlyMap<number, Relation>): Relation | undefined {
  const relation = relations.get(oid);
  return relation === undefined || relation.of === 0 ? relation : (relations.get(relation.of) ?? relation);
}

/** Whether a lock says all that another says: a stronger one on the same relation, or one on its table, by the same statement. */
function covers(one: Hold, other: Hold, relations: ReadonlyMap<number, Relation>): boolean {
  if (one === other || one.statement !== other.statement || one.takenBy > other.takenBy) return false;
  const [strength, least] = [LOCK_MODES.indexOf(one.mode), LOCK_MODES.indexOf(other.mode)];
  if (one.relation === other.relation) return strength > least;
  return relations.get(other.relation)?.of === one.relation && strength >= least;
}

function longest({ waits, journal }: Seen): readonly Wait[] {
  if (waits.length <= MOST_WAITS) return waits;
  journal.blind.add(`There were ${waits.length} waits; the ${MOST_WAITS} longest are told.`);
  const kept = new Set([...waits].sort((one, other) => other.lasted.atMost - one.lasted.atMost).slice(0, MOST_WAITS));
  return waits.filter((wait) => kept.has(wait));
}

function waitTrace(
  { who, behind, statement, relation, mode, from, lasted }: Wait,
  relations: ReadonlyMap<number, Relation>,
  numberOf: (statement: Statement | null) => number | null,
): WaitTrace {
  const name = relation === null ? null : (relations.get(relation)?.name ?? null);
  return { who, statement: numberOf(statement), relation: name, mode, from, lasted, behind };
}

/** What only writing or altering needs. */
function isStrong({ mode }: Hold): boolean {
  return LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf('RowExclusiveLock');
}

function touched(holds: readonly Hold[], relations: ReadonlyMap<number, Relation>): readonly string[] {
  const tables = holds
    .filter(isStrong)
    .map(({ relation }) => relations.get(relation))
    .filter((relation) => relation !== undefined && TABLES.includes(relation.kind));
  return [...new Set(tables.map((relation) => relation?.name ?? ''))].sort();
}

function writers(
  holds: readonly Hold[],
  relations: ReadonlyMap<number, Relation>,
  numberOf: (statement: Statement | null) => number | null,
): readonly number[] {
  const strong = holds.filter((hold) => {
    const table = tableOf(hold.relation, relations);
    return isStrong(hold) && table !== undefined && !isBookkeeping(table.name);
  });
  return [...new Set(strong.flatMap(({ statement }) => numberOf(statement) ?? []))].sort((one, other) => one - other);
}
