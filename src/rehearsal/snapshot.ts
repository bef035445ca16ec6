import { createHash, type Hash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RehearsalImpossible } from './database.ts';

/** A dump that the snapshot command left. */
export interface Dump {
  /** `sha256:…` of its bytes. */
  readonly id: string;
  /** When its file was last written, by this machine's clock, epoch milliseconds. */
  readonly writtenAt: number;
  readonly bytes: number;
}

/**
 * @returns `null`: the command left no dump, so it must have filled the database itself
 * @throws RehearsalImpossible when it is neither a file nor a folder, or cannot be read; the signal's reason
 */
export async function readDump(path: string, signal: AbortSignal): Promise<Dump | null> {
  if (!existsSync(path)) return null;
  try {
    return await readWhole(path, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RehearsalImpossible || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new RehearsalImpossible('snapshot_unreadable', `The snapshot at ${path} cannot be read: ${(error as Error).message}.`);
  }
}

async function readWhole(path: string, signal: AbortSignal): Promise<Dump> {
  const stat = statSync(path);
  const folder = stat.isDirectory();
  // Reading a pipe or a device may never end.
  if (!folder && !stat.isFile()) {
    throw new RehearsalImpossible(
      'snapshot_unreadable',
      `The snapshot at ${path} is neither a file nor a folder. Write the dump into a file.`,
    );
  }
  // In a folder the names belong to it too.
  const files = folder
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .sort()
        .map((name) => join(path, name))
    : [path];
  const hash = createHash('sha256');
  let bytes = 0;
  let writtenAt = 0;
  for (const file of files) {
    const stat = statSync(file);
    if (!stat.isFile()) continue;
    if (folder) hash.update(`${file.slice(path.length)}\0${stat.size}\0`);
    await addFile(hash, file, signal);
    bytes += stat.size;
    writtenAt = Math.max(writtenAt, Math.floor(stat.mtimeMs));
  }
  return { id: `sha256:${hash.digest('hex')}`, writtenAt, bytes };
}

async function addFile(hash: Hash, file: string, signal: AbortSignal): Promise<void> {
  for await (const chunk of createReadStream(file, { signal })) hash.update(chunk as Buffer);
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

/**
 * When the snapshot was taken, as its command told.
 * @returns epoch milliseconds; `null` when it told nothing
 * @throws RehearsalImpossible when it told something that is no instant: to guess would make an old snapshot fresh
 */
export function readTakenAt(path: string): number | null {
  if (!existsSync(path)) return null;
  const text = readFileSync(path, 'utf8').trim();
  const instant = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant)) {
    throw new RehearsalImpossible(
      'snapshot_failed',
      `The snapshot command wrote ${JSON.stringify(text.slice(0, 60))} to $PROMOTE_SNAPSHOT_TAKEN_AT; expected an instant with its offset, such as 2026-11-02T08:00:00Z ("date -u +%FT%TZ").`,
    );
  }
  return instant;
}
