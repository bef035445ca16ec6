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
