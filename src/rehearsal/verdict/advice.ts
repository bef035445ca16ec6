import { oneLine } from './finding.ts';

/**
 * What to write instead of a statement that locks, rewrites or takes long, made from the statement itself. The texts are PostgreSQL's;
 * a statement of any other make finds no entry, and the general advice of the finding's code stands.
 */

/** An identifier, qualified or not, quoted or not. */
const NAME = String.raw`(?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))*`;
const IF_EXISTS = String.raw`(?:IF\s+(?:NOT\s+)?EXISTS\s+)?`;
const ALTER = String.raw`^ALTER\s+TABLE\s+${IF_EXISTS}(?:ONLY\s+)?(?<table>${NAME})\s`;

interface Advice {
  readonly when: RegExp;
  readonly say: (statement: string, part: (name: string) => string) => string | null;
}

const advice = (when: string, say: Advice['say']): Advice => ({ when: new RegExp(when, 'is'), say });

/** Text as code, so that it can be copied from the report. */
const sql = (...lines: readonly string[]): string => lines.map((line) => `\`${line}\``).join(', then ');

/** A name that can stand as a part of another, without quotes. */
const bare = (name: string): string => (name.replaceAll('"', '').split('.').at(-1) ?? name).replaceAll(/[^\p{L}\p{N}_$]+/gu, '_');

/** A type whose length or precision is not known, because statements come without literals: `varchar(?)` would be no SQL. */
const toFillIn = (type: string): string => type.replaceAll(/\([\s,?]*\)/g, '(…)');

