import type { Pipeline } from '../../pipeline/model.ts';
import type { CandidateContext, EntryContext } from '../context.ts';
import type { Reason } from '../decision.ts';
import type { Hold } from '../evidence.ts';
import { includesName } from '../names.ts';
import { NO_REASONS, reasonOf } from '../reason.ts';
import { instantText } from '../wording.ts';
import type { Rule } from './rule.ts';

/** A person may close an environment, for rollbacks too. */
export const hold: Rule = { name: 'hold', rollback: true, ofCandidate, ofEntry };

function ofCandidate(context: CandidateContext): readonly Reason[] {
  const { holds } = context.evidence;
  return holds.read ? NO_REASONS : [reasonOf('holds_unread', null, { because: `Holds could not be read: ${holds.why}.` })];
}

function ofEntry(context: EntryContext): readonly Reason[] {
  const { holds } = context.candidate.evidence;
  if (!holds.read || holds.value.length === 0) return NO_REASONS;
  const { environment, candidate } = context;
  return holds.value.filter((one) => closes(one, environment.name, candidate.pipeline)).map((one) => held(one, context));
}

function held(one: Hold, context: EntryContext): Reason {
  const { environment, candidate } = context;
  const because = `${one.by} has held it since ${instantText(one.since)}: ${one.reason} (${one.url}).${meaning(one, environment.name, candidate.pipeline)}`;
  const who = environment.owner === null ? [one.by] : [one.by, environment.owner];
  return reasonOf('held', environment.name, { because, fix: `Close ${one.url} when ${environment.name} is free again.`, who });
}

/** Whether a hold closes an environment. One that names no environment, or one that the pipeline does not know, closes them all: it may be misspelt. */
export function closes(one: Hold, environment: string, pipeline: Pipeline): boolean {
  return one.environments.length === 0 || includesName(one.environments, environment) || unknownName(one, pipeline) !== undefined;
}

function unknownName(one: Hold, pipeline: Pipeline): string | undefined {
  const known = [...pipeline.environments.keys()];
  return one.environments.find((name) => !includesName(known, name));
}

function meaning(one: Hold, environment: string, pipeline: Pipeline): string {
  if (one.environments.length === 0) return ' It names no environment, so it counts for all.';
  if (includesName(one.environments, environment)) return '';
  return ` It names ${unknownName(one, pipeline)}, which is no environment of the pipeline, so it counts for all.`;
}
