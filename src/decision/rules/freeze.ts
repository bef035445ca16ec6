import type { Freeze } from '../../pipeline/model.ts';
import type { EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import { includesName } from '../names.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { instantText } from '../wording.ts';
import type { Rule } from './rule.ts';

/** Entry is forbidden while a freeze lasts, also for what was approved before it began. A rollback is not barred. */
export const freeze: Rule = { name: 'freeze', rollback: false, ofEntry, opensAt };

function ofEntry(context: EntryContext): readonly Reason[] {
  const { freezes } = context.candidate.pipeline;
  if (freezes.length === 0) return NO_REASONS;
  const { now } = context.candidate;
  const { name } = context.environment;
  return freezes.filter((one) => forbids(one, name, now)).map((one) => frozen(one, name));
}

function frozen(one: Freeze, environment: string): Reason {
  const because = `${environment} is frozen until ${instantText(one.until)} (${one.text}): ${one.reason}.`;
  return reasonOf('frozen', environment, { because, liftsAt: one.until });
}

function opensAt(context: EntryContext, at: number): number {
  let opens = at;
  for (const one of context.candidate.pipeline.freezes) {
    if (forbids(one, context.environment.name, at)) opens = Math.max(opens, one.until);
  }
  return opens;
}

/** An instant that is no number lies in every freeze. */
function forbids(one: Freeze, environment: string, at: number): boolean {
  if (at < one.from || at >= one.until) return false;
  return one.environments.length === 0 || includesName(one.environments, environment);
}
