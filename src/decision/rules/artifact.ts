import type { CandidateContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { shortSha } from '../wording.ts';
import type { Rule } from './rule.ts';

/** What is promoted is built once and named by its digest; a second build of the same commit is another artifact that nobody has seen. */
export const artifact: Rule = { name: 'artifact', rollback: true, ofCandidate };

function ofCandidate(context: CandidateContext): readonly Reason[] {
  const { candidate, moment, intent } = context.evidence;
  const kind = candidate.artifact.kind;
  if (candidate.artifact.kind === 'unknown')
    return [reasonOf('artifact_unknown', null, { because: `The artifact is unknown: ${candidate.artifact.why}.` })];
  if (kind === 'to-be-built' && moment === 'door') {
    return [
      reasonOf('artifact_unbuilt', null, {
        because: `Nothing was built from ${shortSha(candidate.sha)}, and the job is about to deploy it.`,
      }),
    ];
  }
  return intent === 'rollback' ? NO_REASONS : rebuilt(context);
}

/** The artifact of a commit is the first one of it that was ever deployed successfully. */
function rebuilt(context: CandidateContext): readonly Reason[] {
  const { firstBuild: first, same } = context;
  const unread = context.facts.find((facts) => facts.records === null);
  if (unread !== undefined) {
    const because = `The records of ${unread.environment.name} could not be read: ${unread.unread}.`;
    return [reasonOf('builds_unread', null, { because })];
  }
  if (first === null || first.digest === same.digest) return NO_REASONS;
  const is = same.digest === null ? 'is to be built again' : `is now ${same.digest}`;
  const because = `${shortSha(same.sha)} was deployed to ${first.environment} as ${first.digest}, and ${is}.`;
  return [reasonOf('artifact_differs', null, { because, fix: `Pass ${first.digest} as the input artifact-digest, or make a new commit.` })];
}
