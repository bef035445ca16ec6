import { expect, test } from 'vitest';
import { attemptsOf } from '../../src/github/asked-before.ts';
import type { RunJob } from '../../src/github/run-jobs.ts';

const COMMIT = 'a'.repeat(32);
const RULES = 'b'.repeat(12);

function job(name: string, changes: Partial<RunJob> = {}): RunJob {
  return {
    name,
    attempt: 1,
    status: 'completed',
    conclusion: 'success',
    startedAt: 0,
    completedAt: 1,
    runner: null,
    stayedOut: false,
    ...changes,
  };
}

test('jobs say in their names what they ask for', () => {
  const asks = [{ where: 'production / deploy to production', commit: COMMIT, rules: RULES, artifact: 7 }];
  const jobs = [job('Plan'), job(`Production / Deploy to production · ${COMMIT}/${RULES}/7`), job('Rollback', { conclusion: 'skipped' })];
  expect(attemptsOf(jobs)).toEqual([{ number: 1, asks, untold: false }]);
});

test('a name that GitHub has cut to a hundred characters says nothing, whatever the others say', () => {
  const cut = `${`Deploy to a place with a long name · ${COMMIT}/${RULES}/123456789`.padEnd(98, '0').slice(0, 97)}...`;
  expect(cut).toHaveLength(100);
  expect(attemptsOf([job(cut), job(`Deploy to uat · ${COMMIT}/${RULES}/7`)])).toMatchObject([{ untold: true }]);
});

test('an attempt whose jobs say nothing may have asked for anything, unless none of them waits', () => {
  expect(attemptsOf([job('deploy')])).toMatchObject([{ untold: true }]);
  expect(attemptsOf([job('Plan'), job('Build / Build')])).toMatchObject([{ untold: false }]);
});
