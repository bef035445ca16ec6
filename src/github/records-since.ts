import type { GitHubClient } from './client.ts';
import { readRecordsAfter } from './queue.ts';
import type { Repository, StoredRecord } from './records.ts';

/** The later part of an environment's records. */
export interface RecordsSince {
  /** Newest first. */
  readonly records: readonly StoredRecord[];
  /** Every record that was opened at or after this moment is among them; epoch milliseconds, minus infinity when all are. */
  readonly from: number;
}

/**
 * An environment's records since a moment, page by page.
 * @param since epoch milliseconds
 * @param mostPages requests to spend at most; then `from` tells how far they led
 * @throws GitHubError
 */
export async function readRecordsSince(
  client: Pick<GitHubClient, 'graphql'>,
  repository: Repository,
  environment: string,
  { since, mostPages }: { since: number; mostPages: number },
): Promise<RecordsSince> {
  const records: StoredRecord[] = [];
  let after: string | null = null;
  for (let page = 0; page < mostPages; page += 1) {
    const read = await readRecordsAfter(client, repository, environment, after);
    records.push(...read.records);
    if (read.next === null) return { records, from: Number.NEGATIVE_INFINITY };
    if ((records.at(-1)?.createdAt ?? since) < since) break;
    after = read.next;
  }
  // Times are whole seconds: of the last one some records may be on the next page.
  return { records, from: (records.at(-1)?.createdAt ?? Number.POSITIVE_INFINITY) + 1 };
}
