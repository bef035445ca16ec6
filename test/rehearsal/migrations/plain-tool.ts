import pg from 'pg';
import type { CommandRequest, RunningCommand } from '../../../src/rehearsal/cycle.ts';
import { secondsSince } from '../../../src/rehearsal/elapsed.ts';
import type { CommandFacts } from '../../../src/rehearsal/evidence.ts';
import type { KnownMigration } from './migration.ts';

/** What a rehearsal of a known migration calls its commands. */
export const COMMANDS = { migrate: 'migrate', rollback: 'rollback', previous: 'previous' } as const;

/**
 * A small migration tool inside the test's own process: keeps a book of what it has done, in one transaction or each statement apart. A
 * process would take longer to start than most of these migrations take.
 */
export function startTool(migration: KnownMigration, { run, access }: CommandRequest): RunningCommand {
  const client = new pg.Client({ connectionString: access.url });
  client.on('error', () => undefined);
  const started = performance.now();
  let cut: 'timeout' | 'killed' | null = null;
  const end = (why: 'timeout' | 'killed'): void => {
    cut = why;
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  };
  const timer = migration.timeout === undefined ? undefined : setTimeout(() => end('timeout'), migration.timeout);
  const facts = (ended: CommandFacts['ended'], exitCode: number | null): CommandFacts => ({
    ended: cut ?? ended,
    exitCode: cut === null ? exitCode : null,
    seconds: secondsSince(started),
  });
  const work = async (): Promise<CommandFacts> => {
    try {
      await client.connect();
      await perform(client, migration, run);
      return facts('success', 0);
    } catch {
      return facts('failure', 1);
    } finally {
      clearTimeout(timer);
      await client.end().catch(() => undefined);
    }
  };
  return { done: work(), kill: () => end('killed') };
}

async function perform(client: pg.Client, migration: KnownMigration, run: string): Promise<void> {
  const { up, down, live = [], apart = false, forgetful = false, careless = false } = migration;
  if (run === COMMANDS.previous) return each(client, live, false);
  const isUp = run === COMMANDS.migrate;
  const { rowCount } = await client.query("SELECT FROM schema_migrations WHERE version = '1'");
  if (!forgetful && (rowCount === 1) === isUp) return;
  const note = isUp ? "INSERT INTO schema_migrations VALUES ('1') ON CONFLICT DO NOTHING" : 'DELETE FROM schema_migrations';
  const statements = [...(isUp ? up : down || []), note];
  await each(client, apart ? statements : ['BEGIN', ...statements, 'COMMIT'], careless);
}

async function each(client: pg.Client, statements: readonly string[], careless: boolean): Promise<void> {
  for (const statement of statements) {
    await client.query(statement).catch((error: unknown) => {
      if (!careless) throw error;
    });
  }
}
