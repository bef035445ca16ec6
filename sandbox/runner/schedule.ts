/**
 * When scheduled workflows are due.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
 */
import { Cron } from 'croner';
import type { WorkflowFile } from './workflow-file.ts';

export interface DueSchedule {
  readonly file: WorkflowFile;
  readonly cron: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What falls due first after a moment; several may at the same time. */
export function nextSchedules(files: readonly WorkflowFile[], after: number): readonly DueSchedule[] {
  const next = files.flatMap((file) =>
    (file.events.schedule ?? []).flatMap(({ cron, timezone }) => {
      const at = new Cron(cron, { timezone: timezone ?? 'UTC' }).nextRun(new Date(after))?.getTime();
      return at === undefined ? [] : [{ file, cron, at }];
    }),
  );
  const first = Math.min(...next.map(({ at }) => at));
  return next.filter(({ at }) => at === first);
}
