/**
 * How the results of jobs decide about the jobs after them.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/expressions#status-check-functions
 */
import type { StatusFunctions } from './expressions.ts';

/** As in `needs.<id>.result`. */
export type Result = 'success' | 'failure' | 'cancelled' | 'skipped';

/** The result of several as one: of a matrix, of a called workflow, of a run. */
export function combined(results: readonly Result[]): Result {
  if (results.includes('failure')) return 'failure';
  if (results.includes('cancelled')) return 'cancelled';
  return results.every((result) => result === 'skipped') ? 'skipped' : 'success';
}

/** What a job's `if` may ask: about all jobs that it depends on, directly or not. */
export function statusFunctions(ancestors: readonly Result[], cancelled: boolean): StatusFunctions {
  return {
    success: () => !cancelled && ancestors.every((result) => result === 'success'),
    failure: () => ancestors.includes('failure'),
    cancelled: () => cancelled,
  };
}

/** What a matrix gives under `needs.<id>.outputs`: of two jobs that set the same output, the one that completed last. */
export function mergedOutputs(completed: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  const merged: Record<string, string> = {};
  for (const outputs of completed) {
    for (const [name, value] of Object.entries(outputs)) if (value !== '') merged[name] = value;
  }
  return merged;
}
