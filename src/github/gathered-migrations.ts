import { createHash } from 'node:crypto';
import type { Read } from '../decision/evidence.ts';
import type { Environment } from '../pipeline/model.ts';
import type { Material } from './evidence-request.ts';

/** The paths whose content tells which migrations a rehearsal of these environments runs, each once. */
export function migrationPaths(environments: Iterable<Environment>): readonly string[] {
  return [...new Set([...environments].flatMap(({ rehearsal }) => rehearsal?.migrations ?? []))];
}

/**
 * The identity of the migrations of one environment's rehearsal at the candidate's commit: a digest over the paths and the ids that Git
 * gives what lies there. `null`: the pipeline names no paths.
 */
export function migrationsOf(material: Material, { rehearsal }: Environment, sha: string): Read<string> | null {
  const paths = rehearsal?.migrations ?? [];
  if (paths.length === 0) return null;
  const hash = createHash('sha256');
  for (const path of paths.toSorted()) {
    const index = material.question.migrations.indexOf(path);
    const found: Read<string | null> = index === -1 ? { read: false, why: 'nobody asked' } : material.answer.migrations(index);
    if (!found.read) return found;
    if (found.value === null) return { read: false, why: `${path} is not in commit ${sha.slice(0, 7)}` };
    hash.update(`${found.value} ${path}\n`);
  }
  return { read: true, value: `sha256:${hash.digest('hex')}` };
}
