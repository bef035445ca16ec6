import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type InitRequest, init } from '../../src/commands/init.ts';
import type { OnGitHub } from '../../src/setup/repository.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');

/** A git repository in a temporary folder, and the command line in it. */
export interface Folder {
  readonly path: string;
  /** `null` when there is no such file. */
  read(path: string): string | null;
  write(path: string, text: string): void;
  /** `promote init` there, in this process. */
  init(request?: Partial<InitRequest>, github?: OnGitHub, ownCommit?: string | null): Promise<Pick<Ran, 'code' | 'out'>>;
  /** Runs `promote` there, without a token unless the variables give one. */
  promote(words: readonly string[], variables?: Readonly<Record<string, string>>): Promise<Ran>;
  remove(): void;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export function makeFolder(files: Readonly<Record<string, string>>, branch = 'main'): Folder {
  const path = mkdtempSync(join(tmpdir(), 'starting-'));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', path, '-c', 'user.name=mona', '-c', 'user.email=mona@example.com', ...words]);
  git('init', '--quiet', '--initial-branch', branch);
  git('add', '--all');
  git('commit', '--quiet', '--allow-empty', '--message', 'Begin');
  const read = (name: string): string | null => (existsSync(join(path, name)) ? readFileSync(join(path, name), 'utf8') : null);
  return {
    path,
    write,
    read,
    init: async (request = {}, github = { looked: false, why: 'no token.' }, ownCommit = null) => {
      let out = '';
      const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
      const paths = names.filter((name) => !name.startsWith('.git/') && statSync(join(path, name)).isFile());
      const code = await init(
        { pipelinePath: '.github/promote.yml', only: null, local: false, force: false, dryRun: false, ...request },
        {
          files: { paths, read },
          defaultBranch: branch,
          lookAtGitHub: async () => github,
          findOwnCommit: async () => ownCommit,
          write,
          print: (text) => {
            out += text;
          },
        },
      );
      return { code, out };
    },
    promote: async (words, variables = {}) => {
      const env = { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...variables };
      const child = spawn(process.execPath, [CLI, ...words], { cwd: path, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const text = { out: '', err: '' };
      child.stdout.on('data', (chunk: Buffer) => (text.out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()));
      const [code] = await once(child, 'close');
      return { code: code as number, ...text };
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
