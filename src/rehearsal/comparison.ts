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
 * What differs between two descriptions, one line each, without what belongs to migration tools.
 * @returns at most 50 lines; the last says how many more there are
 */
export function differencesBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  const isOfTool = (name: string): boolean => isBookkeeping(tableOf(name, before.get(name) ?? after.get(name) ?? ''));
  const names = [...new Set([...before.keys(), ...after.keys()])].filter((name) => !isOfTool(name)).sort();
  const lines = names.flatMap((name) => difference(name, before.get(name), after.get(name)));
  if (lines.length <= MOST_DIFFERENCES) return lines;
  return [...lines.slice(0, MOST_DIFFERENCES - 1), `and ${lines.length - MOST_DIFFERENCES + 1} more`];
}

function difference(name: string, before: string | undefined, after: string | undefined): readonly string[] {
  if (before === after) return [];
  if (before === undefined) return [`${name} is new`];
  if (after === undefined) return [`${name} is gone`];
  const was = before.split('\n');
  const is = after.split('\n');
  const removed = was.filter((line) => !is.includes(line)).map((line) => `${name}: was ${line.trim()}`);
  const added = is.filter((line) => !was.includes(line)).map((line) => `${name}: is ${line.trim()}`);
  const changed = [...removed, ...added];
  return changed.length === 0 ? [`${name} has its parts in another order`] : changed;
}
