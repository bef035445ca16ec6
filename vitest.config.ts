import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** What takes long, or needs more than Node, git and PostgreSQL: Python, Go, psql, a Chromium. */
const FULL = [
  'test/acceptance/{artifact,attestation,confirmed-records,costly-queries,holds-and-vetoes,interrupted,queue,records,rehearsal,rollback,supersession,time}.test.ts',
  'test/chain/!(journey|ten-minutes).test.ts',
  'test/demo/**',
  'test/faults/**',
  'test/page/**',
  'test/probe/**',
  'test/rehearsal/!(rehearse).test.ts',
  'test/rehearsal/*/**',
  'test/report/rehearsal-picture.test.ts',
  'test/setup/{kinds-run,local-chain}.test.ts',
];
const EVERY = 'test/**/*.test.ts';

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'quick', include: [EVERY], exclude: [...configDefaults.exclude, ...FULL] } },
      {
        extends: true,
        test: { name: 'full', include: FULL.map((pattern) => (pattern.endsWith('**') ? `${pattern}/*.test.ts` : pattern)) },
      },
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest keeps one core for itself, which on two cores leaves one worker. Ours wait for processes most of the time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Of the tests that a file runs side by side, most wait for a process or for an answer that never comes.
    maxConcurrency: 10,
    reporters: ['default', './test/closing-line.ts'],
  },
});
