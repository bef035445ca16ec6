import { findFile } from './files.ts';
import { findMigrations } from './migrations.ts';
import { readPackage } from './package-json.ts';
import type { Described, OnGitHub, RepositoryFiles, Script, Tool } from './repository.ts';
import { findTools } from './tools.ts';

/** What can be told about a repository by looking at its files. */
export function describeRepository(files: RepositoryFiles, defaultBranch: string, github: OnGitHub): Described {
  const tools = findTools(files);
  return {
    tools,
    migrations: findMigrations(files, tools),
    deploy: findScript(files, tools, 'deploy') ?? { run: './scripts/deploy.sh', exists: false },
    smoke: findScript(files, tools, 'smoke') ?? findScript(files, tools, 'smoke-test'),
    nodeVersionFile: findFile(files, /^\.(?:nvmrc|node-version)$/),
    defaultBranch,
    github,
  };
}

/** A script of the repository by what it is for: a file, a script of `package.json`, a target of the Makefile. */
function findScript(files: RepositoryFiles, tools: readonly Tool[], purpose: string): Script | null {
  const path = [`scripts/${purpose}.sh`, `script/${purpose}`, `bin/${purpose}`, `${purpose}.sh`].find((one) => files.paths.includes(one));
  if (path !== undefined) return { run: `./${path}`, exists: true };
  const node = tools.find(({ name }) => name === 'npm' || name === 'pnpm' || name === 'yarn');
  if (node !== undefined && readPackage(files, 'package.json').scripts[purpose] !== undefined) {
    return { run: `${node.install ?? ''} && ${node.name} run ${purpose}`, exists: true };
  }
  const target = new RegExp(`^${purpose}:`, 'm').test(files.read('Makefile') ?? '');
  return target ? { run: `make ${purpose}`, exists: true } : null;
}
