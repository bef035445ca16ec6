import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Scenario } from './faults-scenario.ts';

/** A scenario on a server of its own, whose whole disk is a few megabytes of memory where `disk` says so. */
async function onPrivate(files: Record<string, string>, disk: string | null, look: (scenario: Scenario) => Promise<void>): Promise<void> {
  const scenario = await Scenario.open({ on: 'private', files });
  try {
    if (disk === null) await look(scenario);
    else await onDisk(scenario.temp, disk, () => look(scenario));
  } finally {
    await scenario.close();
  }
}

/** Needs root, or `sudo` that asks for nothing as on GitHub's runners. */
async function onDisk(folder: string, size: string, work: () => Promise<void>): Promise<void> {
  const asRoot = (...command: string[]): string =>
    process.getuid?.() === 0
      ? execFileSync(command[0] ?? '', command.slice(1), { encoding: 'utf8' })
      : execFileSync('sudo', ['-n', ...command], { encoding: 'utf8' });
  asRoot('mount', '-t', 'tmpfs', '-o', `size=${size},mode=755,uid=${process.getuid?.() ?? 0}`, 'none', folder);
  try {
    mkdirSync(join(folder, 'machine'), { mode: 0o755 });
    await work();
  } finally {
    asRoot('umount', folder);
  }
}

const FILL = `CREATE TABLE big AS SELECT repeat(md5(n::text), 30) AS filler FROM generate_series(1, 300000) n`;

const END = `COPY goods (name) FROM PROGRAM 'kill -9 $(head -1 postmaster.pid)'`;

describe.concurrent('a migration that takes the server with it', () => {
  it.each<[string, Record<string, string>, string | null, readonly string[]]>([
    ['fills the disk', { 'migration.sql': FILL }, '180m', ['disk_full']],
    // A backend that is killed makes the server end all of them.
    ['crashes it', { 'migration.sql': `COPY goods (name) FROM PROGRAM 'kill -9 $PPID'` }, null, ['connection_lost']],
    ['ends it', { 'migration.sql': END }, null, ['connection_lost']],
    // The command may end well before the server is gone: then it is missed when the schema is looked at.
    ['ends it on its way back', { 'back.sql': END }, null, ['rollback_failed', 'rollback_incomplete']],
  ])('%s: it fails for that reason', async (_name, files, disk, codes) => {
    await onPrivate(files, disk, async (scenario) => {
      const job = await scenario.rehearse();
      const found = JSON.parse(job.outputs['rehearsal-reasons'] ?? '[]') as string[];
      expect(
        found.filter((code) => codes.includes(code)),
        job.log,
      ).toHaveLength(1);
      expect(job).toMatchObject({ exitCode: 1, outputs: { rehearsal: 'fail' } });
      expect(scenario.recorded()).toEqual([['failure', 'fail']]);
      await scenario.nothingLeft(job);
    });
  });
});
