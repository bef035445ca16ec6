import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepResult } from '../../sandbox/runner/action-step.ts';
import { BACK, MIGRATION, POSTGRES_15_BIN } from './database-commands.ts';
import { type GivenServer, GOODS, MASKING, type Options, oneJob, Scenario, startGivenServer, UNMASKED } from './faults-scenario.ts';
import { checksum, clientProgram, privateServer, type Rehearsing, sql } from './postgres/servers.ts';

let given: GivenServer;
beforeAll(async () => {
  given = await startGivenServer();
});
afterAll(() => given.end());

const quoted = (text: string): string => JSON.stringify(text);
const run = (command: string): string => `{ run: ${quoted(command)}, max-age: 7d }`;

function couldNot(job: StepResult, scenario: Scenario, because: RegExp): void {
  expect(job.outputs['explanation'], job.log).toMatch(because);
  expect(job.exitCode).toBe(1);
  expect(job.summary).toContain('could not be rehearsed for **staging**, and nothing is recorded');
  expect(job.outputs['rehearsal']).toBeUndefined();
  expect(job.log).not.toMatch(/^migrating/m);
  expect(scenario.recorded()).toEqual([]);
}

const DUMPED = '-- PostgreSQL database dump\n\n-- Dumped from database version 18.4\n-- Dumped by pg_dump version 18.4\n';

describe.concurrent('a rehearsal without data takes place nowhere, and says why', () => {
  it.each<[string, Options, RegExp]>([
    [
      'a snapshot that is truncated',
      { rehearsal: { snapshot: '{ file: cut.sql, max-age: 7d }' }, files: { 'cut.sql': `${DUMPED}CREATE TABLE t (id int);\n` } },
      /a plain dump that is truncated: its last line .* is missing/,
    ],
    [
      'one of another kind',
      { rehearsal: { snapshot: run('printf "SQLite format 3\\0" > "$PROMOTE_SNAPSHOT"') } },
      /a database of SQLite, and this rehearsal runs on PostgreSQL/,
    ],
    ['one that is empty', { rehearsal: { snapshot: run(': > "$PROMOTE_SNAPSHOT"') } }, /The snapshot is an empty file/],
    [
      'a pipe',
      { rehearsal: { snapshot: run('mkfifo "$PROMOTE_SNAPSHOT"') } },
      /is neither a file nor a folder. Write the dump into a file/,
    ],
    [
      'a folder with a link to nothing',
      { rehearsal: { snapshot: run('mkdir "$PROMOTE_SNAPSHOT"; ln -s nothing "$PROMOTE_SNAPSHOT/toc.dat"') } },
      /The snapshot at .* cannot be read: ENOENT/,
    ],
    [
      'one of another major version',
      {
        rehearsal: { snapshot: '{ file: old.sql, max-age: 7d }' },
        files: { 'old.sql': `${DUMPED.replace('version 18.4', 'version 13.9')}\n-- PostgreSQL database dump complete\n` },
      },
      /The snapshot comes from PostgreSQL 13, and this server is 18/,
    ],
    [
      'a snapshot command that hangs, and leaves what it started',
      { rehearsal: { snapshot: run('setsid sleep 1001 & sleep 1002'), timeout: '1s' } },
      /could not be fetched: its command was stopped after \d/,
    ],
    [
      'a snapshot that fails half-way, quoting a row',
      {
        rehearsal: { snapshot: '{ file: bad.sql, max-age: 7d }' },
        files: { 'bad.sql': `CREATE TABLE p (mail text PRIMARY KEY);\nINSERT INTO p VALUES ('${UNMASKED}'), ('${UNMASKED}');\n` },
      },
      /could not be restored\.\nline 2: a value that must be unique is there already \(unique_violation\) \(SQLSTATE 23505\)/,
    ],
    [
      'a file that does not exist',
      { rehearsal: { snapshot: '{ file: backups/shop.dump, max-age: 7d }' } },
      /names the snapshot "backups\/shop.dump", and there is nothing at/,
    ],
    [
      'a running database whose variable is missing',
      { rehearsal: { snapshot: '{ from: REPLICA_URL, max-age: 7d }' } },
      /names the variable REPLICA_URL as the database to copy from, and it is empty/,
    ],
    [
      'a running database that is not there',
      {
        rehearsal: { snapshot: '{ from: REPLICA_URL, max-age: 7d }' },
        variables: { REPLICA_URL: 'postgresql://u:the-password-of-the-server@127.0.0.1:1/x' },
      },
      /could not be reached: .*ECONNREFUSED/,
    ],
    [
      'a server whose variable is missing',
      { rehearsal: { server: 'REHEARSAL_SERVER' } },
      /names the variable REHEARSAL_SERVER as the server to rehearse on, and it is empty/,
    ],
    [
      'a masking file that is missing',
      { rehearsal: { masking: 'gone.yml' } },
      /names gone.yml as the masking file, and the checkout has no such file/,
    ],
    [
      'one that is no YAML',
      { rehearsal: { masking: 'masking.yml' }, files: { 'masking.yml': 'version: 1\ntables: [\n' } },
      /masking.yml:\d+:\d+/,
    ],
    [
      'one that makes a column null that may not be',
      { rehearsal: { masking: 'masking.yml' }, files: { 'masking.yml': MASKING.replace('{ mask: email }', 'null') } },
      /public\.goods\.seller.*(not null|NOT NULL)/,
    ],
    [
      'checks that are missing',
      { rehearsal: { checks: 'gone.yml' } },
      /names gone.yml as the file with the checks, and the checkout has no such file/,
    ],
    [
      'checks with mistakes',
      {
        rehearsal: { checks: 'checks.yml' },
        files: { 'checks.yml': 'version: 1\nlookups:\n  - { name: two, sql: SELECT 1, rows: none }\n' },
      },
      /checks.yml:3:\d+/,
    ],
    [
      'a value that has leaked',
      {
        rehearsal: {
          masking: 'masking.yml',
          snapshot: run(`node sql.cjs goods.sql "UPDATE goods SET notes = 'write to ' || seller WHERE id = 1"`),
        },
      },
      /public\.goods\.notes/,
    ],
  ])('%s', async (_name, options, because) => {
    const rehearsal = { migrate: quoted('echo migrating'), ...options.rehearsal };
    await oneJob({ ...options, rehearsal }, given, (job, scenario) => couldNot(job, scenario, because));
  });

  it('a leak is one by its code, and its copy is gone', async () => {
    const snapshot = run(`node sql.cjs goods.sql "UPDATE goods SET notes = seller"`);
    await oneJob({ on: 'private', rehearsal: { masking: 'masking.yml', snapshot } }, given, (job) => {
      const evidence = JSON.parse(readFileSync(job.outputs['rehearsal-evidence'] ?? '', 'utf8')) as {
        impossible: unknown;
        verdict: string;
      };
      expect(evidence).toMatchObject({ verdict: 'none', impossible: { code: 'leak' } });
    });
  });
});

