import { decide } from '../decision/decide.ts';
import { unmatchedNotes } from '../decision/rules/veto.ts';
import type { Gathered } from '../github/evidence.ts';
import { PLAIN } from '../report/markup.ts';
import { explanation } from '../report/refusal.ts';
import { findOnPath } from './environment.ts';
import type { Job } from './job.ts';
import { chainOutputs, isOpen, planOutputs } from './outputs.ts';
import { annotateRefusal, isQuiet, subjectOf, tell } from './telling.ts';
import { explainUnclearVetoes } from './unclear-vetoes.ts';

/** Vetoes that match nothing, told in the log; the summary says how many more there are. */
const MOST_NOTES = 20;

/** Decides, and tells the decision wherever people and later steps look for it. */
export async function tellPlan(job: Job, gathered: Gathered): Promise<void> {
  const decided = decide(gathered.pipeline, gathered.evidence, gathered.now);
  const unsaid = await explainUnclearVetoes(job, gathered);
  const decision = unsaid.length === 0 ? decided : { ...decided, notes: [...decided.notes, ...unsaid] };
  const asked = job.input.environment === null ? null : findOnPath(gathered.pipeline, decision, job.input.environment);
  const subject = subjectOf(job, gathered, decision, 'plan', asked?.name ?? null);
  job.toolkit.setOutputs({
    ...planOutputs(decision, asked, explanation(subject)),
    ...chainOutputs(gathered, decision, asked?.name ?? null),
  });
  await tell(job, subject);
  for (const note of [...unmatchedNotes(gathered.evidence).slice(0, MOST_NOTES), ...unsaid]) job.toolkit.info(PLAIN.text(note));
  if (!isOpen(asked?.verdict ?? decision.verdict)) annotateRefusal(job, subject, isQuiet(subject) ? 'notice' : 'warning');
}
