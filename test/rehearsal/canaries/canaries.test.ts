/** Nothing of the data, nor a name that may be made from it, is in anything that the product writes: the table of kinds and paths, cell by cell. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differencesBetween } from '../../../src/rehearsal/comparison.ts';
import { type DatabaseCopy, RehearsalImpossible } from '../../../src/rehearsal/database.ts';
import { KnownNames } from '../../../src/rehearsal/known-names.ts';
import { readMaskingRules } from '../../../src/rehearsal/masking/read.ts';
import { connected } from '../../../src/rehearsal/postgres/connection.ts';
import { connectionTo } from '../../../src/rehearsal/postgres/host.ts';
import { tablesOfLoad } from '../../../src/rehearsal/postgres/load/tables.ts';
import { clientProgram, endAll, type Rehearsing, rehearseOn, sql } from '../postgres/servers.ts';
import { database, newFolder, removeFolder, startServer } from '../sqlite/files.ts';
import { canariesIn, INDEX_ON_BOOM, INSERT_PERSON, KINDS, type Kind, PEOPLE, PERSON, WORD } from './kinds.ts';
import { runNamedCycles, type Shown } from './named-cycle.ts';
import { NAMES } from './names.ts';
import { SQLITE_KINDS } from './sqlite-kinds.ts';
import { cellsOf, FAMILIES, type Family, NO_PATHS, PATHS, type PathName } from './table.ts';

const EMPTY = 'DROP SCHEMA public CASCADE; CREATE SCHEMA public;';
const kinds = Object.entries(KINDS);
const KEY = Buffer.from('a key of the tests');
const signal = new AbortController().signal;

/** What the team's files spell of the databases here. */
function teamNames(): KnownNames {
  const names = new KnownNames();
  names.spellSql(`CREATE TABLE people (id int, word text, mail text, n bigint, small int, amount numeric, day date, at timestamptz, doc jsonb, list text, mood mood);
    CREATE TABLE parts (id int, word text); SELECT boom(), booming, mood2, few, said()`);
  return names;
}

/** Cells that were run, by path. */
const ran = new Map<string, Set<string>>();

/** Runs the cells of a path, one kind after the other. @param cell the text that was written; what is wrong beside canaries is thrown */
function path(name: PathName, cell: (kind: string) => Promise<string>, timeout = 120_000): void {
  it.concurrent(
    name,
    async ({ expect }) => {
      const wrong: Record<string, string> = {};
      const done = new Set<string>();
      for (const { kind, runs } of cellsOf(name)) {
        if (!runs) continue;
        try {
          const text = await cell(kind);
          const found = canariesIn(text);
          if (found.length > 0) wrong[kind] = `${found.join(', ')} in ${text}`;
        } catch (error) {
          wrong[kind] = (error as Error).message.slice(0, 3000);
        }
        done.add(kind);
      }
      ran.set(name, done);
      expect(wrong).toEqual({});
    },
    timeout,
  );
}

/** SQL after which a database does that whenever a row of `people` is checked, from the next connection on. */
function armed(statement: string): string {
  const escaped = pg.escapeLiteral(statement);
  return `DO $arm$ BEGIN EXECUTE format('ALTER DATABASE %I SET canary.sql = %L', current_database(), ${escaped}::text); END $arm$`;
}
/** For this connection too. */
const disarmed = `${armed('')}; SET canary.sql = ''`;

/** What the server itself says, that is, what must not be passed on. */
async function said(url: string, statement: string): Promise<pg.DatabaseError> {
  return sql(url, statement).then(
    () => {
      throw new Error(`nothing failed: ${statement}`);
    },
    (error: pg.DatabaseError) => error,
  );
}

/** What the product tells of a failure: message, code, and everything in its log. */
async function told(one: Pick<Rehearsing, 'logged'>, work: () => Promise<unknown>): Promise<string> {
  one.logged.splice(0);
  const error = await work().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error('nothing failed');
  const { message, stack, cause, ...rest } = error as Error & Record<string, unknown>;
  const code = error instanceof RehearsalImpossible ? error.code : '';
  // An error that nobody foresaw is printed with its stack and its fields; a foreseen one by its message.
  return [message, code, code === '' ? `${stack} ${JSON.stringify(rest)}` : '', ...one.logged].join('\n');
}

/** @throws Error unless one of the texts is in it */
function holding(text: string, ...needed: readonly string[]): string {
  if (needed.some((one) => text.includes(one))) return text;
  throw new Error(`none of ${needed.join(', ')} in ${text}`);
}

let one: Rehearsing;
let url = '';
let dumps: Readonly<Record<string, string>>;
/** A database in use, which is copied. */
let running: Rehearsing;
let copied: Rehearsing;

