import * as z from 'zod/mini';
import type { RepositoryFiles } from './repository.ts';

const packageSchema = z.object({
  scripts: z.optional(z.record(z.string(), z.string())),
  dependencies: z.optional(z.record(z.string(), z.string())),
  devDependencies: z.optional(z.record(z.string(), z.string())),
});

export interface PackageJson {
  readonly scripts: Readonly<Record<string, string>>;
  /** Names of all dependencies. */
  readonly dependencies: readonly string[];
}

/** A `package.json`; one that cannot be read says nothing. */
export function readPackage(files: RepositoryFiles, path: string): PackageJson {
  const parsed = packageSchema.safeParse(jsonOrNull(files.read(path)));
  if (!parsed.success) return { scripts: {}, dependencies: [] };
  const { scripts, dependencies, devDependencies } = parsed.data;
  return { scripts: scripts ?? {}, dependencies: Object.keys({ ...dependencies, ...devDependencies }) };
}

function jsonOrNull(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