it.each(['custom', 'directory', 'tar'])(
  'a %s archive whose rows are refused is told without them, in the log, the summary, the report and the evidence',
  async (format) => {
    const source = await privateServer(15);
    const { url, variables } = source.server.source;
    await sql(
      url,
      'CREATE FUNCTION named(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$',
      'CREATE FUNCTION upper_name(x text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN named(x); END $$',
      'CREATE TABLE people (email text, name text GENERATED ALWAYS AS (upper_name(email)) STORED)',
      `INSERT INTO people VALUES ('${UNMASKED}')`,
    );
    const dump = join(source.folder, format);
    execFileSync(clientProgram('pg_dump', 15), [`--format=${format}`, `--file=${dump}`], { env: { ...process.env, ...variables } });
    const options: Options = {
      on: 'private',
      rehearsal: { masking: 'masking.yml', migrate: quoted('echo migrating'), snapshot: run(`cp -r ${dump} "$PROMOTE_SNAPSHOT"`) },
      variables: { PROMOTE_POSTGRES_BIN: POSTGRES_15_BIN },
    };
    await oneJob(options, given, (job, scenario) =>
      couldNot(job, scenario, /could not be restored\.\npg_restore failed: .*\(undefined_function\) \(SQLSTATE 42883\)/),
    );
    await source.server.stop();
  },
);

