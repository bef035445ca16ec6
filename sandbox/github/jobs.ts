import type { Job, State } from './state.ts';

/** Jobs of one attempt, in the order in which they came about. */
export function jobsOfAttempt(state: State, runId: number, attempt: number): readonly Job[] {
  return state.jobs.filter((job) => job.runId === runId && job.attempt === attempt);
}