const ADVICE: readonly Advice[] = [
  advice(String.raw`^CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY\b)`, (statement) => {
    const concurrent = statement.replace(/^(CREATE\s+(?:UNIQUE\s+)?INDEX)\s+/i, '$1 CONCURRENTLY ');
    return `Use ${sql(`${concurrent};`)}, outside of a transaction block: it lets writers in.`;
  }),
  advice(String.raw`^DROP\s+INDEX\s+(?!CONCURRENTLY\b)`, (statement) => {
    return `Use ${sql(`${statement.replace(/^(DROP\s+INDEX)\s+/i, '$1 CONCURRENTLY ')};`)}, outside of a transaction block.`;
  }),
  advice(String.raw`^REINDEX\s+(?!.*\bCONCURRENTLY\b)`, (statement) => {
    const concurrent = statement.replace(/^(REINDEX\s+(?:\([^)]*\)\s*)?(?:INDEX|TABLE|SCHEMA|DATABASE))\s+/i, '$1 CONCURRENTLY ');
    return `Use ${sql(`${concurrent};`)}, outside of a transaction block.`;
  }),
  advice(String.raw`^REFRESH\s+MATERIALIZED\s+VIEW\s+(?!CONCURRENTLY\b)(?<view>${NAME})`, (_, part) => {
    return `Use ${sql(`REFRESH MATERIALIZED VIEW CONCURRENTLY ${part('view')};`)}; it needs a unique index on the view.`;
  }),
  advice(String.raw`^(?:VACUUM\s+(?:\([^)]*\bFULL\b[^)]*\)|FULL\b)|CLUSTER\b)`, () => {
    return 'Take it out of the migration: it locks everybody out until the whole table is written anew. `pg_repack` does the same beside readers and writers.';
  }),
  advice(String.raw`${ALTER}.*\bADD\s+(?:CONSTRAINT\s+(?<name>${NAME})\s+)?(?:FOREIGN\s+KEY|CHECK)\b(?!.*\bNOT\s+VALID\b)`, notValid),
  advice(
    String.raw`${ALTER}\s*ADD\s+(?:COLUMN\s+)?${IF_EXISTS}(?<column>${NAME})\s(?!.*\bGENERATED\b.*\bSTORED\b).*\bREFERENCES\b`,
    (_, part) => {
      const name = `${bare(part('table'))}_${bare(part('column'))}_fkey`;
      return `Add the column without ${sql('REFERENCES')}, then the foreign key as ${sql(`ALTER TABLE ${part('table')} ADD CONSTRAINT ${name} FOREIGN KEY (${part('column')}) REFERENCES … NOT VALID;`, `ALTER TABLE ${part('table')} VALIDATE CONSTRAINT ${name};`)} in a transaction of its own.`;
    },
  ),
  advice(
    String.raw`${ALTER}.*\bADD\s+(?:CONSTRAINT\s+(?<name>${NAME})\s+)?(?<what>UNIQUE|PRIMARY\s+KEY)\s*(?:NULLS\s+(?:NOT\s+)?DISTINCT\s*)?\((?<columns>[^)]*)\)`,
    usingIndex,
  ),
  advice(String.raw`${ALTER}.*\bALTER\s+(?:COLUMN\s+)?(?<column>${NAME})\s+SET\s+NOT\s+NULL\b`, (_, part) => {
    const [table, column] = [part('table'), part('column')];
    const name = `${bare(table)}_${bare(column)}_not_null`;
    return `Prove it first, without a long lock: ${sql(
      `ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${column} IS NOT NULL) NOT VALID;`,
      `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name};`,
      `ALTER TABLE ${table} ALTER COLUMN ${column} SET NOT NULL;`,
      `ALTER TABLE ${table} DROP CONSTRAINT ${name};`,
    )}, each in a transaction of its own.`;
  }),
  advice(
    String.raw`${ALTER}.*\bALTER\s+(?:COLUMN\s+)?(?<column>${NAME})\s+(?:SET\s+DATA\s+)?TYPE\s+(?<type>(?:\([^)]*\)|[^,;(])+)`,
    (_, part) => {
      const [table, column] = [part('table'), part('column')];
      const type = toFillIn(part('type').replace(/\s+USING\b.*$/i, ''));
      return `Do not change the type in place: ${sql(`ALTER TABLE ${table} ADD COLUMN ${bare(column)}_new ${type};`)}, let the application write both, fill it in batches, and switch over in a later release.`;
    },
  ),
  advice(String.raw`${ALTER}\s*ADD\s+(?:COLUMN\s+)?${IF_EXISTS}(?<column>${NAME})\s.*\bGENERATED\b.*\bSTORED\b`, (_, part) => {
    return `A stored generated column writes the whole table: add ${part('column')} as an ordinary column, fill it in batches, and keep it up to date with a trigger or the application.`;
  }),
  advice(
    String.raw`${ALTER}\s*ADD\s+(?!CONSTRAINT\b)(?:COLUMN\s+)?${IF_EXISTS}(?<column>${NAME})\s.*(?:\bDEFAULT\b|\bserial\b|\bIDENTITY\b)`,
    (_, part) => {
      const [table, column] = [part('table'), part('column')];
      return `A default that differs from row to row writes the whole table: add ${column} without it, then ${sql(`ALTER TABLE ${table} ALTER COLUMN ${column} SET DEFAULT …;`)} for new rows, and fill the others in batches.`;
    },
  ),
  advice(String.raw`${ALTER}\s*RENAME\s+(?:COLUMN\s+)?(?!CONSTRAINT\b)(?!TO\b)(?<from>${NAME})\s+TO\s+(?<to>${NAME})`, (_, part) => {
    const table = part('table');
    return `Expand, then contract: add ${part('to')} beside ${part('from')} in ${table}, write both, move readers over, and ${sql(`ALTER TABLE ${table} DROP COLUMN ${part('from')};`)} once no version in use needs it.`;
  }),
  advice(String.raw`${ALTER}\s*RENAME\s+TO\s+(?<to>${NAME})`, (_, part) => {
    const [table, to] = [part('table'), part('to')];
    return `Expand, then contract: leave a view under the old name in the same transaction, ${sql(`CREATE VIEW ${table} AS SELECT * FROM ${to};`)}, and drop it once no version in use needs it.`;
  }),
  advice(
    String.raw`${ALTER}.*\bDROP\s+(?:COLUMN\s+)?${IF_EXISTS}(?!CONSTRAINT\b)(?!NOT\b)(?!DEFAULT\b)(?!IDENTITY\b)(?!EXPRESSION\b)(?<column>${NAME})`,
    (_, part) => {
      return `Expand, then contract: let a release stop using ${part('column')} of ${part('table')} first, and drop it in the release after that.`;
    },
  ),
  advice(String.raw`${ALTER}.*\bATTACH\s+PARTITION\s+(?<partition>${NAME})`, (_, part) => {
    const partition = part('partition');
    const name = `${bare(partition)}_bounds`;
    return `Prove the bounds first: ${sql(`ALTER TABLE ${partition} ADD CONSTRAINT ${name} CHECK (…) NOT VALID;`, `ALTER TABLE ${partition} VALIDATE CONSTRAINT ${name};`)}, then attach it: the table is not scanned any more.`;
  }),
  advice(String.raw`${ALTER}.*\bDETACH\s+PARTITION\s+(?!.*\bCONCURRENTLY\b)`, (statement) => {
    return `Use ${sql(`${statement} CONCURRENTLY;`)}, outside of a transaction block.`;
  }),
  advice(String.raw`${ALTER}.*\bSET\s+(?:TABLESPACE|LOGGED|UNLOGGED|ACCESS\s+METHOD)\b`, () => {
    return 'Take it out of the deployment: the whole table is written anew while nobody can use it. `pg_repack` can move a table beside readers and writers.';
  }),
  advice(String.raw`^(?:DROP\s+TABLE|TRUNCATE)\b`, () => {
    return 'Let a release stop using the table first; then do it in a transaction of its own, with a `lock_timeout` and another try.';
  }),
  advice(String.raw`^LOCK\s+(?:TABLE\s+)?(?:ONLY\s+)?(?<table>${NAME})`, (_, part) => {
    return `Leave out the explicit lock of ${part('table')}, or take it last in its transaction and with a \`lock_timeout\`.`;
  }),
  advice(String.raw`^(?:WITH\b.*\b)?UPDATE\s+(?:ONLY\s+)?(?<table>${NAME})`, (_, part) => {
    const table = part('table');
    return `Work in batches that each commit, outside of the deployment: ${sql(`UPDATE ${table} SET … WHERE id IN (SELECT id FROM ${table} WHERE … ORDER BY id LIMIT 1000);`)} until no row is left.`;
  }),
  advice(String.raw`^(?:WITH\b.*\b)?DELETE\s+FROM\s+(?:ONLY\s+)?(?<table>${NAME})`, (_, part) => {
    const table = part('table');
    return `Work in batches that each commit, outside of the deployment: ${sql(`DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE … ORDER BY id LIMIT 1000);`)} until no row is left.`;
  }),
  advice(String.raw`^INSERT\s+INTO\s+(?<table>${NAME}).*\bSELECT\b`, (_, part) => {
    return `Copy into ${part('table')} in batches that each commit, outside of the deployment, and leave out what is there already (${sql('ON CONFLICT DO NOTHING')}).`;
  }),
  advice(String.raw`${ALTER}.*\bVALIDATE\s+CONSTRAINT\b`, () => {
    return 'It reads the whole table and stops nobody: leave it in a migration of its own, and raise the limit if it may take that long.';
  }),
];

