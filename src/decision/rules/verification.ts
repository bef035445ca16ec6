import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import type { Rule } from './rule.ts';

/** Where an earlier environment is verified after deploying, an entry without that verification passes nothing. */
export const verification: Rule = { name: 'verification', rollback: false, ofEntry };

function ofEntry(context: EntryContext): readonly Reason[] {
  const unverified = context.earlier.notPassed.find((facts) => facts.progress === 'unverified');
  if (unverified === undefined) return NO_REASONS;
  const { name } = unverified.environment;
  const because = `Record ${unverified.entry?.id ?? 0} in ${name} succeeded without the verification that ${name} asks for.`;
  return [
    reasonOf('verification_missing', context.environment.name, {
      because,
      fix: `Deploy the candidate to ${name} again, with its verification.`,
    }),
  ];
}
