/** How a run, a job or a step stands: one word, one picture. */
import type { Job, JobStep, Run } from '../github/state.ts';
import { type Html, html } from './html.ts';
import { type IconName, icon } from './icons.ts';

export interface Standing {
  readonly icon: IconName;
  /** As GitHub says it. */
  readonly word: string;
}

const CONCLUSIONS: Readonly<Record<string, Standing>> = {
  success: { icon: 'success', word: 'Success' },
  failure: { icon: 'failure', word: 'Failure' },
  timed_out: { icon: 'failure', word: 'Timed out' },
  cancelled: { icon: 'cancelled', word: 'Cancelled' },
  skipped: { icon: 'skipped', word: 'Skipped' },
  neutral: { icon: 'skipped', word: 'Neutral' },
  stale: { icon: 'skipped', word: 'Stale' },
  action_required: { icon: 'warning', word: 'Action required' },
};

const STATUSES: Readonly<Record<string, Standing>> = {
  in_progress: { icon: 'running', word: 'In progress' },
  waiting: { icon: 'waiting', word: 'Waiting' },
  queued: { icon: 'queued', word: 'Queued' },
  pending: { icon: 'queued', word: 'Pending' },
  requested: { icon: 'queued', word: 'Requested' },
};

export function standingOf(of: Pick<Run | Job | JobStep, 'status' | 'conclusion'>): Standing {
  const known = of.status === 'completed' ? CONCLUSIONS[of.conclusion ?? 'neutral'] : STATUSES[of.status];
  return known ?? { icon: 'queued', word: of.status };
}

/** The picture with its word for those who do not see it. */
export function statusIcon(of: Pick<Run | Job | JobStep, 'status' | 'conclusion'>): Html {
  const { icon: name, word } = standingOf(of);
  return html`<span class="status status-${name}">${icon(name, word)}</span>`;
}
