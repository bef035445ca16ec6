/** Gets tools of other ecosystems at pinned versions into a folder of the checkout, once. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
/** Where they lie. */
export const tools = join(root, '.tools');

export interface Outcome {
  readonly name: string;
  /** `null`: it could not be had. */
  readonly passed: boolean | null;
  readonly output: string;
}

export function run(command: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): Outcome {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return {
    name: command,
    passed: error === undefined && status === 0,
    output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim(),
  };
}

function firstThatWorks(attempts: readonly (() => Outcome)[]): Outcome {
  let last: Outcome = { name: '', passed: false, output: '' };
  for (const attempt of attempts) {
    last = attempt();
    if (last.passed) return last;
  }
  return last;
}

/**
 * Installs what a `requirements.txt` names into a virtual environment; its programs are in `bin` of that. A failed installation leaves
 * nothing that looks like a tool.
 */
export function installPythonTools(folder: string, requirements: string): Outcome {
  const wanted = readFileSync(requirements, 'utf8');
  const installed = join(folder, 'requirements.txt');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return { name: 'pip', passed: true, output: '' };
  mkdirSync(tools, { recursive: true });
  const venv = firstThatWorks([
    () => run('python3', ['-m', 'venv', '--clear', folder]),
    () => {
      run('apt-get', ['install', '-y', '-qq', 'python3-venv'], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
      return run('python3', ['-m', 'venv', '--clear', folder]);
    },
  ]);
  if (!venv.passed) return venv;
  const pip = run(join(folder, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  if (pip.passed) run('cp', [requirements, installed]);
  return pip;
}

/**
 * Installs one Go program into a folder of its own.
 * @param program `example.com/module/cmd/program@v1.2.3`
 */
export function installGoTool(folder: string, program: string, tags: readonly string[] = []): Outcome {
  const name = program.split('@')[0]?.split('/').at(-1) ?? program;
  if (existsSync(join(folder, name))) return { name, passed: true, output: '' };
  const install = (go: string): Outcome =>
    run(go, ['install', '-tags', tags.join(','), program], { env: { GOBIN: folder, GOFLAGS: '-mod=mod' } });
  return firstThatWorks([() => install('go'), () => install('/usr/local/go/bin/go')]);
}
