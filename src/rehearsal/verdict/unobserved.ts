import { isBookkeeping } from '../bookkeeping.ts';
import type { PhaseFacts, RehearsalFacts } from '../evidence.ts';
import type { Limits } from '../limits.ts';
import type { Observation } from '../observed.ts';
import type { RehearsalReason } from '../reasons.ts';
import { finding } from './finding.ts';

/** What could not be observed, each sentence once, in the phase that tells it first. */
export function unobserved({ phases }: RehearsalFacts, limits: Limits): readonly RehearsalReason[] {
  const sentences = new Map<string, PhaseFacts>();
  for (const phase of phases) for (const sentence of blindSentences(phase)) if (!sentences.has(sentence)) sentences.set(sentence, phase);
  const spared = limits.consequences.interrupted === 'ignore' ? undefined : neverKilled(phases);
  if (spared !== undefined) sentences.set(`The migration was not killed in the middle: ${spared.because ?? 'nobody said why'}.`, spared);
  return [...sentences].map(([because, { name: phase }]) => finding('not_observed', { phase, because }));
}

/** The phase that was to kill the migration and did not, although it changed tables that were there before. */
function neverKilled(phases: readonly PhaseFacts[]): PhaseFacts | undefined {
  const up = phases.find(({ name, outcome }) => name === 'up' && outcome === 'done');
  if (up?.observation == null || !changedTables(up.observation)) return undefined;
  return phases.find(({ name, outcome }) => name === 'interrupted' && outcome === 'skipped');
}

/** What failed changed nothing, though it took its locks. */
function changedTables({ touched, writers, statements }: Observation): boolean {
  const failed = statements.filter(({ number, error }) => error !== null && writers.includes(number));
  return touched.some((table) => !isBookkeeping(table)) && (writers.length === 0 || failed.length < writers.length);
}

function blindSentences({ name, outcome, observation, load, command }: PhaseFacts): readonly string[] {
  const said = [...(observation?.blind ?? []), ...(load?.blind ?? [])]
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
  if (outcome !== 'done') return said;
  const unwatched = (name === 'up' || name === 'load') && observation === null && command !== null;
  return [
    ...said,
    ...(unwatched ? ['Nothing that the migration did was observed: no statement, no lock, no disk.'] : []),
    ...(name === 'load' && load === null ? ['Nothing that readers and writers went through beside the migration was measured.'] : []),
  ];
}
