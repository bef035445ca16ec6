/** A world with a rehearsal in it, and what a rehearsal may not leave behind. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RecordPayload } from '../../src/github/record-payload.ts';
import { type JobResult, type JobRun, startWorld, type World } from '../acceptance/world.ts';
import { BACK, GOODS, MIGRATION, POSTGRES_BIN, SQL_PROGRAM } from './database-commands.ts';

export let world: World;
/** RUNNER_TEMP of every job of a scenario, so that one finds what another left. */
export let temp = '';

/** Ends a scenario; fails when a server survived it. */
export async function closeWorld(): Promise<void> {
  const running = serversIn(temp);
  await world.close();
  rmSync(temp, { recursive: true, force: true });
  expect(running).toEqual([]);
}

/** What differs from a rehearsal that passes. `snapshot: null`: none is asked for. */
export interface Commands {
  readonly snapshot?: string | null;
  readonly migrate?: string;
  readonly database?: string;
  readonly rollback?: string | false;
  /** Further keys of the rehearsal. Without: no load, which takes some seconds. */
  readonly further?: string;
  /** Files of the checkout beside those that the commands here need. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A candidate that may enter staging, whose files the commands find in their checkout. */
export async function candidate(commands: Commands = {}): Promise<JobRun> {
  const { snapshot = 'node sql.cjs goods.sql', migrate = 'node sql.cjs migration.sql', database = 'postgres' } = commands;
  const { rollback = 'node sql.cjs back.sql', further = 'load: false' } = commands;
  const snapshotLine = snapshot === null ? '' : `snapshot: { run: ${JSON.stringify(snapshot)}, max-age: 7d },`;
  const pipeline = `version: 1
build: { run: npm run build, artifact: dist }
environments:
  staging:
    role: staging
    deploy: { run: 'true' }
    rehearsal: { database: ${database}, ${snapshotLine} migrate: ${JSON.stringify(migrate)}, rollback: ${JSON.stringify(rollback)}, ${further} }
  production: { role: production, gate: { approvals: 1 }, deploy: { run: 'echo deploying' } }
routes: [{ name: mainline, branches: [main], path: [staging, production] }]
`;
  world = await startWorld({ pipeline });
  temp = mkdtempSync(join(tmpdir(), 'promote-temp-'));
  chmodSync(temp, 0o755);
  Object.assign(world.variables, { RUNNER_TEMP: temp, PROMOTE_POSTGRES_BIN: POSTGRES_BIN });
  const files = {
    'sql.cjs': SQL_PROGRAM,
    'goods.sql': GOODS,
    'migration.sql': MIGRATION,
    'back.sql': BACK,
    ...commands.files,
  };
  return world.push('main', 'Goods have a price', files);
}

export type OnOutput = Parameters<JobRun['job']>[2];

export function rehearse(run: JobRun, inputs: Record<string, string> = {}, onOutput?: OnOutput): Promise<JobResult> {
  const digest = world.artifactOf(run.sha);
  return run.job({ command: 'rehearse', environment: 'staging', 'artifact-digest': digest, ...inputs }, 'success', onOutput);
}

/** Rehearsals only. */
export function recorded(): { outcome: string; rehearsal: RecordPayload['rehearsal']; said: string | undefined }[] {
  const records = world.records().filter(({ task }) => task === 'promote:rehearsal');
  return records.map(({ outcome, payload, descriptions }) => ({
    outcome,
    rehearsal: payload['rehearsal'] as RecordPayload['rehearsal'],
    said: descriptions.at(-1),
  }));
}

/** Server processes whose data lies in a folder. */
export function serversIn(folder: string): string[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
      );
    } catch {
      return false;
    }
  });
}

export const leftIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('promote-'));
