import { readFileSync, statSync } from 'node:fs';

/**
 * Which locks processes hold on a database file, as Linux tells in /proc/locks: looking does not open the file, so it keeps nobody from
 * anything. SQLite's bytes: https://www.sqlite.org/src/file/src/os.h (PENDING_BYTE and behind), https://www.sqlite.org/walformat.html
 */
export type LockState = 'RESERVED' | 'EXCLUSIVE' | 'WAL write';

export interface HeldLock {
  readonly pid: number;
  readonly state: LockState;
}

const RESERVED_BYTE = 0x40000001;
const SHARED_FIRST = 0x40000002;
const WAL_WRITE_BYTE = 120;

/** One line: `12: POSIX  ADVISORY  WRITE 9677 fe:00:9977891 1073741825 1073741825`. */
const LINE = /(?:POSIX|OFDLCK)\s+\S+\s+WRITE\s+(-?\d+)\s+\S+:(\d+)\s+(\d+)\s+(\d+|EOF)/;

/** Whether this machine tells of locks. */
export function locksAreTold(): boolean {
  try {
    readFileSync('/proc/locks', 'utf8');
    return true;
  } catch {
    return false;
  }
}

/**
 * Locks that keep others from writing, or from everything, held by whoever. Empty where the machine does not tell.
 * @param wal whether the file has a write-ahead log
 */
export function locksOn(path: string, wal: boolean): readonly HeldLock[] {
  const main = inodeOf(path);
  const shared = inodeOf(`${path}-shm`);
  let text: string;
  try {
    text = readFileSync('/proc/locks', 'utf8');
  } catch {
    return [];
  }
  const held = new Map<number, LockState>();
  for (const line of text.split('\n')) {
    const found = LINE.exec(line);
    if (found === null) continue;
    const [, pid, inode, first, last] = found;
    const place = Number(inode) === main ? 'file' : Number(inode) === shared ? 'log' : null;
    const state = stateOf(place, wal, Number(first), last === 'EOF' ? Number.POSITIVE_INFINITY : Number(last));
    if (state !== null && held.get(Number(pid)) !== 'EXCLUSIVE') held.set(Number(pid), state);
  }
  return [...held].map(([pid, state]) => ({ pid, state }));
}

function stateOf(place: 'file' | 'log' | null, wal: boolean, first: number, last: number): LockState | null {
  // With a write-ahead log only who is the last to close the file takes all of it, for a moment, and writes nothing.
  if (place === 'file' && last >= SHARED_FIRST) return wal ? null : 'EXCLUSIVE';
  if (place === 'file' && first <= RESERVED_BYTE && last >= RESERVED_BYTE) return 'RESERVED';
  if (place === 'log' && first <= WAL_WRITE_BYTE && last >= WAL_WRITE_BYTE) return 'WAL write';
  return null;
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}
