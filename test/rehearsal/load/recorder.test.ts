import { expect, it } from 'vitest';
import { LoadRecorder } from '../../../src/rehearsal/load/recorder.ts';

it('counts a script that waits across the border, beyond what those before it took', () => {
  let now = 0;
  const recorder = new LoadRecorder(
    () => '',
    () => now,
  );
  recorder.beginBaseline();
  const usual = recorder.startScript('write');
  now = 10;
  recorder.end(usual, null);
  const across = recorder.startScript('write');
  now = 15;
  recorder.begin();
  now = 315;
  recorder.end(across, null);
  expect(recorder.finish()).toMatchObject({
    during: { writes: { count: 1, longest: 290 } },
    stalls: [{ kind: 'write', relation: 'the script', from: 0, lasted: 290 }],
  });
});