beforeAll(async () => {
  one = await rehearseOn(15, {}, { names: teamNames() });
  ({ url } = one.server.source);
  await sql(url, PEOPLE, INSERT_PERSON);
  const formats = ['custom', 'directory', 'tar'].map((format) => {
    const file = join(one.folder, `people-${format}`);
    const env = { ...process.env, ...one.server.source.variables };
    execFileSync(clientProgram('pg_dump', 15), [`--format=${format}`, `--file=${file}`], { env });
    return [format, file] as const;
  });
  const folder = join(one.folder, 'people-copy');
  mkdirSync(folder);
  writeFileSync(join(folder, 'schema.sql'), PEOPLE);
  writeFileSync(join(folder, 'public.people.tsv'), `${PERSON}\n`);
  const plain = join(one.folder, 'people.sql');
  writeFileSync(plain, `${PEOPLE}\nCOPY public.people FROM stdin;\n${PERSON}\n\\.\n`);
  dumps = { ...Object.fromEntries(formats), folder, plain };
  copied = await rehearseOn(15, {}, { names: teamNames() });
  await sql(copied.server.source.url, PEOPLE, INSERT_PERSON);
  await copied.server.freeze();
  running = await rehearseOn(15);
  await sql(running.server.source.url, PEOPLE, INSERT_PERSON);
}, 60_000);
afterAll(endAll);

