import { roughSize } from '../amounts.ts';
import { connected } from './connection.ts';
import { sizeOf } from './databases.ts';
import { connectionTo, type Host } from './host.ts';

/** How often something is said, milliseconds. */
const EVERY = 15_000;

export interface Progress {
  /** `Restoring`. */
  readonly what: string;
  readonly host: Host;
  readonly database: string;
  readonly log: (line: string) => void;
  /** Part that is done, 0 to 1; `null` while nobody knows. */
  readonly share?: () => number | null;
  /** Bytes that the database will have, where that is known. */
  readonly expected?: number;
  readonly every?: number;
}

/** Says every 15 s how large the database is by now, while `work` fills it. */
export async function withProgress<T>(progress: Progress, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  let quiet = false;
  const timer = setInterval(async () => {
    if (quiet) return;
    // A server that is slow to answer is asked once at a time, and nothing is said after the end.
    quiet = true;
    const line = await lineOf(progress, started);
    quiet = ended;
    if (!ended) progress.log(line);
  }, progress.every ?? EVERY);
  let ended = false;
  try {
    return await work();
  } finally {
    ended = true;
    clearInterval(timer);
  }
}

async function lineOf({ what, host, database, share, expected }: Progress, started: number): Promise<string> {
  const seconds = Math.round((performance.now() - started) / 1000);
  try {
    const bytes = await connected(connectionTo(host, host.admin.database), (client) => sizeOf(client, database));
    const part = share?.() ?? (expected === undefined ? null : Math.min(0.99, bytes / expected));
    return `${what} for ${seconds} s: the database has ${roughSize(bytes)}${part === null ? '' : `, about ${Math.floor(part * 100)} %`}.`;
  } catch {
    return `${what} for ${seconds} s.`; // Not being able to ask is no reason to stop.
  }
}