describe.concurrent('what the default branch says of a rehearsal', () => {
  /** The candidate has its own files; the default branch goes on to others. */
  async function behind(
    candidate: Options,
    files: Options['files'],
    look: (job: StepResult, scenario: Scenario) => Promise<void> | void,
  ): Promise<void> {
    const scenario = await Scenario.open(candidate, given);
    try {
      const { run: behindMain } = scenario;
      scenario.push(files);
      scenario.run = behindMain;
      const job = await scenario.rehearse();
      await scenario.nothingLeft(job);
      await look(job, scenario);
    } finally {
      await scenario.close();
    }
  }
  const SEVERAL_REHEARSALS = 180_000;
  const KEPT = MASKING.replace('{ mask: email }', 'keep');
  const CHECKS = 'version: 1\ninvariants:\n  - { name: goods have names, sql: "SELECT FROM goods WHERE name = \'tea\'" }\n';
  const NONE = 'version: 1\n';

  it('a candidate that keeps every column gets masked data all the same, and the log says why', async () => {
    const candidate: Options = {
      // Fails where the migration can see a seller's own address.
      rehearsal: {
        masking: 'masking.yml',
        migrate: quoted("node sql.cjs \"DO 'BEGIN ASSERT NOT EXISTS (SELECT FROM goods WHERE seller ~ ''unmasked''); END'\" migration.sql"),
      },
      files: { 'masking.yml': KEPT },
    };
    await behind(candidate, { 'masking.yml': MASKING }, (job) => {
      expect(job.outputs['rehearsal'], job.log).not.toBe('fail');
      expect(job.outputs['rehearsal'], job.log).toBeDefined();
      const difference = 'masking.yml: public.goods.seller: mask (email), as main says, and not keep, as the candidate does.';
      expect(job.log).toContain(difference);
      expect(job.summary.replaceAll('\\', '')).toContain(`- ${difference}`);
      expect(job.summary).toContain("<summary>Where the candidate's masking, checks and load differ from what counts</summary>");
    });
  });

  it('a hotfix from before the masking file, and from before a table of it, is rehearsed with what applies', async () => {
    const candidate: Options = { rehearsal: { masking: 'masking.yml' }, files: { 'masking.yml': null } };
    await behind(candidate, { 'masking.yml': `${MASKING}  public.later:\n    id: keep\n    email: mask\n` }, (job) => {
      expect(job.outputs, job.log).toMatchObject({ rehearsal: 'pass' });
      expect(job.log).toContain('the data has no public.later.email');
    });
  });

  it('checks that the candidate took away are asked all the same', async () => {
    const candidate: Options = { rehearsal: { checks: 'checks.yml' }, files: { 'checks.yml': NONE } };
    await behind(candidate, { 'checks.yml': CHECKS }, (job) => {
      expect(job.outputs, job.log).toMatchObject({ rehearsal: 'fail' });
      expect(job.summary).toContain('goods have names');
    });
  });

  it(
    'a check that is newer than the candidate has a reason of its own, and merging the default branch is a way on',
    async () => {
      const candidate: Options = { rehearsal: { checks: 'checks.yml' }, files: { 'checks.yml': NONE } };
      const newer = CHECKS.replace("WHERE name = 'tea'", 'WHERE colour IS NULL');
      const colour = {
        'migration.sql': `${MIGRATION};ALTER TABLE goods ADD COLUMN IF NOT EXISTS colour text NOT NULL DEFAULT 'green'`,
        'back.sql': `${BACK};ALTER TABLE goods DROP COLUMN colour`,
      };
      await behind(candidate, { 'checks.yml': newer, ...colour }, async (job, scenario) => {
        expect(job.outputs, job.log).toMatchObject({ rehearsal: 'fail', 'rehearsal-reasons': '["check_ahead"]' });
        expect(job.outputs['explanation']).toContain('merge the default branch into it');
        scenario.push({ 'checks.yml': newer, ...colour });
        const merged = await scenario.rehearse();
        expect(merged.outputs, merged.log).toMatchObject({ rehearsal: 'pass' });
      });
    },
    SEVERAL_REHEARSALS,
  );

  it(
    'a candidate that stays without what a check asks for says why, which warns and is listed; a check that can be asked is not let off',
    async () => {
      const checks = (file: string): string =>
        file.replace('version: 1\n', 'version: 1\nlacks: { goods have names: colours come with 2.8 }\n');
      const candidate: Options = { rehearsal: { checks: 'checks.yml' }, files: { 'checks.yml': checks(NONE) } };
      await behind(candidate, { 'checks.yml': CHECKS.replace("WHERE name = 'tea'", 'WHERE colour IS NULL') }, (job) => {
        expect(job.outputs, job.log).toMatchObject({ rehearsal: 'warn', 'rehearsal-reasons': '["check_ahead"]' });
        expect(job.summary).toContain('colours come with 2.8');
      });
      await behind(candidate, { 'checks.yml': CHECKS }, (job) => {
        expect(job.outputs, job.log).toMatchObject({ rehearsal: 'fail', 'rehearsal-reasons': '["invariant_violated"]' });
      });
    },
    SEVERAL_REHEARSALS,
  );

  it(
    'the masking file of the version that is live counts where it is stricter, or alone names a column',
    async () => {
      const without = MASKING.replace(/ {4}seller.*\n/, '');
      const live: Options = {
        rehearsal: {
          masking: 'masking.yml',
          migrate: quoted(
            "node sql.cjs \"DO 'BEGIN ASSERT NOT EXISTS (SELECT FROM goods WHERE seller ~ ''unmasked''); END'\" migration.sql",
          ),
        },
        files: { 'masking.yml': MASKING },
      };
      // The default branch does not know the column any more; the candidate would keep it, or says nothing of it.
      for (const own of [MASKING.replace('{ mask: email }', 'keep'), without]) {
        const scenario = await Scenario.open(live, given);
        try {
          scenario.world.record({ environment: 'production', sha: scenario.run.sha });
          const candidate = scenario.push({ 'masking.yml': own });
          scenario.push({ 'masking.yml': without });
          scenario.run = candidate;
          const job = await scenario.rehearse();
          await scenario.nothingLeft(job);
          expect(job.outputs, job.log).toMatchObject({ rehearsal: 'pass' });
          expect(job.summary.replaceAll('\\', '')).toContain('public.goods.seller: mask (email), as the live version says alone');
        } finally {
          await scenario.close();
        }
      }
    },
    SEVERAL_REHEARSALS,
  );

  it.each([
    ['is not there', null, 'which is live, has none that can be read, so it has no say'],
    ['has mistakes', 'version: 1\ntables: 3\n', 'that of the live version has mistakes, so it has no say'],
  ])('a masking file of the live version that %s is told, and the default branch counts', async (_name, file, said) => {
    const scenario = await Scenario.open({ rehearsal: { masking: 'masking.yml' }, files: { 'masking.yml': file } }, given);
    try {
      scenario.world.record({ environment: 'production', sha: scenario.run.sha });
      scenario.push();
      const job = await scenario.rehearse();
      await scenario.nothingLeft(job);
      expect(job.outputs, job.log).toMatchObject({ rehearsal: 'pass' });
      expect(job.log).toContain(said);
      expect(job.summary).toContain(said);
    } finally {
      await scenario.close();
    }
  });

  it('a candidate may bring a table, its masks and its checks together', async () => {
    const brings: Options = {
      rehearsal: { masking: 'masking.yml', checks: 'checks.yml' },
      files: {
        'masking.yml': `${MASKING}    price: keep\n`,
        'checks.yml': 'version: 1\ninvariants:\n  - { name: prices are none yet, sql: SELECT FROM goods WHERE price < 0 }\n',
      },
    };
    await behind(brings, { 'masking.yml': MASKING, 'checks.yml': NONE }, (job) => {
      expect(job.outputs, job.log).toMatchObject({ rehearsal: 'pass' });
    });
  });
});

