import type { Job } from '../github/state.ts';

/** Jobs that one reusable call brought; those of the workflow itself have no name. */
export interface JobGroup {
  /** `stage-1 (uat)`, or calls within calls: `promote / stage-1 (uat)`. */
  readonly name: string | null;
  readonly jobs: readonly Job[];
}

/** A job's own name: the last part of `promote / stage-1 (uat) / deploy`. */
export function ownName(job: Job): string {
  return job.name.split(' / ').at(-1) ?? job.name;
}

/** Jobs by the call that they belong to, in the order in which the first of each came about. */
export function groupJobs(jobs: readonly Job[]): readonly JobGroup[] {
  const groups: { name: string | null; jobs: Job[] }[] = [];
  for (const job of jobs) {
    const calls = job.name.split(' / ').slice(0, -1);
    const name = calls.length === 0 ? null : calls.join(' / ');
    const known = groups.find((group) => group.name === name);
    // A job without a call stands alone, in its place among the calls.
    if (known !== undefined && (name !== null || known === groups.at(-1))) known.jobs.push(job);
    else if (name === null && groups.at(-1)?.name === null) groups.at(-1)?.jobs.push(job);
    else groups.push({ name, jobs: [job] });
  }
  return groups;
}
