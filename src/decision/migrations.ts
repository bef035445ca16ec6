import type { Environment } from '../pipeline/model.ts';
import type { Evidence, Read } from './evidence.ts';

/**
 * The identity of the candidate's migrations as the rehearsal of an environment has to have run them; `null` when nobody says which they
 * are. What the job was told stands above the files that the pipeline names.
 */
export function migrationsFor(evidence: Evidence, { name, rehearsal }: Pick<Environment, 'name' | 'rehearsal'>): Read<string> | null {
  if (evidence.migrations !== null) return { read: true, value: evidence.migrations };
  if (rehearsal === null || rehearsal.migrations.length === 0) return null;
  return evidence.environments.get(name)?.migrations ?? { read: false, why: 'nobody asked' };
}
