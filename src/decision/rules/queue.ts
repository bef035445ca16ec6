import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { instantText, versionOf } from '../wording.ts';
import type { Rule } from './rule.ts';

/** One deployment at a time per environment: at the door, the open record with the lowest id is served. */
export const queue: Rule = { name: 'queue', rollback: true, ofEntry };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { facts, candidate } = context;
  const { moment, ownRecord } = candidate.evidence;
  if (moment !== 'door' || facts.records === null) return NO_REASONS;
  const { name } = context.environment;
  // A record that was read in another environment is this job's there, and says nothing here.
  if (ownRecord !== null && candidate.facts.every(({ own }) => own === null)) {
    return [reasonOf('record_unseen', name, { because: `Record ${ownRecord} is not among the records of ${name} that were read.` })];
  }
  if (facts.own !== null && facts.own.outcome !== 'open') {
    return [reasonOf('record_closed', name, { because: `Record ${facts.own.id} of this job is closed as ${facts.own.outcome}.` })];
  }
  const { firstOpen } = facts;
  if (firstOpen === null || firstOpen.id === ownRecord) return NO_REASONS;
  // Who made the record is the job's own bot at most times, and helps nobody; its run is where to look.
  const run = firstOpen.run === null ? '' : ` of run ${firstOpen.run.id}`;
  const because = `Record ${firstOpen.id}${run} for ${versionOf(firstOpen)} is open since ${instantText(firstOpen.createdAt)}.`;
  return [reasonOf('queue_busy', name, { because })];
}
