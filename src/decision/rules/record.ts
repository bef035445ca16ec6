import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import type { DeploymentRecord } from '../evidence.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { versionOf } from '../wording.ts';
import type { Rule } from './rule.ts';

/** A record counts only if GitHub confirms the run and the job that it names; where one is missing for that, this says so. */
export const record: Rule = { name: 'record', rollback: true, ofEntry };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { name } = context.environment;
  const because = context.candidate.evidence.intent === 'rollback' ? ofTarget(context) : ofEarlier(context);
  return because === null ? NO_REASONS : [reasonOf('record_unverified', name, { because })];
}

function ofEarlier({ earlier }: EntryContext): string | null {
  const doubted = earlier.notPassed.find((facts) => facts.doubted !== null)?.doubted ?? null;
  return doubted === null ? null : doubtOf(doubted);
}

/** What a rollback goes back to may be older than GitHub's memory of runs. Then people decide, where people are asked. */
function ofTarget({ facts, environment, candidate }: EntryContext): string | null {
  const { entry, doubted } = facts;
  if (entry === null) return doubted === null ? null : doubtOf(doubted);
  if (entry.aged !== true || environment.gate !== null) return null;
  const version = versionOf(candidate.evidence.candidate);
  return `GitHub has no run any more that confirms that ${version} succeeded in ${environment.name} (record ${entry.id}), and no gate asks a person here.`;
}

function doubtOf({ id, environment, doubt }: DeploymentRecord): string {
  return `Record ${id} says that the candidate succeeded in ${environment}, and does not count: ${doubt}.`;
}
