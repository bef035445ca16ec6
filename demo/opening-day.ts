import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SampleRepository } from '../sandbox/github/sample-repository.ts';

const run = promisify(execFile);

/** What production has run since before there was a pipeline. */
export const OPENING_VERSION = 'v1.0.0';

export interface OpeningOptions {
  readonly repository: SampleRepository;
  /** Where the version is built. */
  readonly folder: string;
  /** What a job on this machine finds: `SHOP_HOME`, `SHOP_TOOLS` and its like. */
  readonly machine: Readonly<Record<string, string>>;
  readonly databaseUrl: string;
}

/**
 * Builds the shop as it is and puts it into production with its own scripts, as somebody did by hand when it opened.
 * @returns the commit
 * @throws Error with what the scripts said
 */
export async function openProduction({ repository, folder, machine, databaseUrl }: OpeningOptions): Promise<string> {
  const sha = repository.sha('main');
  repository.tag(OPENING_VERSION, sha);
  repository.exportTo(sha, folder);
  const env = {
    PATH: process.env['PATH'],
    ...machine,
    GITHUB_SHA: sha,
    PROMOTE_ENVIRONMENT: 'production',
    PROMOTE_SHA: sha,
    PROMOTE_VERSION: OPENING_VERSION,
    DATABASE_URL: databaseUrl,
  };
  await run('bash', ['-eo', 'pipefail', '-c', 'node scripts/build.js && bash scripts/deploy.sh'], { cwd: folder, env });
  return sha;
}
