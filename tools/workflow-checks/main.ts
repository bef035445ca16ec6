/**
 * Checks every workflow, starter workflow and action file with what the field uses: zizmor (security), actionlint (types of expressions,
 * inputs of actions and calls) and, through it, shellcheck. Installs them at pinned versions into a folder of the checkout first.
 * A tool that cannot be had is named, and the check fails: what was not looked at has not passed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { actionFiles, workflowFiles, writeForOlderTools } from './older-syntax.ts';

const root = join(import.meta.dirname, '../..');
const tools = join(root, '.tools');
const python = join(tools, 'python');
const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';

interface Outcome {
  readonly name: string;
  /** `null`: it could not be had. */
  readonly passed: boolean | null;
  readonly output: string;
}

function run(command: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): Outcome {
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

/** A failed installation leaves nothing that looks like a tool. */
function firstThatWorks(attempts: readonly (() => Outcome)[]): Outcome {
  let last: Outcome = { name: '', passed: false, output: '' };
  for (const attempt of attempts) {
    last = attempt();
    if (last.passed) return last;
  }
  return last;
}

function installPythonTools(): Outcome {
  const requirements = join(import.meta.dirname, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  const installed = join(python, 'requirements.txt');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return { name: 'pip', passed: true, output: '' };
  const venv = firstThatWorks([
    () => run('python3', ['-m', 'venv', '--clear', python]),
    () => {
      run('apt-get', ['install', '-y', '-qq', 'python3-venv'], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
      return run('python3', ['-m', 'venv', '--clear', python]);
    },
  ]);
  if (!venv.passed) return venv;
  const pip = run(join(python, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  if (pip.passed) run('cp', [requirements, installed]);
  return pip;
}

function installActionlint(): Outcome {
  const folder = join(tools, ACTIONLINT.split('@')[1] ?? '');
  if (existsSync(join(folder, 'actionlint'))) return { name: 'actionlint', passed: true, output: '' };
  const install = (go: string): Outcome => run(go, ['install', ACTIONLINT], { env: { GOBIN: folder, GOFLAGS: '-mod=mod' } });
  return firstThatWorks([() => install('go'), () => install('/usr/local/go/bin/go')]);
}

function zizmor(): Outcome {
  const installed = installPythonTools();
  if (!installed.passed) return { name: 'zizmor', passed: null, output: installed.output };
  const files = [...workflowFiles(root), ...actionFiles(root)];
  return {
    ...run(join(python, 'bin/zizmor'), ['--offline', '--no-progress', '--quiet', '--persona=auditor', '--min-severity=low', ...files]),
    name: 'zizmor',
  };
}

/** actionlint does not know the newest syntax yet; it reads a copy in which that is written the old way. */
function actionlint(): Outcome {
  const installed = installActionlint();
  if (!installed.passed) return { name: 'actionlint', passed: null, output: installed.output };
  const shellcheck = join(python, 'bin/shellcheck');
  if (!existsSync(shellcheck)) return { name: 'actionlint with shellcheck', passed: null, output: 'shellcheck could not be installed.' };
  const copy = writeForOlderTools(root, join(tools, 'older-syntax'));
  const binary = join(tools, ACTIONLINT.split('@')[1] ?? '', 'actionlint');
  return {
    ...run(binary, ['-no-color', '-shellcheck', shellcheck, '-pyflakes', '', ...copy.workflows], { cwd: copy.folder }),
    name: 'actionlint with shellcheck',
  };
}

mkdirSync(tools, { recursive: true });
const outcomes = [zizmor(), actionlint()];
for (const { name, passed, output } of outcomes) {
  console.log(`${name}: ${passed === null ? 'DID NOT RUN, it could not be installed' : passed ? 'no findings' : 'FAILED'}`);
  if (passed !== true && output !== '') console.log(output);
}
process.exitCode = outcomes.every(({ passed }) => passed === true) ? 0 : 1;
