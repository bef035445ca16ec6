import type pg from 'pg';
import type { KnownNames } from '../../known-names.ts';
import type { Column, Table } from './catalog.ts';
import { canonical, hmac, masked } from './expressions.ts';
import { step } from './failure.ts';
import type { Domain, TablePlan, Treatment } from './plan.ts';

/**
 * Writes tables anew with masked values: a masked copy made by one CREATE TABLE AS, which runs in parallel, then TRUNCATE and INSERT without
 * indexes, then building the indexes. An UPDATE would take every index along row by row and leave the old row versions in the files. The table, its
 * indexes, views and everything else that depends on it stay the objects that they are; only foreign keys are dropped and made again, because
 * TRUNCATE refuses them, and making them again proves that every row still has its partner.
 */
export class Rewriting {
  private readonly client: pg.Client;
  private readonly superuser: boolean;
  private readonly resolved: ReadonlySet<number>;

  constructor(client: pg.Client, superuser: boolean, resolved: ReadonlySet<number>) {
    this.client = client;
    this.superuser = superuser;
    this.resolved = resolved;
  }

  /** @returns rows written */
  async rewrite(plan: TablePlan): Promise<number> {
    const { table } = plan;
    const { rows: leaves } = await this.client.query<{ oid: string }>(LEAVES, [table.oid]);
    const oids = leaves.map(({ oid }) => oid);
    const quiet = await this.silence(oids);
    const rows = await step(`writing ${table.told}`, () => this.write(plan, oids));
    await step(`triggers of ${table.told}`, async () => {
      for (const statement of quiet) await this.client.query(statement);
    });
    return rows;
  }

  private async write({ table, treatments }: TablePlan, leaves: readonly string[]): Promise<number> {
    const columns = table.columns.filter((one) => !one.generated);
    await this.client.query(`CREATE TEMP TABLE promote_masked AS ${this.select(table, columns, treatments)}`);
    const only = table.partitioned ? '' : 'ONLY ';
    // Before the transaction too: the old file is gone before the new one grows.
    await this.client.query(`TRUNCATE ${only}${table.sql}`);
    await this.client.query('BEGIN');
    try {
      // Inside it as well: a table that is new to its transaction needs no write-ahead log where wal_level is minimal.
      await this.client.query(`TRUNCATE ${only}${table.sql}`);
      const off = await this.indexesOff(leaves);
      const names = columns.map((one) => one.sql).join(', ');
      const positions = columns.map((_, index) => `c${index}`).join(', ');
      const { rowCount } = await this.client.query(
        `INSERT INTO ${table.sql} (${names}) OVERRIDING SYSTEM VALUE SELECT ${positions} FROM pg_temp.promote_masked`,
      );
      for (const index of off) await this.client.query(`REINDEX INDEX ${index}`);
      await this.client.query('COMMIT');
      await this.client.query('DROP TABLE pg_temp.promote_masked');
      return rowCount ?? 0;
    } catch (error) {
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  private select(table: Table, columns: readonly Column[], treatments: ReadonlyMap<string, Treatment>): string {
    const inner: string[] = [];
    const outer: string[] = [];
    const joins: string[] = [];
    for (const [index, column] of columns.entries()) {
      const treatment = treatments.get(column.name);
      if (treatment?.rule === 'null') {
        outer.push(`NULL::${column.type} AS c${index}`);
        continue;
      }
      inner.push(`t.${column.sql} AS c${index}`);
      if (treatment?.rule !== 'mask') {
        outer.push(`s.c${index}`);
        continue;
      }
      const { domain } = treatment;
      if (!column.array && domain.family !== 'json')
        inner.push(`${hmac(domain, canonical(domain, column.base, `t.${column.sql}`))} AS x${index}`);
      const mask = masked(domain, column, `s.c${index}`, `s.x${index}`);
      const other = this.resolved.has(domain.number) && !column.array;
      if (other) joins.push(`LEFT JOIN pg_temp.promote_other_${domain.number} o${index} ON o${index}.x = s.x${index}`);
      outer.push(`${other ? this.otherwise(domain, column, index, mask) : mask} AS c${index}`);
    }
    // OFFSET 0: the HMAC is computed once a value, not once for each place where the mask uses it.
    return `SELECT ${outer.join(', ')} FROM (SELECT ${inner.join(', ')} FROM ${table.partitioned ? '' : 'ONLY '}${table.sql} t OFFSET 0) s ${joins.join(' ')}`;
  }

  private otherwise(domain: Domain, column: Column, index: number, mask: string): string {
    const type = domain.family === 'text' ? 'text' : column.base;
    return `CASE WHEN o${index}.x IS NULL THEN (${mask})::${type} ELSE o${index}.m::${type} END`;
  }

  /**
   * Building an index at once is several times faster than filling it row by row. A superuser may tell the server that indexes are not ready;
   * REINDEX makes them so. Others fill them row by row.
   * @returns their names
   */
  private async indexesOff(leaves: readonly string[]): Promise<readonly string[]> {
    if (!this.superuser) return [];
    const { rows } = await this.client.query<{ name: string }>(
      `UPDATE pg_index i SET indisready = false, indisvalid = false FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.oid = i.indexrelid AND c.relkind = 'i' AND i.indrelid = ANY ($1::oid[]) AND i.indisvalid RETURNING format('%I.%I', n.nspname, c.relname) AS name`,
      [leaves],
    );
    return rows.map(({ name }) => name);
  }

  /** Switches triggers and rules off, one by one. @returns the statements that put each back as it was */
  private async silence(leaves: readonly string[]): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ off: string; back: string }>(SILENCE, [leaves]);
    for (const { off } of rows) await this.client.query(off);
    return rows.map(({ back }) => back);
  }
}

