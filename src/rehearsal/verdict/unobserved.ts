import type { PhaseFacts, RehearsalFacts } from '../evidence.ts';
import type { RehearsalReason } from '../reasons.ts';
import { finding } from './finding.ts';

/** What could not be observed, each sentence once, in the phase that tells it first. */
export function unobserved({ phases }: RehearsalFacts): readonly RehearsalReason[] {
  const sentences = new Map<string, PhaseFacts>();
  for (const phase of phases) for (const sentence of blindSentences(phase)) if (!sentences.has(sentence)) sentences.set(sentence, phase);
  return [...sentences].map(([because, { name: phase }]) => finding('not_observed', { phase, because }));
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
