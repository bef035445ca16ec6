import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { shortSha, versionOf } from '../wording.ts';
import type { Rule } from './rule.ts';

/** What is newer is decided by the commits, never by clocks: the candidate must contain what it replaces. */
export const ancestry: Rule = { name: 'ancestry', rollback: false, ofEntry };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { live } = context.facts;
  const { candidate, relations } = context.candidate.evidence;
  const { environment } = context;
  if (live === null || live.sha === candidate.sha) return NO_REASONS;
  if (environment.downgrade === 'allow' && environment.divergence === 'allow') return NO_REASONS;
  const relation = relations.get(live.sha);
  if (relation === 'same' || relation === 'contains') return NO_REASONS;
  const there = `${versionOf(live)} is live in ${environment.name}`;
  if (relation === 'contained') {
    if (environment.downgrade === 'allow') return NO_REASONS;
    return [reasonOf('superseded', environment.name, { because: `${there} and contains ${shortSha(candidate.sha)}.` })];
  }
  if (relation === 'diverged') {
    if (environment.divergence === 'allow') return NO_REASONS;
    const fix = `Merge ${shortSha(live.sha)} into the candidate's branch, and promote the merge.`;
    return [reasonOf('diverged', environment.name, { because: `${there}, and ${shortSha(candidate.sha)} does not contain it.`, fix })];
  }
  return [
    reasonOf('ancestry_unread', environment.name, {
      because: `${there}, and nobody could read whether ${shortSha(candidate.sha)} contains it.`,
    }),
  ];
}
