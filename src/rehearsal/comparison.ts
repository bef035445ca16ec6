/** More than that say the same as these. */
const MOST_DIFFERENCES = 50;

/**
 * Tables in which migration tools remember what they have done. They come with the first run, stay on the way back and change with every
 * run: that is their business.
 */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  'schema_migrations', // Rails, dbmate, golang-migrate
  'ar_internal_metadata', // Rails
  'alembic_version',
  'flyway_schema_history',
  'databasechangelog', // Liquibase
  'databasechangeloglock',
  'goose_db_version',
  'knex_migrations',
  'knex_migrations_lock',
  'pgmigrations', // node-pg-migrate
  'migrations', // TypeORM, Laravel, db-migrate
  '_prisma_migrations',
  '__drizzle_migrations',
  'sequelizemeta',
  'kysely_migration',
  'kysely_migration_lock',
  'mikro_orm_migrations',
  'django_migrations',
  '__efmigrationshistory',
  'schemaversions', // DbUp
  'atlas_schema_revisions',
  'schema_version',
  'migrations_lock',
  '_migrations',
  '_sqlx_migrations',
  '__diesel_schema_migrations',
  'phinxlog',
  'playevolutions',
]);

/** Whether a table belongs to a migration tool, by `schema.table` in whatever case. */
export function isBookkeeping(table: string): boolean {
  const name = table.replaceAll('"', '').split('.').at(-1) ?? '';
  return BOOKKEEPING.has(name.toLowerCase());
}

/**
 * The table that an object of a description is or belongs to, as `schema.table`: `table public.goods`, `constraint … on public.goods`, an
 * index by its definition, a sequence by the column that owns it. Where that cannot be told, the object's own name.
 */
function tableOf(object: string, definition: string): string {
  const on = object.lastIndexOf(' on ');
  if (on !== -1) return object.slice(on + ' on '.length);
  const name = object.slice(object.lastIndexOf(' ') + 1);
  if (object.startsWith('index ')) return /\bON\s+(?:ONLY\s+)?([^\s(]+)/i.exec(definition)?.[1] ?? name;
  if (object.startsWith('sequence ')) return /^owned by (.*)\.[^.]+$/m.exec(definition)?.[1] ?? name;
  return name;
}

/**
 * What differs between two descriptions, one line each, without what belongs to migration tools. They are compared as they are, and told
 * without their strings.
 * @returns at most 50 lines; the last says how many more there are
 */
export function differencesBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const isOfTool = (name: string): boolean => isBookkeeping(tableOf(name, before.get(name) ?? after.get(name) ?? ''));
  const names = [...new Set([...before.keys(), ...after.keys()])].filter((name) => !isOfTool(name)).sort();
  const lines = names.flatMap((name) => difference(name, before.get(name), after.get(name)));
  if (lines.length <= MOST_DIFFERENCES) return lines;
  return [...lines.slice(0, MOST_DIFFERENCES - 1), `and ${lines.length - MOST_DIFFERENCES + 1} more`];
}

/** Comment | quoted name | string, plain or escaped | string in dollars, but not the body of a function, which has strings of its own. */
const QUOTING =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"]|"")*"|(?:\b[eE]'(?:[^'\\]|''|\\[\s\S])*|'(?:[^']|'')*)(?:'|$)|(?<![\p{L}\p{N}_$])\$(?!(?:function|procedure)x*\$)(?<tag>(?:[\p{L}_][\p{L}\p{N}_]*)?)\$[\s\S]*?(?:\$\k<tag>\$|$)/gu;
/** A body in a language whose strings and comments are others than SQL's. */
const FOREIGN_BODY = /(?<head>\n LANGUAGE (?!plpgsql\b|sql\b)[\s\S]*?)(?<body>(?<quote>\$(?:function|procedure)x*\$)[\s\S]*\k<quote>)/;

/** A definition without its strings, which may be data, and without comments; every line stays where it is. */
function withoutLiterals(definition: string): string {
  const emptied = (text: string, sign: string): string => `${sign}…${text.replaceAll(/[^\n]/g, '')}${sign}`;
  return definition
    .replace(FOREIGN_BODY, (_, head: string, body: string) => head + emptied(body, '$'))
    .replaceAll(QUOTING, (token) => {
      if (token.startsWith('"')) return token;
      return /^(?:--|\/\*)/.test(token) ? emptied(token, '') : emptied(token, "'");
    });
}

/** What is told of a definition, by the lines that `other` does not have. */
function linesWithout(definition: string, other: string): readonly string[] {
  const told = withoutLiterals(definition).split('\n');
  const others = new Set(other.split('\n'));
  return definition.split('\n').flatMap((line, index) => (others.has(line) ? [] : [told[index]?.trim() || '…']));
}

function difference(name: string, before: string | undefined, after: string | undefined): readonly string[] {
  if (before === after) return [];
  if (before === undefined) return [`${name} is new`];
  if (after === undefined) return [`${name} is gone`];
  const removed = linesWithout(before, after).map((line) => `${name}: was ${line}`);
  const added = linesWithout(after, before).map((line) => `${name}: is ${line}`);
  const changed = [...removed, ...added];
  return changed.length === 0 ? [`${name} has its parts in another order`] : changed;
}
