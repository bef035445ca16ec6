import { decide } from '../decision/decide.ts';
import type { Decision } from '../decision/decision.ts';
import { reachOf } from '../decision/reach.ts';
import { shortSha } from '../decision/wording.ts';
import { wasLiftedSince } from '../github/closed-issues.ts';
import { candidateFromEvent } from '../github/event.ts';
import { EvidenceError, type Gathered, gatherEvidence } from '../github/evidence.ts';
import type { WorkflowRun } from '../github/workflow-runs.ts';
import { DEFAULT_PIPELINE_PATH } from '../pipeline/load.ts';
import type { Job } from './job.ts';

/** A run with what is decided about its candidate now. */
export interface WaitingCandidate {
  readonly run: WorkflowRun;
  readonly gathered: Gathered;
  readonly decision: Decision;
  /** Where the run would go first; nothing when it would end at once. */
  readonly targets: readonly string[];
}

/**
 * Decides about a run's candidate as its plan would. `null` when nothing can be decided: that it cannot be read is no reason to leave the
 * others waiting.
 * @throws GitHubError when GitHub cannot be asked
 */
export async function decideAbout(job: Job, policyText: string | null, run: WorkflowRun): Promise<WaitingCandidate | null> {
  try {
    const event = { ...job.run, name: 'schedule', payload: null, sha: '', ref: '', repository: `${job.run.owner}/${job.run.repo}` };
    const gathered = await gatherEvidence(job.client, {
      owner: job.run.owner,
      repo: job.run.repo,
      candidate: candidateFromEvent(event, { ref: run.refName ?? '', sha: run.sha }),
      run: { id: run.id, attempt: run.attempt },
      moment: 'plan',
      intent: 'promote',
      environmentsHint: policyText,
      rootHint: job.readCheckout(DEFAULT_PIPELINE_PATH),
      pipelinePath: job.input.pipelinePath,
    });
    const decision = decide(gathered.pipeline, gathered.evidence, gathered.now);
    job.toolkit.info(
      `${decision.candidate.version} (run ${run.id}): ${decision.verdict}${decision.targets.length > 0 ? ` before ${decision.targets.join(', ')}` : ''}`,
    );
    return { run, gathered, decision, targets: targetsOf(gathered, decision) };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    job.toolkit.info(`${run.refName} at ${shortSha(run.sha)} (run ${run.id}): ${error.message}`);
    return null;
  }
}

/** Where the candidate would go first if a bot had started its run: nowhere where a gate excludes whoever did. */
export function targetsFor(bot: string, gathered: Gathered): readonly string[] {
  const { pipeline, evidence, now } = gathered;
  const candidate = { ...evidence.candidate, bot };
  return targetsOf(gathered, decide(pipeline, { ...evidence, candidate }, now));
}

function targetsOf(gathered: Gathered, decision: Decision): readonly string[] {
  const [first = []] = reachOf(gathered.pipeline, decision).stages;
  return first.map(({ environment }) => environment);
}

/**
 * Whether the run was run again in vain, so that the next time would be no better: time did not bar its last attempt, neither when that
 * began nor when it ended, the attempt brought the candidate nowhere, and nobody lifted a hold or a veto since.
 */
export async function wasInVain(job: Job, { run, gathered }: WaitingCandidate): Promise<boolean> {
  if (!run.isRepeated || hasComeOn(run, gathered)) return false;
  const { pipeline, evidence } = gathered;
  const wasBarred = (at: number) => targetsOf(gathered, decide(pipeline, evidence, at)).length === 0;
  if (wasBarred(run.startedAt) || wasBarred(run.updatedAt)) return false;
  return !(await wasLiftedSince(job.client, job.run, run.startedAt));
}

/** Whether the candidate entered an environment, or was accepted there, since the last attempt began. A rehearsal repeats itself. */
function hasComeOn(run: WorkflowRun, { records }: Gathered): boolean {
  const all = [...records.values()].flatMap((read) => (read.read ? read.value : []));
  return all.some(
    ({ sha, kind, finishedAt, outcome }) =>
      sha === run.sha && outcome === 'success' && (kind === 'promotion' || kind === 'acceptance') && (finishedAt ?? 0) >= run.startedAt,
  );
}
