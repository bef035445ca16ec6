import { underWay } from '../github/under-way.ts';
import { gatherFor } from '../job/gathering.ts';
import type { Job } from '../job/job.ts';

/**
 * Answers where the candidate may go next. It is an answer, not a door: the step succeeds whatever the verdict is, and fails only when
 * the question cannot be answered.
 */
export async function plan(job: Job): Promise<void> {
  // Nothing of the answer's making is needed before GitHub has been asked, so it is loaded while GitHub works.
  const [gathered, { tellPlan }] = await Promise.all([gatherFor(job, 'plan'), underWay().then(() => import('../job/tell-plan.ts'))]);
  await tellPlan(job, gathered);
}
