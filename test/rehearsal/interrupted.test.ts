import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkspace } from '../../src/rehearsal/workspace.ts';
import { checkOut, type GivenServer, type Options, Scenario, startGivenServer, when } from './faults-scenario.ts';

let given: GivenServer;
beforeAll(async () => {
  given = await startGivenServer();
});
afterAll(() => given.end());

const quoted = (text: string): string => JSON.stringify(text);

/** Says where it is, starts what would stay behind, and gives time to be ended. */
const slowly = (command: string): string => quoted(`setsid sleep 1001 & sleep 1002 & echo "begun on port $PGPORT"; sleep 0.5; ${command}`);

/** Everything there is to a rehearsal. */
const WHOLE: Options = {
  rehearsal: {
    snapshot: `{ run: ${slowly('cp goods.sql "$PROMOTE_SNAPSHOT"')}, max-age: 7d }`,
    masking: 'masking.yml',
    migrate: slowly('node sql.cjs migration.sql'),
    rollback: slowly('node sql.cjs back.sql'),
    previous: slowly('true'),
    checks: 'checks.yml',
    load: '{}',
    limits: '{ statement: false, lock: false, read-stall: false, write-stall: false, duration: false, load-errors: warn }',
  },
  files: { 'checks.yml': 'version: 1\nlookups: [{ name: a while, sql: SELECT pg_sleep(0.5) }]\n' },
};

/** Where a rehearsal is when its log says so, and what it does not come to say then. */
const PHASES: readonly (readonly [string, RegExp, RegExp])[] = [
  // With a server that is there already, the next is begun before the signal arrives.
  ['the server', /Rehearsing the migration/, /Restore the snapshot/],
  ['snapshot', /::group::Fetch the snapshot[\s\S]*begun/, /Restore the snapshot/],
  ['restore', /::group::Restore the snapshot/, /The snapshot has/],
  ['mask', /::group::Mask the data/, /::group::Migrate/],
  ['up', /::group::Migrate\n[\s\S]*begun/, /^up: /m],
  ['verify', /up: done/, /^verify: /m],
  ['previous', /::group::Test the version[\s\S]*begun/, /^previous: /m],
  ['down', /::group::Go back[\s\S]*begun/, /^down: /m],
  ['load, before the migration', /Putting load on/, /::group::Migrate beside load/],
  ['load', /::group::Migrate beside load[\s\S]*begun/, /^load: /m],
  ['interrupted', /::group::Migrate, to be killed[\s\S]*begun/, /^interrupted: /m],
];

/** By signal and server: where the rehearsal is ended. Each run shows that the one before left nothing in its way. */
const COURSES: readonly (readonly [NodeJS.Signals, 'given' | 'private', readonly string[]])[] = [
  ['SIGKILL', 'private', ['the server', 'restore', 'up', 'previous', 'load', 'interrupted']],
  ['SIGKILL', 'given', ['snapshot', 'mask', 'verify', 'down', 'load, before the migration']],
  ['SIGTERM', 'given', ['the server', 'restore', 'up', 'load', 'interrupted']],
  ['SIGTERM', 'private', ['snapshot', 'mask', 'verify', 'previous', 'down']],
  ['SIGINT', 'given', ['snapshot', 'up']],
];

describe.concurrent('a rehearsal that is ended in the middle leaves nothing, and the next one works', () => {
  it.each(COURSES)('by %s, on a server that is %s', { timeout: 300_000 }, async (signal, on, where) => {
    const scenario = await Scenario.open({ ...WHOLE, on }, given);
    try {
      scenario.world.record({ environment: 'production', sha: scenario.run.sha });
      scenario.push(WHOLE.files);
      const checkout = checkOut(scenario);
      for (const [phase, begun, after] of PHASES.filter(([name]) => where.includes(name))) {
        const job = await scenario.rehearse(when(begun, signal));
        const said = `${phase}:\n${job.log}`;
        expect(job.exitCode, said).toBe(signal === 'SIGKILL' ? null : 1);
        if (signal !== 'SIGKILL') expect(job.outputs['explanation'], said).toContain(`The job was cancelled (${signal})`);
        expect(job.log, phase).not.toMatch(after);
        await scenario.nothingLeft(job);
      }
      const job = await scenario.rehearse();
      expect(['pass', 'warn'], job.log).toContain(job.outputs['rehearsal']);
      await scenario.nothingLeft(job);
      expect(scenario.recorded()).toHaveLength(1);
      expect(execFileSync('git', ['-C', checkout, 'worktree', 'list'], { encoding: 'utf8' }).trim().split('\n')).toHaveLength(1);
    } finally {
      await scenario.close();
    }
  });

  it('with its guard, by a lost machine: the next one clears up', { timeout: 300_000 }, async () => {
    const migrate = quoted('test -n "$FAST" || { setsid sleep 1001 & echo migrating now; sleep 1002; }; node sql.cjs migration.sql');
    const scenario = await Scenario.open({ on: 'private', rehearsal: { migrate } });
    try {
      let lost = false;
      const job = await scenario.rehearse((log, child) => {
        if (lost || !log.includes('migrating now')) return;
        lost = true;
        const guard = scenario.processes().find((line) => line.includes('promote-guard'));
        process.kill(Number(guard?.split(' ')[0]), 'SIGKILL');
        child.kill('SIGKILL');
        // What holds the log open would go with the machine; here it stays, and the log is not waited for.
        child.stdout?.destroy();
        child.stderr?.destroy();
      });
      expect(job.exitCode).toBeNull();
      expect(scenario.folders()).toHaveLength(1);
      expect(scenario.processes()).not.toEqual([]);
      scenario.world.variables['FAST'] = 'yes';
      const next = await scenario.rehearse();
      expect(next.log).toContain('Removing what an earlier rehearsal left');
      expect(next.outputs, next.log).toMatchObject({ rehearsal: 'pass' });
      await scenario.nothingLeft(next);
    } finally {
      await scenario.close();
    }
  });
});

describe('the folder of a rehearsal', () => {
  const open = (base: string) =>
    openWorkspace(
      [base],
      () => true,
      () => undefined,
    );
  const owner = (folder: string): string => join(folder, 'owner');
  const changed = (folder: string, part: number): void => {
    const parts = readFileSync(owner(folder), 'utf8').split(' ');
    writeFileSync(owner(folder), parts.with(part, 'another').join(' '));
  };

  it.each<[string, (folder: string) => void, boolean]>([
    ['stays while its process works in it', () => undefined, true],
    ['goes when its process’s number belongs to another one', (folder) => changed(folder, 0), false],
    ['goes when the machine was started anew', (folder) => changed(folder, 1), false],
    ['stays when another container made it', (folder) => changed(folder, 2), true],
    [
      'goes when another container made it long ago',
      (folder) => {
        changed(folder, 2);
        utimesSync(folder, 1000, 1000);
      },
      false,
    ],
  ])('%s', async (_name, change, stays) => {
    const base = mkdtempSync(join(tmpdir(), 'promote-bases-'));
    try {
      const first = await open(base);
      change(first.folder);
      const second = await open(base);
      expect(readdirSync(base)).toHaveLength(stays ? 2 : 1);
      for (const { remove } of [first, second]) remove();
      expect(readdirSync(base)).toEqual([]);
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });
});