/** The table itself, or everything below a partitioned one. */
const LEAVES = `SELECT $1::oid::text AS oid UNION SELECT relid::oid::text FROM pg_partition_tree($1::oid::regclass)`;

const STATE = `CASE %s WHEN 'O' THEN 'ENABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END`;
const SILENCE = `SELECT format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', g.tgrelid::regclass, g.tgname) AS off,
    format('ALTER TABLE ONLY %s %s TRIGGER %I', g.tgrelid::regclass, ${STATE.replace('%s', 'g.tgenabled')}, g.tgname) AS back
  FROM pg_trigger g WHERE g.tgrelid = ANY ($1::oid[]) AND NOT g.tgisinternal AND g.tgenabled <> 'D'
  UNION ALL
  SELECT format('ALTER TABLE %s DISABLE RULE %I', r.ev_class::regclass, r.rulename),
    format('ALTER TABLE %s %s RULE %I', r.ev_class::regclass, ${STATE.replace('%s', 'r.ev_enabled')}, r.rulename)
  FROM pg_rewrite r WHERE r.ev_class = ANY ($1::oid[]) AND r.ev_enabled <> 'D'`;

interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
  readonly comment: string | null;
}

/** Those that lead from or to any of the tables. A partition's copy of its parent's goes and comes with that one. */
const FOREIGN_KEYS = `SELECT k.conrelid::regclass::text AS table, quote_ident(k.conname) AS name, pg_get_constraintdef(k.oid) AS definition,
    quote_literal(obj_description(k.oid, 'pg_constraint')) AS comment
  FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0
    AND (coalesce(pg_partition_root(k.conrelid)::oid, k.conrelid) = ANY ($1::oid[]) OR coalesce(pg_partition_root(k.confrelid)::oid, k.confrelid) = ANY ($1::oid[]))
  ORDER BY k.oid`;

/** Drops the foreign keys around the tables, runs `work`, and makes them again as they were. */
export async function withoutForeignKeys<T>(
  client: pg.Client,
  names: KnownNames,
  tables: readonly Table[],
  work: () => Promise<T>,
): Promise<T> {
  const told = (name: string, table: string): string =>
    names.has(name) ? `foreign key ${name} of ${names.relation(table)}` : names.unnamed('foreign key', `${name} of ${table}`, table);
  const { rows: keys } = await client.query<ForeignKey>(FOREIGN_KEYS, [tables.map(({ oid }) => oid)]);
  for (const { table, name } of keys) await step(told(name, table), () => client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`));
  const result = await work();
  for (const { table, name, definition, comment } of keys) {
    await step(told(name, table), async () => {
      await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
      if (comment !== null) await client.query(`COMMENT ON CONSTRAINT ${name} ON ${table} IS ${comment}`);
    });
  }
  return result;
}
