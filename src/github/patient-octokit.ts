import { GitHub, getOctokitOptions } from '@actions/github/lib/utils';
import type { Octokit } from '@octokit/core';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import Bottleneck from 'bottleneck/light.js';

/** Waits of one process for rate limits: a limit that is there again after each wait must not be asked about without end. */
const MOST_WAITS = 3;
/** What GitHub asks to wait after a secondary limit that names no time. */
const SECONDARY_LIMIT_SECONDS = 60;

/** Where and as whom Octokit sends. */
export interface OctokitSettings {
  readonly auth: string;
  readonly baseUrl: string;
  readonly userAgent: string;
}

export interface Patience {
  /** Repeats after a failure in passing, unless a request says otherwise. */
  readonly retries: number;
  /** What stands for one second in every wait, milliseconds. */
  readonly retryWaitMs: number;
  /** All waiting for rate limits of one process together, seconds. */
  readonly limitWaitSeconds: number;
  /** Takes one line about a delayed request. */
  readonly log: (line: string) => void;
}

/** The toolkit's Octokit, with the plugins that repeat what failed in passing and wait for rate limits. */
export function patientOctokit(
  { auth, ...settings }: OctokitSettings,
  { retries, retryWaitMs, limitWaitSeconds, log }: Patience,
): Pick<Octokit, 'request'> {
  const allowance = limitAllowance(limitWaitSeconds, log);
  return new (GitHub.plugin(retry, throttling))({
    ...getOctokitOptions(auth, settings),
    retry: { retries, retryAfterBaseValue: retryWaitMs },
    throttle: {
      retryAfterBaseValue: retryWaitMs,
      fallbackSecondaryRateRetryAfter: SECONDARY_LIMIT_SECONDS,
      // The plugin's own group puts a second between any two of GraphQL queries and writes. That is GitHub's advice for making many
      // writes; a job makes four, minutes apart as often as not, and its queries write nothing.
      write: new Bottleneck.Group({ maxConcurrent: 1 }),
      // Three seconds between any two attempts to open an issue, for the same reason; a rollback opens one.
      notifications: new Bottleneck.Group({ maxConcurrent: 1 }),
      onRateLimit: (seconds: number) => allowance('primary', seconds),
      onSecondaryRateLimit: (seconds: number) => allowance('secondary', seconds),
    },
  });
}

/** Says yes to a wait for a rate limit as long as all of them together stay within the allowance. */
function limitAllowance(seconds: number, log: (line: string) => void): (kind: 'primary' | 'secondary', wait: number) => boolean {
  let left = seconds;
  let waits = 0;
  return (kind, wait) => {
    if (waits >= MOST_WAITS || wait > left) return false;
    waits += 1;
    left -= wait;
    log(`GitHub's ${kind} rate limit is reached; waiting ${wait} s before asking again.`);
    return true;
  };
}
