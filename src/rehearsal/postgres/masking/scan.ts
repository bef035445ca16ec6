import { randomBytes, randomInt } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { RehearsalImpossible } from '../../database.ts';
import type { KnownNames } from '../../known-names.ts';
import type { Draws } from '../../masking/chance.ts';
import { FieldScan, type Hits, type Surface } from '../../masking/field-scan.ts';
import type { MaskingRules } from '../../masking/rules.ts';
import { SourceValues } from '../../masking/source-values.ts';
import type { Catalog, Column } from './catalog.ts';
import { copyOut } from './copy-out.ts';
import { familyOf } from './families.ts';
import type { Domain, Plan, TablePlan } from './plan.ts';
import { schemaTexts } from './schema-texts.ts';

/** Types that hold no text. Dates and small numbers are found everywhere by chance. */
const NO_TEXT =
  /^(?:bool|int[248]|float[48]|numeric|money|date|time|timetz|timestamp|timestamptz|interval|uuid|oid|xid8?|cid|tid|pg_lsn|bit|varbit|point|line|lseg|box|path|polygon|circle|macaddr8?|(?:int[48]|num|ts|tstz|date)(?:multi)?range)$/;

export interface ScanReport {
  readonly columns: number;
  readonly values: number;
  readonly canaries: number;
}

/** What was masked, and how. */
interface Scanned {
  readonly catalog: Catalog;
  readonly plan: Plan;
  readonly rules: MaskingRules;
  readonly names: KnownNames;
}

/** Values as text that COPY writes: list elements and JSON's texts one a row. */
function valuesQuery(plan: TablePlan, column: Column): string | null {
  const { table } = plan;
  const from = `${table.partitioned ? '' : 'ONLY '}${table.sql}`;
  const family = familyOf(column);
  if (family === 'date' || family === 'instant') return null;
  const value = column.array ? 'e.v' : `t.${column.sql}`;
  const source = column.array ? `${from} t, unnest(t.${column.sql}) AS e (v)` : `${from} t`;
  if (family === 'json')
    return `SELECT j.v #>> '{}' FROM ${source}, jsonb_path_query((${value})::jsonb, 'strict $.**') AS j (v) WHERE jsonb_typeof(j.v) IN ('string', 'number')`;
  if (family === 'bytes') return `SELECT encode(${value}, 'escape') FROM ${source} WHERE ${value} IS NOT NULL`;
  // Not "Infinity", which stays itself.
  const numbers = family === 'int' || family === 'numeric' || family === 'float' ? ` AND (${value})::text ~ '^[-.0-9]+$'` : '';
  return `SELECT (${value})::text FROM ${source} WHERE ${value} IS NOT NULL${numbers}`;
}

/** Before masking: what the masked columns hold, and those that become null. */
export async function collectValues(client: pg.Client, plan: Plan, signal: AbortSignal): Promise<SourceValues> {
  const source = new SourceValues([randomInt(2 ** 32), randomInt(2 ** 32)]);
  for (const table of plan.tables) {
    for (const column of table.table.columns) {
      const rule = table.treatments.get(column.name)?.rule;
      if (rule !== 'mask' && rule !== 'null') continue;
      const query = valuesQuery(table, column);
      if (query === null) continue;
      const number = source.column(column.told);
      await copyOut(client, query, signal, { field: (bytes, from, to) => source.add(bytes, from, to, number) });
    }
  }
  return source;
}

/**
 * After masking: looks for every value in every text of the database, and for what looks personal in it. First it proves on canaries of its
 * own that it finds what is there.
 * @throws RehearsalImpossible `leak` naming columns and counts, never a value
 */
