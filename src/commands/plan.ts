import { decide } from '../decision/decide.ts';
import { explanation } from '../report/refusal.ts';
import { findOnPath } from './environment.ts';
import { gatherFor } from './gathering.ts';
import type { Job } from './job.ts';
import { chainOutputs, isOpen, planOutputs } from './outputs.ts';
import { annotateRefusal, isQuiet, setOutputs, subjectOf, tell } from './telling.ts';

/**
 * Answers where the candidate may go next. It is an answer, not a door: the step succeeds whatever the verdict is, and fails only when
 * the question cannot be answered.
 */
export async function plan(job: Job): Promise<void> {
  const gathered = await gatherFor(job, 'plan');
  const decision = decide(gathered.pipeline, gathered.evidence, gathered.now);
  const asked = job.input.environment === null ? null : findOnPath(gathered.pipeline, decision, job.input.environment);
  const subject = subjectOf(job, gathered, decision, 'plan', asked?.name ?? null);
  setOutputs(job, { ...planOutputs(decision, asked, explanation(subject)), ...chainOutputs(gathered, decision, asked?.name ?? null) });
  await tell(job, subject);
  if (!isOpen(asked?.verdict ?? decision.verdict)) annotateRefusal(job, subject, isQuiet(subject) ? 'notice' : 'warning');
}
