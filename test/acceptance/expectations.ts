/** What the scenarios of a door assert again and again, as people would see it. */
import { expect } from 'vitest';
import type { StepResult } from '../../sandbox/runner/action-step.ts';
import type { World } from './world.ts';

/**
 * The door said no for exactly these reasons: the step failed with an annotation, and neither the environment nor its records were touched. For a
 * world without any record before.
 */
export function expectRefused(world: World, job: StepResult, ...reasons: string[]): void {
  expect(job).toMatchObject({ exitCode: 1, outputs: { verdict: 'blocked', proceed: 'false', reason: reasons[0] } });
  expect(JSON.parse(job.outputs['reasons'] ?? '')).toEqual(reasons);
  expect(job.log).toMatch(/^::error /m);
  expect(job.log).not.toMatch(/^deploying /m);
  expect(job.summary).toContain(`\`${reasons[0]}\``);
  expect(world.records()).toEqual([]);
}

/** The pipeline's command ran, and the only record there is says so. */
export function expectEntered(world: World, job: StepResult, approvedBy: readonly string[]): void {
  expect(job).toMatchObject({ exitCode: 0, outputs: { verdict: 'deploy', proceed: 'true' } });
  expect(JSON.parse(job.outputs['approved-by'] ?? '')).toEqual(approvedBy);
  expect(job.log).toMatch(/^deploying /m);
  const [record, ...others] = world.records();
  expect(others).toEqual([]);
  expect(record).toMatchObject({ id: Number(job.outputs['record']), outcome: 'success', payload: { approvedBy } });
}
