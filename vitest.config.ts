import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest keeps one core for itself, which on two cores leaves one worker. Ours wait for processes most of the time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Of the tests that a file runs side by side, most wait for a process or for an answer that never comes.
    maxConcurrency: 10,
    reporters: ['default', './test/closing-line.ts'],
  },
});
