/** What rehearsals of real migration tools have in common: the same shop, the same change to it, and what is looked at afterwards. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { PhaseFacts, PhaseName, RehearsalEvidence } from '../../../src/rehearsal/evidence.ts';
import type { StatementTrace } from '../../../src/rehearsal/observed.ts';
import type { JobResult } from '../../acceptance/world.ts';
import { candidate, rehearse } from '../rehearsing.ts';

const root = join(import.meta.dirname, '../../..');

/** In front of a command: what `npm ci` leaves in a repository. */
export const NPM_PACKAGES = `ln -sfn ${root}/node_modules node_modules;`;

/** How long a rehearsal may take on a busy machine, milliseconds: it starts its tool eight times. */
export const PATIENCE = 240_000;

/** How long installing a tool may take the first time, milliseconds. */
export const INSTALLING = 600_000;

/**
 * Gets a tool that npm does not have; with the first run of the tests that takes a while.
 * @returns the folder with its program
 * @throws Error when it cannot be had: what was not driven has not passed
 */
export async function installed(tool: 'alembic' | 'goose' | 'migrate'): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'tools/migration-tools/main.ts'), tool]);
  return stdout.trim();
}

/** The first migration, which production has: a table large enough for its rewriting to be noticed. */
export const GOODS = {
  up: 'CREATE TABLE goods (id int PRIMARY KEY, name text NOT NULL, stock int NOT NULL)',
  fill: "INSERT INTO goods SELECT n, 'goods ' || n, n % 7 FROM generate_series(1, 20000) n",
  down: 'DROP TABLE goods',
} as const;

/** The second one does no harm where it waits patiently. */
export const PRICES = {
  up: ['ALTER TABLE goods ADD COLUMN price int NOT NULL DEFAULT 0', 'CREATE TABLE suppliers (id int PRIMARY KEY, name text NOT NULL)'],
  down: ['DROP TABLE suppliers', 'ALTER TABLE goods DROP COLUMN price'],
} as const;

/** The other second one writes the table anew while nobody can read it. */
export const LARGER = {
  up: ['ALTER TABLE goods ALTER COLUMN stock TYPE bigint'],
  down: ['ALTER TABLE goods ALTER COLUMN stock TYPE int'],
} as const;

/** The third one runs outside of any transaction. */
export const NAMES = {
  up: ['CREATE INDEX CONCURRENTLY IF NOT EXISTS goods_name ON goods (name)'],
  down: ['DROP INDEX CONCURRENTLY goods_name'],
} as const;

export const PATIENTLY = "SET lock_timeout = '2s'";

/** The statements of a file of SQL. */
export const lines = (...statements: readonly string[]): string => statements.map((sql) => `${sql};\n`).join('');

/** What depends on how busy the machine is stands far off; what is rewritten counts from a size that the sample has. */
const LIMITS = 'statement: false, lock: false, duration: 1m, rewrite: 100kB';

export interface ToolCommands {
  /** Without: `postgres`. */
  readonly database?: 'sqlite';
  readonly files: Readonly<Record<string, string>>;
  /** Fills the source with what production has; `null`: nothing. */
  readonly snapshot: string | null;
  readonly migrate: string;
  readonly rollback: string | false;
  /** Further limits, as the pipeline file has them. */
  readonly limits?: string;
}

export interface Rehearsed {
  readonly job: JobResult;
  readonly verdict: string;
  /** Codes without repetition, in alphabetical order. */
  readonly reasons: readonly string[];
  /** For a failing assertion: what was found, and what the commands said. */
  readonly told: string;
  /** Of the migration, alone. */
  readonly statements: readonly StatementTrace[];
  phase(name: PhaseName): PhaseFacts;
}

/** One rehearsal through the bundle, with a tool as its commands. */
export async function rehearseWith({ limits, ...commands }: ToolCommands): Promise<Rehearsed> {
  const further = `load: false, limits: { ${LIMITS}${limits === undefined ? '' : `, ${limits}`} }`;
  const job = await rehearse(await candidate({ ...commands, further }));
  const path = job.outputs['rehearsal-evidence'];
  if (path === undefined) throw new Error(`There is no evidence:\n${job.log}`);
  const evidence: RehearsalEvidence = JSON.parse(readFileSync(path, 'utf8'));
  const phase = (name: PhaseName): PhaseFacts => {
    const found = evidence.phases.find((one) => one.name === name);
    if (found === undefined) throw new Error(`The rehearsal has no phase ${name}:\n${job.log}`);
    return found;
  };
  const found = evidence.reasons.map(({ code, because, phase: where }) => `${where} ${code}: ${because}`);
  return {
    job,
    verdict: evidence.verdict,
    reasons: [...new Set(evidence.reasons.map(({ code }) => code))].sort(),
    told: [...found, job.log].join('\n'),
    statements: phase('up').observation?.statements ?? [],
    phase,
  };
}

/** The two that were not asked for are skipped. */
const WHOLE_CYCLE = {
  up: 'done',
  verify: 'done',
  previous: 'skipped',
  down: 'done',
  equal: 'done',
  'up-again': 'done',
  rerun: 'done',
  load: 'skipped',
  interrupted: 'done',
} as const satisfies Readonly<Record<PhaseName, PhaseFacts['outcome']>>;

/** Up, back, up, once more and killed in the middle: all of it holds, and nothing is found. */
export function expectPass({ job, verdict, reasons, told, phase }: Rehearsed): void {
  expect([verdict, reasons], told).toEqual(['pass', []]);
  expect(job.exitCode, told).toBe(0);
  const names = Object.keys(WHOLE_CYCLE) as PhaseName[];
  expect(Object.fromEntries(names.map((name) => [name, phase(name).outcome])), told).toEqual(WHOLE_CYCLE);
  expect(phase('interrupted').killedAfter).not.toBeNull();
}

/** @param codes in alphabetical order */
export function expectFail({ job, verdict, reasons, told }: Rehearsed, codes: readonly string[]): void {
  expect([verdict, reasons], told).toEqual(['fail', codes]);
  expect(job.exitCode, told).toBe(1);
}

/** A dangerous release, whose way back is not what it is about. */
export async function expectRewriteOfGoods(commands: ToolCommands): Promise<void> {
  const rehearsed = await rehearseWith({ ...commands, rollback: false });
  expectFail(rehearsed, ['lock_without_timeout', 'table_rewritten']);
  const statement = statementWith(rehearsed, /^ALTER TABLE goods ALTER (?:COLUMN )?stock (?:SET DATA )?TYPE bigint/i);
  expect(statement.lockTimeout).toBe(0);
  const { rewrites, locks } = rehearsed.phase('up').observation ?? {};
  expect(rewrites).toMatchObject([{ relation: 'public.goods', statement: statement.number }]);
  // A tool may have changed something else about the column before, and then has the lock already.
  const taken = locks?.find(({ relation, mode }) => relation === 'public.goods' && mode === 'AccessExclusiveLock');
  expect(taken?.statement).toBeGreaterThan(0);
  expect(taken?.statement).toBeLessThanOrEqual(statement.number);
}

/** The statement that begins with these words, quoted by the tool or not; it came through. */
export function statementWith({ statements, told }: Rehearsed, words: RegExp): StatementTrace {
  const found = statements.find(({ text }) => words.test(text.replaceAll('"', '').replaceAll(/\s+/g, ' ').trim()));
  if (found === undefined) throw new Error(`No statement matches ${words}:\n${statements.map(({ text }) => text).join('\n')}\n${told}`);
  expect(found.error).toBeNull();
  return found;
}