export async function scanForLeaks(
  client: pg.Client,
  { catalog, plan, rules, names }: Scanned,
  source: SourceValues,
  signal: AbortSignal,
): Promise<ScanReport> {
  const planted = await proveFinding(client, signal);
  const drawn = plan.domains.some((one) => drawsOf(one) !== null);
  const hits: Hits[] = [];
  let columns = 0;
  for (const { select, from, surfaces } of [
    ...tableQueries(plan),
    ...viewQueries(catalog, rules, drawn),
    ...objectQueries(catalog, rules),
  ]) {
    if (surfaces.length === 0) continue;
    const scan = new FieldScan(source, surfaces);
    await copyOut(client, `SELECT ${select.join(', ')} FROM ${from}`, signal, scan);
    hits.push(...scan.hits());
    columns += surfaces.length;
  }
  const texts = await schemaTexts(client, sensitive(plan), catalog, names);
  const scan = new FieldScan(
    source,
    texts.map(({ label, statistics }) => ({
      label,
      detect: { emails: !statistics && !rules.schemaReviewed, numbers: !statistics && !rules.schemaReviewed },
      reviewed: rules.schemaReviewed && !statistics,
      json: false,
      draws: statistics && drawn ? 'codes' : null,
    })),
  );
  for (const [index, { text }] of texts.entries()) {
    const bytes = Buffer.from(text.replaceAll('\\', ' '));
    scan.batch(bytes, 0, 0);
    scan.field(bytes, 0, bytes.length, index);
  }
  hits.push(...scan.hits());
  if (hits.length > 0) throw new RehearsalImpossible('leak', leakMessage(hits, rules));
  return { columns, values: source.fingerprints.size, canaries: source.canaries.length + planted };
}

interface ScanQuery {
  readonly select: readonly string[];
  readonly from: string;
  readonly surfaces: readonly Surface[];
}

function tableQueries(plan: Plan): ScanQuery[] {
  return plan.tables.map(({ table, treatments }) => {
    const texts = table.columns.filter(holdsText);
    const surfaces = texts.map((column) => {
      const treatment = treatments.get(column.name);
      const reviewed = treatment?.rule === 'keep' && treatment.reviewed;
      const derived = column.generated;
      const draws = treatment?.rule === 'mask' ? drawsOf(treatment.domain) : derived ? drawnIn(treatments) : null;
      const numeric = treatment?.rule === 'mask' && draws !== null;
      return {
        label: column.told,
        reviewed,
        json: column.base === 'json' || column.base === 'jsonb',
        detect: { emails: !reviewed && !derived, numbers: !reviewed && !derived && !numeric },
        draws,
      };
    });
    return { select: texts.map(asText), from: `${table.partitioned ? '' : 'ONLY '}${table.sql}`, surfaces };
  });
}

/** Masks that keep digits digits are few enough to meet another value by chance. Those of other kinds are longer, or words. */
function drawsOf({ kind }: Domain): Draws | null {
  return kind === 'digits' ? 'codes' : kind === 'json' ? 'numbers' : null;
}

/** For a generated column, which may hold any mask of its table. */
function drawnIn(treatments: TablePlan['treatments']): Draws | null {
  return [...treatments.values()].some((one) => one.rule === 'mask' && drawsOf(one.domain) !== null) ? 'codes' : null;
}

/**
 * Materialized views hold copies. What they are made from was looked at for itself, so only values count.
 * @param drawn whether they may hold masks that chance makes values
 */
function viewQueries(catalog: Catalog, rules: MaskingRules, drawn: boolean): ScanQuery[] {
  return catalog.views
    .filter(({ populated }) => populated)
    .map(({ name, sql, columns }) => {
      const texts = columns.filter(holdsText);
      const surfaces = texts.map((column) => {
        const rule = rules.tables.get(name)?.get(column.name);
        return {
          label: column.told,
          reviewed: rule?.rule === 'keep' && rule.reviewed,
          json: column.base === 'json' || column.base === 'jsonb',
          detect: { emails: false, numbers: false },
          draws: drawn ? ('codes' as const) : null,
        };
      });
      return { select: texts.map(asText), from: sql, surfaces };
    });
}

/** Large objects that are kept, each as one text. */
function objectQueries(catalog: Catalog, rules: MaskingRules): ScanQuery[] {
  if (catalog.largeObjects === 0 || rules.largeObjects !== 'keep') return [];
  const surface = { label: 'large objects', reviewed: false, json: false, detect: { emails: true, numbers: false }, draws: null };
  return [{ select: ["encode(lo_get(oid), 'escape')"], from: 'pg_largeobject_metadata', surfaces: [surface] }];
}

function holdsText(column: Column): boolean {
  return column.sort !== 'e' && !NO_TEXT.test(column.base);
}

