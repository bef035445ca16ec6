import type { CandidateContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { shortSha } from '../wording.ts';
import type { Rule } from './rule.ts';

/** The candidate's ref must select a route and still stand behind the commit, and the commit must be the repository's own. */
export const ref: Rule = { name: 'ref', rollback: true, ofCandidate };

function ofCandidate(context: CandidateContext): readonly Reason[] {
  const { candidate } = context.evidence;
  if (context.route === null) {
    const because = `No route of ${context.pipeline.path} takes ${candidate.ref}.`;
    return [reasonOf('no_route', null, { because }), ...forkReasons(context)];
  }
  const behind = refReasons(context);
  return candidate.fork ? [...forkReasons(context), ...behind] : behind;
}

function forkReasons(context: CandidateContext): readonly Reason[] {
  const { candidate } = context.evidence;
  if (!candidate.fork) return NO_REASONS;
  return [reasonOf('fork', null, { because: `${shortSha(candidate.sha)} comes from another repository.` })];
}

/** What succeeded in an environment before is proven by its record; a rollback to it does not need the ref any more. */
function refReasons(context: CandidateContext): readonly Reason[] {
  const { candidate, intent } = context.evidence;
  if (intent === 'rollback') return NO_REASONS;
  const { ref: name, refState } = candidate;
  if (!refState.read) return [reasonOf('ref_unread', null, { because: `${name} could not be read: ${refState.why}.` })];
  if (refState.value === 'gone') return [reasonOf('ref_gone', null, { because: `${name} no longer exists.` })];
  if (refState.value === 'moved')
    return [reasonOf('ref_moved', null, { because: `${name} no longer contains ${shortSha(candidate.sha)}.` })];
  return NO_REASONS;
}
