import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import type { Evidence } from '../evidence.ts';
import { type Facts, rehearsalEnds } from '../facts.ts';
import { migrationsFor } from '../migrations.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { instantText } from '../wording.ts';
import type { Rule } from './rule.ts';

/** The migration of the same artifact must have been rehearsed in every earlier environment that rehearses, on a snapshot that is fresh enough. */
export const rehearsal: Rule = { name: 'rehearsal', rollback: false, ofEntry, ofStay, opensAt };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { notRehearsed, staleFirst } = context.earlier;
  const { name } = context.environment;
  if (notRehearsed !== null) return [notGood(notRehearsed, name, context.candidate.evidence)];
  if (staleFirst === null || rehearsalEnds(staleFirst) >= context.candidate.now) return NO_REASONS;
  const where = staleFirst.environment.name;
  const because = `The snapshot of the rehearsal in ${where} counted until ${instantText(rehearsalEnds(staleFirst))}.`;
  return [
    reasonOf('rehearsal_stale', name, {
      because,
      fix: `Fetch a fresh snapshot and run the rehearsal in ${where} again.`,
      who: ownerOf(staleFirst),
    }),
  ];
}

/** The environment's own rehearsal, once the candidate is there. */
function ofStay(context: EntryContext): readonly Reason[] {
  const { rehearsed } = context.facts;
  return rehearsed === null || rehearsed.passed
    ? NO_REASONS
    : [notGood(context.facts, context.environment.name, context.candidate.evidence)];
}

/** Time opens nothing here; it only makes a rehearsal stale. */
function opensAt(context: EntryContext, at: number): number {
  const { notRehearsed, staleFirst } = context.earlier;
  if (notRehearsed !== null) return Number.POSITIVE_INFINITY;
  return staleFirst === null || rehearsalEnds(staleFirst) >= at ? at : Number.POSITIVE_INFINITY;
}

function notGood(facts: Facts, environment: string, evidence: Evidence): Reason {
  const where = facts.environment.name;
  const { rehearsed } = facts;
  const who = ownerOf(facts);
  if (rehearsed !== null && rehearsed.failed !== null) {
    return reasonOf('rehearsal_failed', environment, { because: `Rehearsal ${rehearsed.failed.id} in ${where} failed.`, who });
  }
  const migrations = migrationsFor(evidence, facts.environment);
  if (rehearsed?.passed === true && migrations?.read === false) {
    return reasonOf('migrations_unread', environment, {
      because: `Which migrations the candidate has could not be read: ${migrations.why}.`,
    });
  }
  if (rehearsed?.passed === true) {
    const because = `The rehearsal in ${where} ran other migrations than the candidate has.`;
    return reasonOf('rehearsal_differs', environment, {
      because,
      fix: `Run the rehearsal in ${where} with the candidate's migrations.`,
      who,
    });
  }
  return reasonOf('rehearsal_missing', environment, {
    because: `This artifact has not been rehearsed in ${where}.`,
    fix: `Run the rehearsal in ${where}.`,
    who,
  });
}

function ownerOf(facts: Facts): readonly string[] {
  return facts.environment.owner === null ? [] : [facts.environment.owner];
}