/** JSON is written anew, which undoes escapes; bytes are read as text. */
function asText(column: Column): string {
  if (column.base === 'bytea' && !column.array) return `encode(${column.sql}, 'escape')`;
  if (column.base === 'json' && !column.array) return `${column.sql}::jsonb::text`;
  return `${column.sql}::text`;
}

function sensitive(plan: Plan): ReadonlySet<string> {
  return new Set(
    plan.tables.flatMap(({ table, treatments }) =>
      table.columns.filter((one) => treatments.get(one.name)?.rule !== 'keep').map((one) => one.label),
    ),
  );
}

/** A scan that finds nothing may be one that cannot find: canaries nobody else has must be found, in every kind of place. */
async function proveFinding(client: pg.Client, signal: AbortSignal): Promise<number> {
  const mark = (): string =>
    randomBytes(8)
      .toString('hex')
      .replaceAll(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)));
  const name = `Canary ${mark()} ${mark()}`;
  const address = `${mark()}@${mark()}.org`;
  const number = `+1 ${randomInt(200, 1000)} ${randomInt(200, 1000)} ${randomInt(1000, 10_000)}`;
  const source = new SourceValues([randomInt(2 ** 32), randomInt(2 ** 32)]);
  for (const [label, value] of [
    ['name', name],
    ['address', address],
    ['number', number],
  ] as const) {
    const bytes = Buffer.from(value);
    source.add(bytes, 0, bytes.length, source.column(label));
  }
  const texts = [name, address, number].map((value) => `before ${value.toUpperCase()}, after`);
  const rows = texts.map((text, index) => {
    const exact = [name, address, number][index];
    const json = JSON.stringify({ deep: [{ text: `first\n${exact}` }] }).replaceAll('\\', '\\\\');
    return `${text}\t${json}\t${json}\t{"${text}"}\t\\\\x${Buffer.from(`in bytes ${exact}.`).toString('hex')}\n`;
  });
  await client.query('CREATE TEMP TABLE promote_canaries (a text, b jsonb, c json, d text[], e bytea)');
  await pipeline(Readable.from(rows), client.query(copyFrom('COPY pg_temp.promote_canaries FROM STDIN')));
  const surfaces = ['text', 'jsonb', 'json', 'array', 'bytes'].map((label) => ({
    label,
    reviewed: false,
    json: label.startsWith('json'),
    detect: { emails: true, numbers: true },
    draws: null,
  }));
  const scan = new FieldScan(source, surfaces);
  await copyOut(
    client,
    `SELECT a::text, b::text, c::jsonb::text, d::text, encode(e, 'escape') FROM pg_temp.promote_canaries`,
    signal,
    scan,
  );
  await client.query('DROP TABLE pg_temp.promote_canaries');
  const hits = new Map(scan.hits().map((hit) => [hit.surface, hit]));
  for (const { label } of surfaces) {
    const hit = hits.get(label);
    if (hit === undefined || hit.values.size !== 3 || !hit.looks.has('e-mail address') || !hit.looks.has('phone number'))
      throw new RehearsalImpossible(
        'leak',
        `The scan for leaks did not find its own canary in a column of the kind ${label}, so what it does not find proves nothing.`,
      );
  }
  return 3 * surfaces.length;
}

const MOST_TOLD = 20;

function leakMessage(hits: readonly Hits[], rules: MaskingRules): string {
  const lines = hits.slice(0, MOST_TOLD).map(({ surface, values, looks }) => {
    const parts = [
      ...[...values].map(([column, count]) => `${count} × a value of ${column}`),
      ...[...looks].map(
        ([what, count]) => `${count} × what looks like ${what === 'e-mail address' || what === 'IBAN' ? 'an' : 'a'} ${what}`,
      ),
    ];
    return `  ${surface}: ${parts.join(', ')}`;
  });
  if (hits.length > MOST_TOLD) lines.push(`  and ${hits.length - MOST_TOLD} more places`);
  return [
    `After masking, personal data was found in ${hits.length} ${hits.length === 1 ? 'place' : 'places'}:`,
    ...lines,
    `Mask these columns or make them null in ${rules.path}. Where a person has looked and nothing in the column is personal, write "{ keep: reviewed }"; for texts of the schema "schema-texts: reviewed".`,
  ].join('\n');
}
