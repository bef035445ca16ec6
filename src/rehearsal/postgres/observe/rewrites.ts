import type { Node } from 'libpg-query';
import type { Relation } from './catalog.ts';
import type { Journal, Statement } from './journal.ts';
import type { Hold } from './ledger.ts';
import type { SqlParser } from './parser.ts';

/** Sub-commands of ALTER TABLE that may write a table anew. */
const REWRITING = [
  'AT_AddColumn',
  'AT_AlterColumnType',
  'AT_SetAccessMethod',
  'AT_SetExpression',
  'AT_SetLogged',
  'AT_SetTableSpace',
  'AT_SetUnLogged',
];
/** Statements that write whole tables anew by what they are. */
const WHOLE = ['CLUSTER', 'VACUUM FULL', 'REFRESH MATERIALIZED VIEW'];
/** Statements that may run any other. */
const ANYTHING = ['DO', 'SELECT', 'WITH', 'CALL', 'EXECUTE'];

/** A relation whose rows lie elsewhere than before, and the statement that alone can have done it. */
export interface FoundRewrite {
  readonly relation: Relation;
  readonly statement: Statement | null;
}

/**
 * Finds the tables that were written anew. A table that was emptied lies elsewhere too, and was not.
 * @param files where tables keep their rows now, by OID
 */
export function findRewrites(
  journal: Journal,
  parser: SqlParser,
  relations: ReadonlyMap<number, Relation>,
  files: ReadonlyMap<number, number>,
): readonly FoundRewrite[] {
  const done = journal.statements.filter(({ run, error, transaction }) => run && error === null && transaction.how === 'commit');
  return [...relations.values()].flatMap((relation) => {
    const file = files.get(relation.oid);
    if (file === undefined || file === relation.file) return [];
    const able = done.filter((statement) => mayRewrite(statement, relation, relations, parser));
    const emptied = done.some((statement) => statement.kind === 'TRUNCATE' && lockedBefore(statement, relation));
    if (able.length === 0 && emptied) return [];
    return [{ relation, statement: theOnly(able) ?? theOnly(able.filter((one) => madeTables(one, relations))) }];
  });
}

function theOnly(statements: readonly Statement[]): Statement | null {
  return statements.length === 1 ? (statements[0] ?? null) : null;
}

function mayRewrite(statement: Statement, relation: Relation, relations: ReadonlyMap<number, Relation>, parser: SqlParser): boolean {
  const { kind } = statement;
  if (kind === 'ALTER TABLE' || kind === 'ALTER MATERIALIZED VIEW') {
    const altered = alteration(statement, parser);
    if (altered === null) return locked(statement, relation);
    const named = altered.table === relation.table && (altered.schema === null || altered.schema === relation.schema);
    return altered.rewriting && (named || locked(statement, relation));
  }
  if (kind === 'VACUUM FULL')
    return statement.text.toLowerCase().includes(relation.table.toLowerCase()) || !/\w\s*;?\s*$/.test(withoutWords(statement.text));
  if (WHOLE.includes(kind)) return statement.text.includes(relation.table) || locked(statement, relation);
  return (
    ANYTHING.includes(kind) && (locked(statement, relation) || (lockedBefore(statement, relation) && madeTables(statement, relations)))
  );
}

/** `VACUUM FULL` alone takes all tables. */
function withoutWords(text: string): string {
  return text.replaceAll(/\b(?:vacuum|full|freeze|verbose|analyze)\b|\([^)]*\)/gi, '');
}

/** Whether the statement itself locked the table so that it could write it anew. */
function locked(statement: Statement, relation: Relation): boolean {
  return lockedBefore(statement, relation, (hold) => hold.statement === statement);
}

function lockedBefore({ transaction }: Statement, { oid }: Relation, by: (hold: Hold) => boolean = () => true): boolean {
  return transaction.locks.holds.some((hold) => hold.relation === oid && hold.mode === 'AccessExclusiveLock' && by(hold));
}

/** A table is written anew into one that is new, and that is locked while it is. */
function madeTables(statement: Statement, relations: ReadonlyMap<number, Relation>): boolean {
  return statement.transaction.locks.holds.some(
    (hold) => hold.statement === statement && hold.mode === 'AccessExclusiveLock' && !relations.has(hold.relation),
  );
}

interface Alteration {
  readonly schema: string | null;
  readonly table: string;
  readonly rewriting: boolean;
}

function alteration({ text }: Statement, parser: SqlParser): Alteration | null {
  let statement: Node | undefined;
  try {
    statement = parser.parse(text).stmts?.[0]?.stmt;
  } catch {
    return null;
  }
  if (statement === undefined || !('AlterTableStmt' in statement)) return { schema: null, table: '', rewriting: false };
  const { relation, cmds = [] } = statement.AlterTableStmt;
  const rewriting = cmds.some((command) => 'AlterTableCmd' in command && REWRITING.includes(command.AlterTableCmd.subtype ?? ''));
  return { schema: relation?.schemaname ?? null, table: relation?.relname ?? '', rewriting };
}