describe.concurrent('the masking file', () => {
  it('of a column that nobody declared is answered with a block that, pasted, lets the next one pass', async () => {
    const lacking = MASKING.replace(/ {4}(seller|notes).*\n/g, '');
    const scenario = await Scenario.open({ rehearsal: { masking: 'masking.yml' }, files: { 'masking.yml': lacking } }, given);
    try {
      const unnamed = await scenario.rehearse();
      couldNot(unnamed, scenario, /2 columns are declared neither keep, mask nor null in masking.yml/);
      // No file of the checkout spells them: they may have been made from data.
      expect(unnamed.outputs['explanation']).toMatch(
        / {2}unnamed column 1 of public\.goods \(number 3, text\)\n {2}unnamed column 2 .*\nWhoever may see/,
      );
      expect(`${unnamed.outputs['explanation']}${unnamed.summary}`).not.toMatch(/seller|notes/);
      scenario.push({ 'masking.yml': lacking, 'db/schema.sql': 'CREATE TABLE goods (id int, name text, seller text, notes text);' });
      const refused = await scenario.rehearse();
      couldNot(refused, scenario, /2 columns are declared neither keep, mask nor null in masking.yml/);
      await scenario.nothingLeft(refused);
      const block = [...(refused.outputs['explanation'] ?? '').matchAll(/^ {4}(seller|notes): .*$/gm)].map(([line]) => line);
      expect(block).toHaveLength(2);
      scenario.push({ 'masking.yml': `${lacking}${block.join('\n')}\n` });
      const passed = await scenario.rehearse();
      expect(passed.outputs, passed.log).toMatchObject({ rehearsal: 'pass' });
      await scenario.nothingLeft(passed);
    } finally {
      await scenario.close();
    }
  });

  it.each<[string, string, string, unknown[], RegExp]>([
    ['may name a column that the migration brings', 'price', 'pass', ['success', 'pass'], /^/],
    ['may name none that never comes', 'prize', 'fail', ['failure', 'fail'], /public\.goods\.prize/],
  ])('%s', async (_name, column, rehearsal, recorded, because) => {
    const files = { 'masking.yml': `${MASKING}    ${column}: keep\n` };
    await oneJob({ rehearsal: { masking: 'masking.yml' }, files }, given, (job, scenario) => {
      expect(job.outputs, job.log).toMatchObject({ rehearsal });
      expect(job.outputs['rehearsal-reasons']).toBe(rehearsal === 'pass' ? '[]' : '["masking_pending"]');
      expect(job.outputs['explanation'] ?? '').toMatch(because);
      expect(scenario.recorded()).toEqual([recorded]);
    });
  });
});

