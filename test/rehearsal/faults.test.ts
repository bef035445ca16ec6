import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GivenServer, type Options, oneJob, startGivenServer } from './faults-scenario.ts';

let given: GivenServer;
beforeAll(async () => {
  given = await startGivenServer();
});
afterAll(() => given.end());

type Rehearsal = NonNullable<Options['rehearsal']>;
const quoted = (text: string): string => JSON.stringify(text);

describe.concurrent('a migration or a way back that goes wrong is recorded as a failure, with its reason', () => {
  const price = 'node sql.cjs migration.sql';
  it.each<[string, Rehearsal, readonly string[], RegExp]>([
    ['fails', { migrate: quoted('node sql.cjs "SELECT 1/0"') }, ['migration_failed'], /failed with 22012/],
    [
      'hangs',
      { migrate: quoted('echo "port $PGPORT"; node sql.cjs "SELECT pg_sleep(60)"'), timeout: '2s' },
      ['migration_timeout'],
      /was stopped after 2/,
    ],
    [
      'hangs, and what it started listens to no signal and has left its group',
      {
        migrate: quoted(`trap "" TERM; (trap "" TERM; sleep 1001) & setsid sleep 1002 & sleep 1003`),
        timeout: '1s',
      },
      ['migration_timeout'],
      /was stopped after/,
    ],
    [
      'loses its connection',
      { migrate: quoted('node sql.cjs "SELECT pg_terminate_backend(pg_backend_pid())"') },
      ['connection_lost'],
      /57P01/,
    ],
    [
      'runs into a deadlock of its own',
      {
        migrate: quoted(
          'lock() { node sql.cjs "BEGIN; LOCK TABLE goods IN $1 MODE; SELECT pg_sleep(1); LOCK TABLE goods IN EXCLUSIVE MODE; COMMIT"; }; lock SHARE & lock SHARE; wait $!',
        ),
      },
      ['migration_deadlock'],
      /40P01/,
    ],
    ['has a way back that fails', { rollback: quoted('node sql.cjs "DROP TABLE nothing"') }, ['rollback_failed'], /exit code 3/],
    ['has a way back that lies', { rollback: quoted('true') }, ['rollback_incomplete'], /price/],
    [
      'has no way back where one is asked for',
      { rollback: null, limits: '{ rollback: fail }' },
      ['rollback_missing'],
      /names no `rollback`/,
    ],
    [
      'violates what the checks ask, or cannot be asked',
      { migrate: quoted(`${price} "DELETE FROM goods WHERE id = 2"`), checks: 'checks.yml' },
      ['check_failed', 'invariant_violated', 'lookup_empty', 'row_change_unexplained'],
      /a table is missing \(undefined_table\), at character 13: nowhere \(SQLSTATE 42P01\)/,
    ],
  ])('%s', async (_name, rehearsal, codes, because) => {
    const checks = `version: 1
invariants:
  - { name: goods cost something, sql: SELECT FROM goods WHERE price = 7 }
  - { name: nothing is nowhere, sql: SELECT FROM nowhere }
lookups:
  - { name: two goods, sql: SELECT FROM goods, rows: 2 }
`;
    await oneJob({ rehearsal, files: { 'checks.yml': checks } }, given, (job, scenario) => {
      const found = JSON.parse(job.outputs['rehearsal-reasons'] ?? '[]') as string[];
      expect(found, job.log).toEqual(expect.arrayContaining([...codes]));
      expect(job).toMatchObject({ exitCode: 1, outputs: { rehearsal: 'fail', explanation: expect.stringMatching(because) } });
      expect(job.summary).toContain('failed its rehearsal for **staging**');
      expect(scenario.recorded()).toEqual([['failure', 'fail']]);
    });
  });
});
