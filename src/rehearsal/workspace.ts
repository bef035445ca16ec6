import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RehearsalImpossible } from './database.ts';
import { endServer, isAlive } from './processes.ts';

/** Folders of rehearsals; the number is the process that works in it. */
const NAME = /^promote-rehearsal-(\d+)-/;

/**
 * Outlives its parent by a moment: reads which server process is running, one line each, and when the parent has gone without a word
 * ends that process and removes the folder. So also a rehearsal that is killed leaves no server and no data behind.
 */
const GUARD = `server=0
while read -r line; do
  [ "$line" = done ] && exit 0
  server=$line
done
if [ "$server" != 0 ]; then
  kill -s QUIT -- "-$server"
  tries=0
  while kill -0 "$server" && [ $tries -lt 60 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -s KILL -- "-$server"
fi
rm -rf -- "$1"`;

/** Where one rehearsal keeps everything it has. */
export interface RehearsalWorkspace {
  readonly folder: string;
  /** Where the snapshot command may leave a dump. */
  readonly snapshot: string;
  /** Where it may write when the snapshot was taken. */
  readonly takenAt: string;
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
  const guard = spawn('/bin/sh', ['-c', GUARD, 'promote-guard', folder], { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const say = (line: string): void => void guard.stdin.write(`${line}\n`);
  // A guard that cannot be had, or was ended, is no reason to stop: it only matters when this process is killed.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return {
    folder,
    snapshot: join(snapshots, 'dump'),
    takenAt: join(snapshots, 'taken-at'),
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
    if (owner === 0 || owner === process.pid || isAlive(owner)) continue;
    const left = join(base, name);
    log(`Removing what an earlier rehearsal left in ${left}.`);
    await endServer(left);
    removeFolder(left, log);
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
