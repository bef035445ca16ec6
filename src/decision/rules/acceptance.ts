import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { instantText, versionOf } from '../wording.ts';
import type { Rule } from './rule.ts';

/** Where people sign off after using a version, the candidate waits for them once it is there. */
export const acceptance: Rule = { name: 'acceptance', rollback: false, ofStay };

function ofStay(context: EntryContext): readonly Reason[] {
  const { facts, environment, candidate } = context;
  const asked = environment.acceptance;
  if (asked === null || facts.acceptance !== null || facts.entry === null) return NO_REASONS;
  const since = instantText(facts.entry.finishedAt ?? facts.entry.createdAt);
  const because = `${versionOf(candidate.evidence.candidate)} has been in ${environment.name} since ${since}, and has not been accepted.`;
  const fix = `Try it, and approve ${asked.environment} on the page of the run.`;
  return [reasonOf('acceptance_missing', environment.name, { because, fix, who: asked.by })];
}
