import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RehearsalImpossible } from './database.ts';
import { bootId, processNamespace, textOf } from './machine.ts';
import { begunAt, endMarked, endServer, isAlive, markOf } from './processes.ts';

/** Folders of rehearsals; the number is the process that works in it. */
const NAME = /^promote-rehearsal-(\d+)-/;

/** Who works in a folder, told in it: process numbers come again, and mean something else in another container. */
const OWNER = 'owner';

/** Where a folder's owner cannot be asked, it is gone after so long, milliseconds. */
const DAY = 24 * 3_600_000;

/**
 * Outlives its parent by a moment: reads which server process is running, one line each, and when the parent has gone without a word
 * ends the commands of the repository that are running, with all that they started, and that process, and removes the folder. So also a
 * rehearsal that is killed leaves nothing running and no data behind. What a command started is found by its group, and by the variable
 * that marks it, where the system tells the variables of a process.
 */
const GUARD = `server=0
while read -r line; do
  [ "$line" = done ] && exit 0
  server=$line
done
for group in "$1"/command-*/group; do
  [ -s "$group" ] && kill -s KILL -- "-$(cat "$group")"
done
tries=0
while [ $tries -lt 20 ]; do
  marked=$(grep -slF -- "$2=$1" /proc/[0-9]*/environ)
  [ -n "$marked" ] || break
  for process in $marked; do
    process=\${process#/proc/}
    kill -s KILL "\${process%/environ}"
  done
  sleep 0.1
  tries=$((tries + 1))
done
if [ "$server" != 0 ]; then
  kill -s QUIT -- "-$server"
  tries=0
  while kill -0 "$server" && [ $tries -lt 60 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -s KILL -- "-$server"
fi
tries=0
until rm -rf -- "$1" || [ $tries -ge 20 ]; do sleep 0.1; tries=$((tries + 1)); done`;

/** Where one rehearsal keeps everything it has. */
export interface RehearsalWorkspace {
  readonly folder: string;
  /** Where the snapshot command may leave a dump. */
  readonly snapshot: string;
  /** Where it may write when the snapshot was taken. */
  readonly takenAt: string;
  /** For the variables of every command: by it, whatever the command starts is found again. */
  readonly mark: Readonly<Record<string, string>>;
  /** Told of the server process that runs now; `null`: none. */
  readonly watch: (pid: number | null) => void;
  /** Removes it all. Never throws. */
  remove(): void;
}

/**
 * Makes a new folder in the first of `bases` that will do, and removes what rehearsals whose process is gone left in any.
 * @param bases the runner's folder for temporary files, then the machine's
 * @throws RehearsalImpossible when none will do
 */
export async function openWorkspace(
  bases: readonly string[],
  willDo: (base: string) => boolean,
  log: (line: string) => void,
): Promise<RehearsalWorkspace> {
  for (const base of bases) await removeLeftovers(base, log);
  const base = bases.find(willDo);
  if (base === undefined)
    throw new RehearsalImpossible('server_missing', `The database server's user gets to none of: ${bases.join(', ')}.`);
  const folder = mkdtempSync(join(base, `promote-rehearsal-${process.pid}-`));
  // The server may run as somebody else, who must get to its own folder in here and sees nothing on the way.
  chmodSync(folder, 0o711);
  const snapshots = join(folder, 'snapshot');
  mkdirSync(snapshots, { mode: 0o700 });
  writeFileSync(join(folder, OWNER), `${begunAt(process.pid)} ${boot()} ${place()}`, { mode: 0o600 });
  const mark = markOf(folder);
  const guard = spawn('/bin/sh', ['-c', GUARD, 'promote-guard', folder, ...Object.keys(mark)], {
    cwd: '/',
    // Nothing of the job's: neither its secrets, nor what the runner ends a job's processes by before this one is done.
    env: { PATH: process.env['PATH'] },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const say = (line: string): void => void guard.stdin.write(`${line}\n`);
  // A guard that cannot be had, or was ended, is no reason to stop: it only matters when this process is killed.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return {
    folder,
    snapshot: join(snapshots, 'dump'),
    takenAt: join(snapshots, 'taken-at'),
    mark,
    watch: (pid) => say(String(pid ?? 0)),
    remove: () => {
      removeFolder(folder, log);
      say('done');
      guard.stdin.end();
    },
  };
}

async function removeLeftovers(base: string, log: (line: string) => void): Promise<void> {
  for (const name of namesIn(base)) {
    const owner = Number(NAME.exec(name)?.[1] ?? 0);
    const left = join(base, name);
    if (owner === 0 || isAtWork(owner, left)) continue;
    log(`Removing what an earlier rehearsal left in ${left}.`);
    await endMarked(left);
    await endServer(left);
    removeFolder(left, log);
  }
}

/** Whether the process that a folder belongs to is still there; where that cannot be known, whether it may be. */
function isAtWork(pid: number, folder: string): boolean {
  const [begun, since, where] = textOf(join(folder, OWNER)).split(' ');
  if (where === undefined) return isAlive(pid);
  if (where !== place()) return Date.now() - writtenAt(folder) < DAY;
  return since === boot() && isAlive(pid) && begunAt(pid) === begun;
}

/** Where process numbers mean the same: two containers of one machine have others. */
function place(): string {
  return createHash('sha256').update(`${hostname()}\n${processNamespace()}`).digest('hex').slice(0, 12);
}

const boot = (): string => bootId() || '-';

function writtenAt(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function namesIn(base: string): readonly string[] {
  try {
    return readdirSync(base);
  } catch {
    return [];
  }
}

function removeFolder(folder: string, log: (line: string) => void): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  } catch (error) {
    log(`${folder} could not be removed: ${(error as Error).message}`);
  }
}