describe.concurrent('a masking file that names a table', () => {
  it('which neither the snapshot nor the migrated schema has is a note', async () => {
    const files = { 'masking.yml': `${MASKING}  public.later:\n    id: keep\n    email: mask\n` };
    await oneJob({ rehearsal: { masking: 'masking.yml' }, files }, given, (job) => {
      expect(job.outputs, job.log).toMatchObject({ rehearsal: 'pass' });
      expect(job.summary.replaceAll('\\', '')).toContain(
        'The masking file names public.later, a table that neither the snapshot nor the migrated schema has',
      );
    });
  });
});

describe('a running database', () => {
  let running: Rehearsing;
  let url = '';
  let others = '';
  beforeAll(async () => {
    // Whatever client programs there are reach at least this version.
    running = await privateServer(15);
    url = running.server.source.url;
    others = url.replace(/\/[^/]*$/, '/others');
    await sql(url, GOODS, 'CREATE DATABASE others', 'CREATE TABLE waiting (id int)');
    await sql(others, GOODS);
  });

  const options = { on: 'private', rehearsal: { snapshot: '{ from: REPLICA_URL, max-age: 7d }', masking: 'masking.yml' } } as const;
  const from = (replica: string): Options => ({ ...options, variables: { REPLICA_URL: replica, PROMOTE_POSTGRES_BIN: POSTGRES_15_BIN } });
  const sums = async (): Promise<string[]> => [await checksum(url), await checksum(others)];

  it('is only read', async () => {
    const before = await sums();
    await oneJob(from(others), given, async (job) => {
      expect(job.outputs, job.log).toMatchObject({ rehearsal: 'pass' });
      expect(job.log.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain(new URL(others).password);
      expect(await sums()).toEqual(before);
    });
  });

  it('is known to none of the candidate’s commands, under whatever name', async () => {
    const { rehearsal, variables } = from(others);
    const migrate = quoted('env | grep -v ^GIVEN= | sed s/^/given:/; node sql.cjs migration.sql');
    const also = { SAME_REPLICA: others, PROMOTE_ENV: `REPLICA_URL=${others}\nFROM_SECRETS=${others}?sslmode=disable` };
    await oneJob({ ...options, rehearsal: { ...rehearsal, migrate }, variables: { ...variables, ...also } }, given, (job) => {
      expect(job.outputs, job.log).toMatchObject({ rehearsal: 'pass' });
      const told = job.log.split('\n').filter((line) => line.startsWith('given:'));
      expect(told.some((line) => line.startsWith('given:DATABASE_URL='))).toBe(true);
      expect(told.filter((line) => /REPLICA|FROM_SECRETS|MASKING_KEY/.test(line) || line.includes(new URL(others).password))).toEqual([]);
    });
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('is let go of when %s ends the rehearsal while it is copied', async (signal) => {
    const scenario = await Scenario.open(from(url), given);
    const holding = new pg.Client({ connectionString: url });
    try {
      // Who dumps waits for this table.
      await holding.connect();
      await holding.query('BEGIN; LOCK TABLE waiting IN ACCESS EXCLUSIVE MODE');
      const dumping = async (): Promise<number> =>
        (await sql(others, "SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND wait_event_type = 'Lock'")).length;
      let copying = false;
      const job = await scenario.rehearse((log, child) => {
        if (copying || !log.includes('Copy the running database')) return;
        copying = true;
        void untilAsync(async () => (await dumping()) > 0).then(() => child.kill(signal));
      });
      expect(job.exitCode, job.log).toBe(signal === 'SIGKILL' ? null : 1);
      await scenario.nothingLeft(job);
      // A session that waits for a lock learns only afterwards that nobody is there any more.
      await holding.query('ROLLBACK');
      const sessions = async (): Promise<number> =>
        (await sql(others, "SELECT FROM pg_stat_activity WHERE application_name = 'promote'")).length;
      await untilAsync(async () => (await sessions()) === 0);
      expect(await sessions()).toBe(0);
    } finally {
      await holding.end();
      await scenario.close();
    }
  });
});

async function untilAsync(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400 && !(await condition()); tries += 1) await sleep(50);
}
