import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { instantText, versionOf } from '../wording.ts';
import type { Rule } from './rule.ts';

/** A rollback goes only to what succeeded in this environment before, and not to what is live there. */
export const rollback: Rule = { name: 'rollback', rollback: true, ofEntry };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { candidate, facts } = context;
  if (candidate.evidence.intent !== 'rollback' || facts.records === null) return NO_REASONS;
  const { name } = facts.environment;
  const version = versionOf(candidate.evidence.candidate);
  // What claims that it did and is not confirmed has a reason of its own.
  if (facts.entry === null && facts.doubted !== null) return NO_REASONS;
  if (facts.entry === null) return [reasonOf('rollback_unproven', name, { because: `${version} never succeeded in ${name}.` })];
  if (facts.live !== facts.entry) return NO_REASONS;
  const failed = facts.failure === null ? '' : `, and failed since (record ${facts.failure.id})`;
  return [
    reasonOf('rollback_live', name, {
      because: `${version} has been live in ${name} since ${instantText(facts.entry.finishedAt ?? facts.entry.createdAt)}${failed}.`,
    }),
  ];
}