describe('the table', () => {
  it('has forty kinds of errors at the least, and every cell is run or says why it is not', () => {
    expect(FAMILIES.error.length).toBeGreaterThanOrEqual(40);
    const silent = (Object.keys(PATHS) as PathName[]).flatMap((name) =>
      cellsOf(name).filter(({ runs, why }) => runs === (why !== null) || (why !== null && why.length < 10)),
    );
    expect(silent).toEqual([]);
    for (const family of Object.keys(FAMILIES) as Family[])
      expect(
        Object.values(PATHS).some((entry) => entry[family] === true),
        family,
      ).toBe(true);
    for (const why of Object.values(NO_PATHS)) expect(why.length).toBeGreaterThan(15);
  });

  it.each(kinds)('%s is what it says, and the server tells of the data', async (_name, { code, sql: statement, silent }: Kind) => {
    await sql(url, EMPTY);
    const error = await said(url, statement);
    const words = JSON.stringify({ ...error, message: error.message });
    expect(error.code, words).toBe(code);
    expect(canariesIn(words.replace(/"internalQuery":"(\\.|[^"\\])*"/, '')).length > 0, words).toBe(silent === undefined);
  });
});

/** A database of a path's own: paths run side by side. */
function own(): () => Promise<Rehearsing> {
  let opened: Promise<Rehearsing> | null = null;
  return () => {
    opened ??= rehearseOn(15, {}, { names: teamNames() });
    return opened;
  };
}

describe('a snapshot', () => {
  const code = (kind: string): string => `SQLSTATE ${KINDS[kind]?.code ?? ''}`;
  const restoring = (name: PathName, format: string, needed: (kind: string) => string): void => {
    const database = own();
    path(name, async (kind) => {
      const target = await database();
      const { url } = target.server.source;
      await sql(url, disarmed, EMPTY, armed(KINDS[kind]?.sql ?? ''));
      return holding(await told(target, () => target.server.restore(dumps[format] ?? '')), needed(kind), '\nunsupported\n');
    });
  };
  restoring('restoring a plain dump', 'plain', code);
  restoring('restoring a folder of COPY files', 'folder', code);
  // Of an archive the program gives no SQLSTATE; it met the same rows.
  for (const format of ['custom', 'directory', 'tar'] as const)
    restoring(`restoring a ${format} dump`, format, () => 'could not be restored');

  const statements = own();
  path('a statement of a plain dump', async (kind) => {
    const target = await statements();
    await sql(target.server.source.url, EMPTY);
    const file = join(target.folder, 'statement.sql');
    writeFileSync(file, `${KINDS[kind]?.sql};\n`);
    return holding(await told(target, () => target.server.restore(file)), code(kind), '\nunsupported\n');
  });

  const copies = own();
  path('copying a running database', async (kind) => {
    const target = await copies();
    await sql(target.server.source.url, disarmed, EMPTY, armed(KINDS[kind]?.sql ?? ''));
    return holding(await told(target, () => target.server.copyFrom(running.server.source.url)), 'could not be restored', '\nunsupported\n');
  });
});

describe('the source', () => {
  const rules = readMaskingRules(
    'version: 1\ntables:\n  public.people: { "*": mask, id: keep, mood: keep }\n  public.parts: { "*": keep }\n',
    'm.yml',
    KEY,
  );
  const onSource = (name: PathName, work: (one: Rehearsing) => Promise<unknown>, more: readonly string[], ...others: string[]): void => {
    const database = own();
    path(name, async (kind) => {
      const target = await database();
      await sql(target.server.source.url, disarmed, EMPTY, PEOPLE, INSERT_PERSON, ...more, armed(KINDS[kind]?.sql ?? ''));
      return holding(await told(target, () => work(target)), `SQLSTATE ${KINDS[kind]?.code}`, ...others);
    });
  };
  // Masking fires no trigger: there the search for what is left comes next, and finds texts.
  onSource('masking', ({ server }) => server.mask(rules), [], '\nleak\n');
  // What makes a table first may not while statistics are gathered.
  const READ_ONLY = ['SQLSTATE 42501', 'SQLSTATE 25006', 'SQLSTATE 0A000'];
  onSource('taking stock', ({ server }) => server.takeStock(), [INDEX_ON_BOOM], ...READ_ONLY);
  onSource('freezing', ({ server }) => server.freeze(), [INDEX_ON_BOOM], ...READ_ONLY);
});

describe('a copy', () => {
  const onCopy = (name: PathName, cell: (copy: DatabaseCopy, kind: string) => Promise<string>, isArmed = true): void => {
    let copy: Promise<DatabaseCopy> | null = null;
    path(name, async (kind) => {
      copy ??= copied.server.copy(name);
      const { access } = await copy;
      if (isArmed) await sql(access.url, armed(KINDS[kind]?.sql ?? ''));
      return cell(await copy, kind);
    });
  };
  const SCRIPT = 'SELECT public.boom(word) FROM public.people';
  const quiet = (): Pick<Rehearsing, 'logged'> => ({ logged: [] });

  // A check may not write: what has to make a table first ends there.
  onCopy('a check', async (copy, kind) =>
    holding(await told(quiet(), () => copy.query(SCRIPT)), `SQLSTATE ${KINDS[kind]?.code}`, 'SQLSTATE 25006'),
  );

  onCopy('the script of the load', async (copy, kind) => {
    const load = (): Promise<unknown> => copy.load({ tables: ['public.people'], script: SCRIPT, baseline: 10, signal });
    return holding(await told(quiet(), load), `SQLSTATE ${KINDS[kind]?.code}`);
  });

  onCopy('the generated load', async (copy, kind) => {
    const target = connectionTo(copied.host, copy.access.url.split('/').at(-1)?.split('?')[0] ?? '');
    const { blind } = await connected(target, (client) => tablesOfLoad(client, ['public.people'], teamNames()));
    return holding(JSON.stringify(blind), `a write fails with ${KINDS[kind]?.code}`);
  });

  // One migration with a statement for every kind, since watching takes a moment to begin and to end.
  let seen: Promise<string> | null = null;
  onCopy(
    'observing statements',
    async (copy, kind) => {
      seen ??= observeAll(copy);
      return holding(await seen, `"error":"${KINDS[kind]?.code}"`);
    },
    false,
  );
});

async function observeAll(copy: DatabaseCopy): Promise<string> {
  const observer = await copy.observe();
  for (const { sql: statement } of Object.values(KINDS)) {
    const client = new pg.Client({ connectionString: observer.access.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(`SET canary.sql = ${pg.escapeLiteral(statement)}`);
    await client.query('SELECT public.boom(word) FROM public.people').catch(() => undefined);
    await client.end().catch(() => undefined);
  }
  return JSON.stringify(await observer.end());
}

describe('a name that was made from data', () => {
  let named: Rehearsing;
  let shown: Shown;
  /** One whose source is not frozen. */
  let open: Rehearsing;
  const made = [PEOPLE, INSERT_PERSON, ...Object.values(NAMES).map(({ made: statement }) => statement)];
  beforeAll(async () => {
    named = await rehearseOn(15, {}, { names: teamNames() });
    await sql(named.server.source.url, ...made);
    shown = await runNamedCycles(named, teamNames);
    open = await rehearseOn(15, {}, { names: teamNames() });
    await sql(open.server.source.url, PEOPLE, 'ALTER TABLE public.people DROP CONSTRAINT booming', ...made.slice(1), fewer);
  }, 120_000);

  /** A table has to be declared to be masked, so the masking file spells its name; and a leak is told in twenty places at the most. */
  const fewer = `DROP TABLE public."of_${WORD}", "s_${WORD}".t; COMMENT ON TABLE public.people IS NULL; DROP POLICY "${WORD}" ON public.people`;
  const rulesOf = (tables: string) => readMaskingRules(`version: 1\ntables:\n${tables}`, 'm.yml', KEY);
  let undeclared: Promise<string> | null = null;
  path('columns that are undeclared', async () => {
    undeclared ??= told(open, () => open.server.mask(rulesOf('  public.parts: { "*": keep }\n')));
    return holding(await undeclared, 'unnamed column 1 of public.people (number 13, varchar(30))', 'character varying(30))');
  });

  let leaks: Promise<string> | null = null;
  path('looking for leaks', async (kind) => {
    await undeclared;
    const tables = '  public.people: { "*": mask, id: keep, mood: keep }\n  public.parts: { "*": { keep: reviewed } }\n';
    leaks ??= told(open, () => open.server.mask(rulesOf(tables)));
    const text = await leaks;
    const { leak } = NAMES[kind] ?? {};
    if (leak !== null && leak !== undefined && !leak.test(text)) throw new Error(`${leak} not in ${text}`);
    return text;
  });

  const phase = (name: PathName, of: string, needed: (kind: string) => RegExp | null): void =>
    path(name, async (kind) => {
      const text = shown.phases[of] ?? '';
      const wanted = needed(kind);
      if (wanted !== null && !wanted.test(text)) throw new Error(`${wanted} not in ${text}`);
      return text;
    });
  phase('the phase up', 'up', () => /unnamed table \d|unnamed partition \d+ of public\.parts/);
  phase('the phase verify', 'verify', () => /"table":"unnamed table \d+"/);
  phase('the phase equal', 'equal', (kind) => NAMES[kind]?.difference ?? null);
  phase('the phase up-again', 'up-again', () => /unnamed table \d+ is new|rows of unnamed table/);
  phase('the phase rerun', 'rerun', () => /rows of unnamed table \d+/);
  phase('the phase load', 'load', () => /"tables":\[.*unnamed/);
  phase('the phase interrupted', 'interrupted', () => /rows of unnamed table|unnamed/);

  path('summary, report, JSON and explanation', async (kind) => {
    const wanted = NAMES[kind]?.difference;
    if (!/unnamed/.test(shown.report) || wanted === undefined) throw new Error('no name in the report');
    return shown.report;
  });
});

describe('SQLite', () => {
  let folder = '';
  beforeAll(() => {
    folder = newFolder();
  });
  afterAll(() => removeFolder(folder));
  let files = 0;
  /** A database of a cell's own, restored: what a check or a script of the team's then asks of it fails. */
  const restored = async (kind: string, names = new KnownNames()) => {
    files += 1;
    const file = join(folder, `${files}.db`);
    const one = await startServer(folder, names);
    await one.server.restore(database(file, SQLITE_KINDS[kind]?.schema ?? 'CREATE TABLE t (v)'));
    return one;
  };

  path('restoring into SQLite', async (kind) => {
    const file = join(folder, 'dump.sql');
    writeFileSync(file, `${SQLITE_KINDS[kind]?.schema ?? ''};\n${SQLITE_KINDS[kind]?.sql};\n`);
    const fresh = await startServer(folder, teamNames());
    return told(fresh, () => fresh.server.restore(file));
  });

  path('a check in SQLite', async (kind) => {
    const { server } = await restored(kind);
    const check = await server.copy('check');
    // A check only reads, so what fails in writing fails with that.
    return withoutSpelled(await told({ logged: [] }, () => check.query(SQLITE_KINDS[kind]?.sql ?? '')));
  });

  path('the script of the load in SQLite', async (kind) => {
    const { server } = await restored(kind);
    const copy = await server.copy('load');
    const load = (): Promise<unknown> => copy.load({ tables: [], script: SQLITE_KINDS[kind]?.sql ?? '', baseline: 1, signal });
    return withoutSpelled(await told({ logged: [] }, load));
  });

  path('masking in SQLite', async (kind) => {
    const one = await restored(kind);
    const rules = readMaskingRules('version: 1\ntables:\n  main.u: { v: keep }\n', 'm.yml', KEY);
    return holding(await told(one, () => one.server.mask(rules)), 'masking_incomplete');
  });

  path('differences of SQLite', async (kind) => {
    const { server } = await restored(kind);
    const copy = await server.copy('equal');
    const lines = differencesBetween(await copy.describeSchema(), new Map(), new KnownNames());
    return holding(lines.join('\n'), 'unnamed');
  });
});

/** A name that the team's own query spells may be shown where SQLite missed it. */
function withoutSpelled(text: string): string {
  return text.replaceAll(/no such (?:column|table|function): [\w.]+/g, '');
}

describe('the table, once all of it has run', () => {
  it.each(Object.keys(PATHS) as PathName[])('%s: every cell that is to run did', (name) => {
    const wanted = cellsOf(name).filter(({ runs }) => runs);
    expect([...(ran.get(name) ?? [])].sort()).toEqual(wanted.map(({ kind }) => kind).sort());
  });
});
