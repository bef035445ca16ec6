import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import type { Rule } from './rule.ts';

/** Without an environment's records nobody knows what is live there or who is deploying. */
export const evidence: Rule = { name: 'evidence', rollback: true, ofEntry };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { facts } = context;
  if (facts.records !== null) return NO_REASONS;
  return [
    reasonOf('records_unread', facts.environment.name, {
      because: `The records of ${facts.environment.name} could not be read: ${facts.unread}.`,
    }),
  ];
}
