import { type RehearsalEngine, RehearsalImpossible } from './database.ts';

/**
 * The engine for a database of the pipeline file.
 * @throws RehearsalImpossible naming the database when there is none for it
 */
export async function engineFor(database: 'postgres' | 'mysql' | 'sqlite'): Promise<RehearsalEngine> {
  if (database === 'postgres') return (await import('./postgres/engine.ts')).postgres;
  if (database === 'sqlite') return (await import('./sqlite/engine.ts')).sqlite;
  throw new RehearsalImpossible(
    'unsupported',
    `A rehearsal on "${database}" is not supported yet; "database: postgres" and "database: sqlite" are.`,
  );
}
