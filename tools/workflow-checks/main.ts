/**
 * Checks every workflow, starter workflow and action file with what the field uses: zizmor (security), actionlint (types of expressions,
 * inputs of actions and calls) and, through it, shellcheck. Installs them at pinned versions into a folder of the checkout first.
 * A tool that cannot be had is named, and the check fails: what was not looked at has not passed.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { installGoTool, installPythonTools, type Outcome, root, run, tools } from '../installing.ts';
import { actionFiles, workflowFiles, writeForOlderTools } from './older-syntax.ts';

const python = join(tools, 'python');
const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const actionlintFolder = join(tools, ACTIONLINT.split('@')[1] ?? '');

function zizmor(): Outcome {
  const installed = installPythonTools(python, join(import.meta.dirname, 'requirements.txt'));
  if (!installed.passed) return { name: 'zizmor', passed: null, output: installed.output };
  const files = [...workflowFiles(root), ...actionFiles(root)];
  return {
    ...run(join(python, 'bin/zizmor'), ['--offline', '--no-progress', '--quiet', '--persona=auditor', '--min-severity=low', ...files]),
    name: 'zizmor',
  };
}

/** What actionlint says about `uses: $/`, which it does not know yet. */
const UNKNOWN_SYNTAX = 'specifying action "\\$/|workflow call "\\$/';

/**
 * The files as they are shipped, but for what actionlint does not know yet; and a copy in which that is written the old way, so that inputs, outputs and secrets of calls are compared, too.
 */
function actionlint(): Outcome {
  const installed = installGoTool(actionlintFolder, ACTIONLINT);
  if (!installed.passed) return { name: 'actionlint', passed: null, output: installed.output };
  const shellcheck = join(python, 'bin/shellcheck');
  if (!existsSync(shellcheck)) return { name: 'actionlint with shellcheck', passed: null, output: 'shellcheck could not be installed.' };
  const copy = writeForOlderTools(root, join(tools, 'older-syntax'));
  const binary = join(actionlintFolder, 'actionlint');
  const always = ['-no-color', '-shellcheck', shellcheck, '-pyflakes', ''];
  const shipped = run(binary, [...always, '-ignore', UNKNOWN_SYNTAX, ...workflowFiles(root)], { cwd: root });
  const copied = run(binary, [...always, ...copy.workflows], { cwd: copy.folder });
  const output = [shipped.output, copied.output].filter((text) => text !== '').join('\n');
  return { name: 'actionlint with shellcheck', passed: shipped.passed === true && copied.passed === true, output };
}

mkdirSync(tools, { recursive: true });
const outcomes = [zizmor(), actionlint()];
for (const { name, passed, output } of outcomes) {
  console.log(`${name}: ${passed === null ? 'DID NOT RUN, it could not be installed' : passed ? 'no findings' : 'FAILED'}`);
  if (passed !== true && output !== '') console.log(output);
}
process.exitCode = outcomes.every(({ passed }) => passed === true) ? 0 : 1;