function notValid(statement: string, part: (name: string) => string): string | null {
  const table = part('table');
  const name = part('name');
  if (/,\s*(?:ADD|ALTER|DROP)\b/i.test(statement)) {
    return `Give the constraint a statement of its own that ends in ${sql('NOT VALID')}, and prove it afterwards: ${sql(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${name === '' ? '…' : name};`)}`;
  }
  const foreign = /\bFOREIGN\s+KEY\b/i.test(statement);
  const given = name === '' ? `${bare(table)}_${foreign ? 'fkey' : 'check'}` : name;
  const named = name === '' ? statement.replace(/\bADD\s+(?=FOREIGN\s+KEY|CHECK)/i, `ADD CONSTRAINT ${given} `) : statement;
  return `Use ${sql(`${named} NOT VALID;`, `ALTER TABLE ${table} VALIDATE CONSTRAINT ${given};`)} in a transaction of its own: it proves the rows that are there without stopping anybody.`;
}

function usingIndex(_: string, part: (name: string) => string): string {
  const [table, columns] = [part('table'), part('columns').trim()];
  const what = part('what').toUpperCase().replace(/\s+/g, ' ');
  const suffix = what === 'UNIQUE' ? `${columns.replaceAll(/[\s"]/g, '').replaceAll(',', '_')}_key` : 'pkey';
  const name = part('name') === '' ? `${bare(table)}_${suffix}` : part('name');
  return `Build the index first, outside of a transaction block: ${sql(
    `CREATE UNIQUE INDEX CONCURRENTLY ${name} ON ${table} (${columns});`,
    `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${what} USING INDEX ${name};`,
  )}`;
}

/** Comments before a statement tell what a tool wrote it for, not what it does. */
const COMMENTS = /^(?:\s*(?:--[^\n]*\n|\/\*[\s\S]*?\*\/))+/;

/** How many characters of a statement are looked at: what it does stands at its beginning. */
const LONGEST_READ = 2000;

/** The same aim by a gentler way, as a sentence with SQL to copy; `null` when nothing is known about such a statement. */
export function adviceFor(text: string): string | null {
  const statement = oneLine(text.slice(0, LONGEST_READ).replace(COMMENTS, ''));
  for (const { when, say } of ADVICE) {
    const match = when.exec(statement);
    if (match === null) continue;
    return say(statement, (name) => match.groups?.[name] ?? '');
  }
  return null;
}

const CONCURRENT_INDEX = /^(?:CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY|REINDEX\b.{0,80}\bCONCURRENTLY)\b/i;

/** Whether a statement builds an index beside readers and writers. */
export function buildsIndexConcurrently({ text, kind }: { readonly text: string; readonly kind: string }): boolean {
  return CONCURRENT_INDEX.test(oneLine(text.slice(0, 400).replace(COMMENTS, ''))) || CONCURRENT_INDEX.test(kind);
}

/** What makes a version fail that still uses the schema as it was: the name of something goes away. */
const TAKES_AWAY =
  /^(?:ALTER\s+TABLE\b.*\b(?:RENAME\b|DROP\s+(?!CONSTRAINT|NOT|DEFAULT|IDENTITY|EXPRESSION))|DROP\s+(?:TABLE|VIEW|MATERIALIZED|TYPE|FUNCTION|SCHEMA)\b)/i;
const DEMANDS_MORE = /^ALTER\s+TABLE\b.*\b(?:SET\s+NOT\s+NULL|ADD\s+(?:CONSTRAINT|CHECK|UNIQUE|FOREIGN|PRIMARY)|TYPE)\b/i;

/** Statements that the version before may not survive, those that take something away first. */
export function breaksEarlierVersion<One extends { readonly text: string }>(statements: readonly One[]): readonly One[] {
  const read = (one: One): string => oneLine(one.text.slice(0, LONGEST_READ).replace(COMMENTS, ''));
  return [...statements.filter((one) => TAKES_AWAY.test(read(one))), ...statements.filter((one) => DEMANDS_MORE.test(read(one)))];
}
