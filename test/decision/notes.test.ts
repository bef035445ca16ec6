import { expect, test } from 'vitest';
import { decide } from '../../src/decision/decide.ts';
import type { CandidateCopy, Read } from '../../src/decision/evidence.ts';
import type { Pipeline } from '../../src/pipeline/model.ts';
import { read, UNREAD, world } from './world.ts';

const APPLIES = 'The repository has no pipeline file; the built-in pipeline applies.';

test.each<[Pipeline['source'], Read<CandidateCopy>, readonly string[]]>([
  ['file', read('same'), []],
  ['file', read('differs'), ["The candidate's own copy of the pipeline file differs; the one on the default branch applies."]],
  ['file', read('absent'), ['The candidate has no pipeline file; the one on the default branch applies.']],
  ['file', UNREAD, ["Whether the candidate's own copy of the pipeline file differs could not be read: the answer was cut off."]],
  ['built-in', read('same'), [APPLIES]],
  ['built-in', read('absent'), [APPLIES]],
  ['built-in', read('differs'), [APPLIES, 'The candidate brings a pipeline file; it applies once it is on the default branch.']],
])('policy from %s, own copy %o: %o', (source, candidateCopy, notes) => {
  const { pipeline, evidence, now } = world({ evidence: { policy: { candidateCopy } } });
  expect(decide({ ...pipeline, source }, evidence, now).notes).toEqual(notes);
});
