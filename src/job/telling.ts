import type { Decision } from '../decision/decision.ts';
import type { Moment } from '../decision/evidence.ts';
import type { Gathered } from '../github/evidence.ts';
import { brief } from '../report/brief.ts';
import { explanation, refusal } from '../report/refusal.ts';
import { type BriefSubject, type RecordLeft, verdictOf } from '../report/subject.ts';
import { intentOf } from './gathering.ts';
import type { Job } from './job.ts';

/** The page that explains every reason code. */
const REASONS_URL = 'https://github.com/org/promote-action/blob/v1/docs/reasons.md';

/** A job's decision with all that is needed to put it into words. `environment`: the one asked about; `null`: the next stage. */
export function subjectOf(job: Job, gathered: Gathered, decision: Decision, moment: Moment, environment: string | null): BriefSubject {
  const { serverUrl, owner, repo } = job.run;
  return inquirySubject(gathered, decision, {
    moment,
    intent: intentOf(job),
    environment,
    repositoryUrl: `${serverUrl}/${owner}/${repo}`,
  });
}

/** The same where there is no job. */
export function inquirySubject(
  gathered: Pick<Gathered, 'pipeline' | 'changes'>,
  decision: Decision,
  asked: Pick<BriefSubject, 'moment' | 'intent' | 'environment' | 'repositoryUrl'>,
): BriefSubject {
  return { ...asked, decision, pipeline: gathered.pipeline, changes: gathered.changes, reasonsUrl: REASONS_URL, records: [] };
}

/** Writes the answer into the log, folded where it is long, and into the job summary. */
export async function tell(job: Job, subject: BriefSubject, records: readonly RecordLeft[] = []): Promise<void> {
  const text = explanation(subject);
  const [headline = '', ...rest] = text.split('\n');
  job.toolkit.info(headline);
  if (rest.some((line) => line.trim() !== '')) {
    await job.toolkit.group('Why', async () => job.toolkit.info(rest.join('\n').trim()));
  }
  await job.toolkit.summarize(brief({ ...subject, records }));
}

/** An annotation for an answer that is no: an error where it ends the step, a warning or a notice where it does not. */
export function annotateRefusal(job: Job, subject: BriefSubject, level: 'notice' | 'warning' | 'error'): void {
  const { title, message } = refusal(subject);
  job.toolkit.annotate(level, title, message);
}

/** What ends quietly: nothing is wrong, somebody else was faster or everything is done. */
export function isQuiet(subject: BriefSubject): boolean {
  return ['superseded', 'complete', 'wait'].includes(verdictOf(subject));
}
