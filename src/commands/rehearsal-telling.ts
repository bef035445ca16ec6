import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from '../job/job.ts';
import type { RehearsalEvidence } from '../rehearsal/evidence.ts';
import { PLAIN } from '../report/markup.ts';
import { rehearsalBrief, rehearsalSentence, rehearsalText } from '../report/rehearsal.ts';
import { rehearsalPage } from '../report/rehearsal-page.ts';

/**
 * Leaves the evidence as JSON and as a page, for a later step to upload.
 * @returns `sha256:…` of the JSON
 */
export function keepEvidence(job: Job, evidence: RehearsalEvidence): { readonly digest: string } {
  const folder = join(process.env['RUNNER_TEMP'] || tmpdir(), 'rehearsal-reports');
  const { runId, runAttempt } = job.run;
  const name = `rehearsal-${evidence.environment.replaceAll(/[^\w.-]+/g, '-')}-${runId}-${runAttempt}`;
  const json = `${JSON.stringify(evidence, null, 1)}\n`;
  mkdirSync(folder, { recursive: true });
  const paths = { 'rehearsal-evidence': join(folder, `${name}.json`), 'rehearsal-report': join(folder, `${name}.html`) };
  writeFileSync(paths['rehearsal-evidence'], json);
  writeFileSync(paths['rehearsal-report'], rehearsalPage(evidence));
  job.toolkit.setOutputs({ ...paths, 'rehearsal-reasons': JSON.stringify(evidence.reasons.map(({ code }) => code)) });
  return { digest: `sha256:${createHash('sha256').update(json).digest('hex')}` };
}

/** Tells how it ended, where people look; fails the step unless the migration may go on. */
export async function tellRehearsal(
  job: Job,
  evidence: RehearsalEvidence,
  record: { readonly id: number; readonly url: string } | null,
): Promise<void> {
  const text = rehearsalText(evidence);
  await job.toolkit.summarize(rehearsalBrief(evidence, record));
  const { verdict } = evidence;
  if (verdict === 'pass') return job.toolkit.info(text);
  job.toolkit.setOutputs({ explanation: text });
  job.toolkit.annotate(verdict === 'warn' ? 'warning' : 'error', rehearsalSentence(evidence, PLAIN), text);
  if (verdict !== 'warn') job.toolkit.fail();
}
