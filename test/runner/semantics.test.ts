/** GitHub's published behaviours, one by one, each with where it is published. */
import { describe, expect, test } from 'vitest';
import { callRows } from './rows/calls.ts';
import { environmentRows } from './rows/environments.ts';
import { eventRows } from './rows/events.ts';
import { jobRows } from './rows/jobs.ts';
import type { Row } from './rows/row.ts';
import { runRows } from './rows/runs.ts';
import { openStage } from './stage.ts';

const TOPICS: Readonly<Record<string, readonly Row[]>> = {
  'called workflows': callRows,
  environments: environmentRows,
  events: eventRows,
  runs: runRows,
  jobs: jobRows,
};

async function playRow(row: Row): Promise<void> {
  expect(row.source).not.toBe('');
  const stage = await openStage(row.workflow, row.options);
  try {
    if (row.play === undefined) {
      await stage.runner.push('main', { actor: 'octocat' });
      await stage.runner.settled();
    } else await row.play(stage);
    row.expect(stage);
    if (row.violations === undefined) expect(stage.sandbox.violations).toEqual([]);
    else expect(stage.sandbox.violations.join('\n')).toMatch(row.violations);
  } finally {
    await stage.close();
  }
}

for (const [topic, rows] of Object.entries(TOPICS)) {
  describe(topic, () => {
    test.each(rows.map((row) => [row.behaviour, row.source, row] as const))('%s (%s)', (_behaviour, _source, row) => playRow(row));
  });
}
