import type pg from 'pg';
import { RehearsalImpossible } from '../../database.ts';
import { bitsOf, canonical, hmac, impossibleWithin, maskedValue } from './expressions.ts';
import { step } from './failure.ts';
import type { Domain } from './plan.ts';

/** Below that, two of ten million values may get the same mask. */
const ENOUGH_BITS = 80;
/** Rounds in which colliding values are given other masks. With seven of eight masks taken, a value is left over with a chance of 10^-11. */
const MOST_ROUNDS = 200;

/**
 * Looks, before anything is written, whether masks collide where different values must stay different. Those that do get others: the HMAC
 * of their HMAC and the number of the round, first come by HMAC, so the same data and key give the same masks.
 * @returns domains with a table `pg_temp.promote_other_N` (x, m): masks in place of those that the HMAC gives
 * @throws RehearsalImpossible when there are fewer masks than values
 */
export async function resolveCollisions(client: pg.Client, domains: readonly Domain[]): Promise<ReadonlySet<number>> {
  const resolved = new Set<number>();
  for (const domain of domains) {
    const impossible = impossibleWithin(domain);
    if (impossible !== null)
      throw new RehearsalImpossible('masking_impossible', `${labels(domain)} cannot be masked as ${domain.kind}: ${impossible}.`);
    await step(`looking for arrays in ${labels(domain)}`, () => refuseMatrices(client, domain));
    if (!domain.unique || bitsOf(domain) >= ENOUGH_BITS) continue;
    if (await step(`looking for collisions in ${labels(domain)}`, () => resolveIn(client, domain))) resolved.add(domain.number);
  }
  return resolved;
}

async function resolveIn(client: pg.Client, domain: Domain): Promise<boolean> {
  const candidates = `pg_temp.promote_masks_${domain.number}`;
  const scalar = domain.members.filter(({ column }) => !column.array);
  const values = scalar.map(({ table, column }) => {
    const from = `${table.partitioned ? '' : 'ONLY '}${table.sql}`;
    return `SELECT ${column.sql} AS v, ${canonical(domain, column.base, column.sql)} AS c FROM ${from} WHERE ${column.sql} IS NOT NULL`;
  });
  const base = scalar[0]?.column.base ?? 'text';
  const mask = maskedValue(domain, base, 's.v', 's.x');
  await client.query(`CREATE TEMP TABLE promote_masks_${domain.number} AS SELECT s.x, s.v, (${mask})::text AS m, 0 AS round
    FROM (SELECT u.v, ${hmac(domain, 'u.c')} AS x FROM (SELECT min(a.v::text)::${base === 'citext' ? 'text' : base} AS v, a.c FROM (${values.join(' UNION ALL ')}) a GROUP BY a.c) u OFFSET 0) s`);
  let others = false;
  for (let round = 1; ; round += 1) {
    const clashing = `SELECT q.x FROM (SELECT x, row_number() OVER (PARTITION BY m ORDER BY round, x) AS place FROM ${candidates}) q WHERE q.place > 1`;
    const again = hmac(domain, `encode(c.x, 'hex') || ' ${round}'`);
    const { rowCount } = await client.query(`UPDATE ${candidates} t SET m = (${mask})::text, round = ${round}
      FROM (SELECT c.v, c.x AS was, ${again} AS x FROM ${candidates} c WHERE c.x IN (${clashing}) OFFSET 0) s WHERE t.x = s.was`);
    if ((rowCount ?? 0) === 0) break;
    others = true;
    if (round === MOST_ROUNDS) {
      throw new RehearsalImpossible(
        'masking_impossible',
        `${labels(domain)}: ${rowCount} values would get the mask of another one, and the column must stay unique. There are too few values of this type and length; keep the column, or mask it as another kind.`,
      );
    }
  }
  if (others) await client.query(`CREATE TEMP TABLE promote_other_${domain.number} AS SELECT x, m FROM ${candidates} WHERE round > 0`);
  await client.query(`DROP TABLE ${candidates}`);
  return others;
}

/** Arrays are masked element by element as lists. */
async function refuseMatrices(client: pg.Client, domain: Domain): Promise<void> {
  for (const { table, column } of domain.members.filter((one) => one.column.array)) {
    const { rows } = await client.query<{ found: boolean }>(
      `SELECT EXISTS (SELECT FROM ${table.sql} WHERE array_ndims(${column.sql}) > 1) AS found`,
    );
    if (rows[0]?.found === true) {
      throw new RehearsalImpossible(
        'masking_impossible',
        `${column.told} holds arrays of arrays, which cannot be masked. Keep the column, or make it null.`,
      );
    }
  }
}

function labels(domain: Domain): string {
  return domain.members
    .slice(0, 6)
    .map(({ column }) => column.told)
    .join(', ');
}
