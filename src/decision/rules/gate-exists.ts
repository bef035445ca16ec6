import { asksSomebody, whyInsufficient } from '../approvals.ts';
import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import type { Rule } from './rule.ts';

/** A gate that the pipeline asks for must be seen on GitHub: a missing environment would be created open, and one without reviewers asks nobody. */
export const gateExists: Rule = { name: 'gate-exists', rollback: true, ofEntry };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { gate, name } = context.environment;
  if (gate === null) return NO_REASONS;
  const protection = context.facts.evidence?.protection;
  if (protection === undefined || !protection.read) {
    return [
      reasonOf('protection_unread', name, {
        because: `How GitHub protects ${name} could not be read: ${protection?.why ?? 'it was not asked for'}.`,
      }),
    ];
  }
  if (protection.value === null) return [reasonOf('environment_missing', name, { because: `GitHub has no environment ${name}.` })];
  if (!asksSomebody(protection.value))
    return [reasonOf('reviewers_missing', name, { because: `${name} has no required reviewers on GitHub.` })];
  if (context.approvals?.missing === 0) return NO_REASONS;
  const why = whyInsufficient(gate, protection.value, context.candidate.evidence, name);
  return why === null
    ? NO_REASONS
    : [reasonOf('reviewers_insufficient', name, { because: `The gate of ${name} can never be satisfied: ${why}.` })];
}
