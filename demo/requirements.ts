import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { postgresPrograms } from './local-database.ts';

const PROGRAMS = {
  git: 'the shop is a Git repository, and its changes are pushed',
  bash: 'the steps of the workflows are bash scripts',
  npm: 'the shop is built with it',
};

/**
 * What this machine lacks, each with the reason and the fix.
 * @param path the folders in which programs are looked for
 */
export function missingRequirements(path: string | undefined = process.env['PATH']): readonly string[] {
  const missing = Object.entries(PROGRAMS)
    .filter(([name]) => spawnSync(name, ['--version'], { env: { ...process.env, PATH: path }, stdio: 'ignore' }).error !== undefined)
    .map(([name, why]) => `${name} is missing: ${why}. Install it, and see that it is on PATH: "${name} --version" must work.`);
  const postgres = postgresProblem();
  return postgres === null ? missing : [...missing, postgres];
}

function postgresProblem(): string | null {
  const fix = 'Run "npm ci" in the project\'s folder, without --omit and without --ignore-scripts.';
  try {
    if (existsSync(join(postgresPrograms(), 'postgres'))) return null;
  } catch {
    // The package is not there; that is said below.
  }
  return `PostgreSQL for ${process.platform} on ${process.arch} is missing in node_modules: each of the shop's environments has a database. ${fix}`;
}
