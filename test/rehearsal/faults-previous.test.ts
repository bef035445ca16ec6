import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepResult } from '../../sandbox/runner/action-step.ts';
import { checkOut, filesWith, type GivenServer, Scenario, startGivenServer } from './faults-scenario.ts';

let given: GivenServer;
beforeAll(async () => {
  given = await startGivenServer();
});
afterAll(() => given.end());

interface Seen {
  readonly job: StepResult;
  readonly scenario: Scenario;
  readonly checkout: string;
  readonly git: (...parameters: string[]) => string;
}

/** A rehearsal in a checkout, while the commit before is live in production. */
async function whileLive(previous: string, change: (checkout: string) => void, look: (seen: Seen) => void): Promise<void> {
  const scenario = await Scenario.open(
    { rehearsal: { previous: JSON.stringify(previous) }, files: { 'version.txt': 'the old one' } },
    given,
  );
  try {
    scenario.world.record({ environment: 'production', sha: scenario.run.sha });
    scenario.push({ 'version.txt': 'the new one' });
    const checkout = checkOut(scenario);
    change(checkout);
    const job = await scenario.rehearse();
    await scenario.nothingLeft(job);
    look({ job, scenario, checkout, git: (...parameters) => execFileSync('git', ['-C', checkout, ...parameters], { encoding: 'utf8' }) });
  } finally {
    await scenario.close();
  }
}

describe.concurrent('the version that is live', () => {
  it('is checked out beside the candidate, tested on the migrated database, and gone afterwards', async () => {
    const test = 'grep "the old one" version.txt; node "$GITHUB_WORKSPACE/sql.cjs" "SELECT price FROM goods"; git status --short';
    await whileLive(
      test,
      () => undefined,
      ({ job, scenario, checkout, git }) => {
        expect(job.outputs, job.log).toMatchObject({ rehearsal: 'pass' });
        expect(job.log).toMatch(/^the old one\n\[{"price":7},{"price":7}\]$/m);
        expect(git('worktree', 'list').trim().split('\n')).toHaveLength(1);
        expect(git('status', '--porcelain')).toBe('');
        const basic = Buffer.from(`x-access-token:${scenario.world.token}`).toString('base64');
        expect(filesWith(checkout, [scenario.world.token, basic])).toEqual([]);
      },
    );
  });

  it.each<[string, string, (checkout: string) => void, string, string, RegExp]>([
    ['that breaks fails it', 'echo cannot; exit 4', () => undefined, 'fail', 'previous_broken', /ended with exit code 4/],
    [
      'whose commit cannot be had warns',
      'true',
      (checkout) => void execFileSync('git', ['-C', checkout, 'remote', 'set-url', 'origin', 'file:///nowhere']),
      'warn',
      'previous_unavailable',
      /commit \w{8}, which is live, could not be checked out: fatal: /,
    ],
    [
      'where nothing was checked out warns',
      'true',
      (checkout) => rmSync(join(checkout, '.git'), { recursive: true }),
      'warn',
      'previous_unavailable',
      /is no Git checkout/,
    ],
  ])('%s', async (_name, previous, change, verdict, code, because) => {
    await whileLive(previous, change, ({ job }) => {
      expect(job.outputs, job.log).toMatchObject({ rehearsal: verdict, 'rehearsal-reasons': JSON.stringify([code]) });
      expect(job.outputs['explanation']).toMatch(because);
    });
  });
});
