import { decide } from '../decision/decide.ts';
import type { Gathered } from '../github/evidence.ts';
import { explanation } from '../report/refusal.ts';
import { findOnPath } from './environment.ts';
import type { Job } from './job.ts';
import { chainOutputs, isOpen, planOutputs } from './outputs.ts';
import { annotateRefusal, isQuiet, subjectOf, tell } from './telling.ts';

/** Decides, and tells the decision wherever people and later steps look for it. */
export async function tellPlan(job: Job, gathered: Gathered): Promise<void> {
  const decision = decide(gathered.pipeline, gathered.evidence, gathered.now);
  const asked = job.input.environment === null ? null : findOnPath(gathered.pipeline, decision, job.input.environment);
  const subject = subjectOf(job, gathered, decision, 'plan', asked?.name ?? null);
  job.toolkit.setOutputs({
    ...planOutputs(decision, asked, explanation(subject)),
    ...chainOutputs(gathered, decision, asked?.name ?? null),
  });
  await tell(job, subject);
  if (!isOpen(asked?.verdict ?? decision.verdict)) annotateRefusal(job, subject, isQuiet(subject) ? 'notice' : 'warning');
}
