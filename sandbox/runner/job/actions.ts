/** Finds the action that `uses:` names, and reads its `action.yml`. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NoOperationTraceWriter, parseAction, type TemplateToken, tokens } from '../github-parser.ts';
import { findStandIn, type StandIn } from '../stand-ins/index.ts';
import type { CheckoutSource, JobPorts, JobRequest } from './contract.ts';
import { mappingOf, readSteps, type StepDefinition, textOf, Unsupported } from './definition.ts';

export interface ActionInput {
  /** As it is written. */
  readonly name: string;
  readonly default: TemplateToken | null;
  readonly required: boolean;
  readonly deprecation: string | null;
}

interface Located {
  /** Absolute. */
  readonly folder: string;
  /** `null` for an action of the workspace. */
  readonly repository: string | null;
  readonly ref: string | null;
}

export interface JavaScriptAction extends Located {
  readonly kind: 'javascript';
  readonly inputs: readonly ActionInput[];
  readonly pre: { readonly file: string; readonly condition: string } | null;
  readonly main: string;
  readonly post: { readonly file: string; readonly condition: string } | null;
}

export interface CompositeAction extends Located {
  readonly kind: 'composite';
  readonly inputs: readonly ActionInput[];
  readonly outputs: readonly { readonly name: string; readonly value: TemplateToken }[];
  readonly steps: readonly StepDefinition[];
}

export interface StandInAction {
  readonly kind: 'stand-in';
  readonly repository: string;
  readonly ref: string;
  readonly standIn: StandIn;
}

export type Action = JavaScriptAction | CompositeAction | StandInAction;

export interface ActionPlaces {
  readonly request: JobRequest;
  readonly ports: JobPorts;
  readonly workspace: string;
  /** Where the files of actions are put that are taken from a commit. */
  readonly actionsFolder: string;
}

/** Whether the action comes with the checkout, so that it cannot be looked at before the job has checked out. */
export function isInWorkspace(uses: string): boolean {
  return uses.startsWith('./');
}

/**
 * The action behind `uses:`: `$/path` is the repository of the workflow file, `./path` the workspace, `owner/repo/path@ref` a
 * stand-in or a repository that the server knows.
 * @throws Unsupported when there is none, or it is of a kind that the sandbox does not run
 */
export function loadAction(uses: string, places: ActionPlaces): Action {
  if (uses.startsWith('docker://')) throw new Unsupported(`The sandbox does not run Docker actions: ${uses}`);
  if (isInWorkspace(uses)) return readAction(uses, { folder: join(places.workspace, uses), repository: null, ref: null });
  if (uses === '$') throw new Unsupported('`uses: $` names no action: a path follows, as in $/path.');
  if (uses.startsWith('$/')) {
    const source = places.request.workflowSource;
    return readAction(uses, { folder: join(filesOf(source, places), uses.slice(1)), repository: source.repository, ref: source.sha });
  }
  const found = /^(?<repository>[^/@\s]+\/[^/@\s]+)(?<path>\/[^@\s]*)?@(?<ref>\S+)$/.exec(uses)?.groups;
  if (found === undefined) throw new Unsupported(`\`uses: ${uses}\` names no action. Write owner/repository/path@ref, ./path or $/path.`);
  const { repository = '', path = '', ref = '' } = found;
  const standIn = findStandIn(`${repository}${path}`);
  if (standIn !== null) return { kind: 'stand-in', repository, ref, standIn };
  const source = places.ports.repository(repository, ref);
  if (source === null) throw new Unsupported(`The sandbox has no repository ${repository}, which \`uses: ${uses}\` asks for.`);
  return readAction(uses, { folder: join(filesOf(source, places), path), repository, ref });
}

/** The folder with the repository's files: the working copy itself, or its commit put into a folder of the job. */
function filesOf(source: CheckoutSource, { actionsFolder }: ActionPlaces): string {
  if (source.sha === null) return source.folder;
  const folder = join(actionsFolder, source.repository, source.sha);
  if (existsSync(folder)) return folder;
  const archive = execFileSync('git', ['-C', source.folder, 'archive', '--format=tar', source.sha], { maxBuffer: 2 ** 30 });
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  return folder;
}

function readAction(uses: string, located: Located): Action {
  const file = ['action.yml', 'action.yaml'].map((name) => join(located.folder, name)).find((path) => existsSync(path));
  if (file === undefined) {
    const hint = isInWorkspace(uses) ? ' Did you forget to run actions/checkout before running your local action?' : '';
    throw new Unsupported(`Can't find 'action.yml' or 'action.yaml' for \`uses: ${uses}\`.${hint}`);
  }
  const parsed = parseAction({ name: file, content: readFileSync(file, 'utf8') }, new NoOperationTraceWriter());
  const problems = parsed.context.errors.getErrors();
  const root = mappingOf(parsed.value);
  if (problems.length > 0 || root === null) throw new Unsupported(`${uses}: ${problems.map((problem) => problem.message).join(' ')}`);
  const runs = mappingOf(root.find('runs'));
  const using = textOf(runs?.find('using'));
  const inputs = readInputs(root.find('inputs'));
  if (using === 'composite')
    return { ...located, kind: 'composite', inputs, outputs: readOutputs(root.find('outputs')), steps: readSteps(runs?.find('steps')) };
  if (using === 'node24') return readJavaScript(uses, located, inputs, (key) => textOf(runs?.find(key)));
  if (using === 'docker') throw new Unsupported(`The sandbox does not run Docker actions: ${uses}`);
  if (using?.startsWith('node') === true) throw new Unsupported(`${uses} runs on ${using}, which is gone from runners. They have node24.`);
  throw new Unsupported(`${uses}: the sandbox does not run actions \`using: ${using}\`.`);
}

function readJavaScript(uses: string, located: Located, inputs: readonly ActionInput[], text: (key: string) => string | null): Action {
  const main = text('main');
  if (main === null) throw new Unsupported(`${uses}: \`runs.main\` is missing.`);
  const phase = (key: 'pre' | 'post') => {
    const file = text(key);
    return file === null ? null : { file, condition: text(`${key}-if`) ?? 'always()' };
  };
  return { ...located, kind: 'javascript', inputs, pre: phase('pre'), main, post: phase('post') };
}

function readInputs(token: TemplateToken | undefined): readonly ActionInput[] {
  return [...(mappingOf(token) ?? [])].map(({ key, value }) => {
    const input = mappingOf(value);
    const required = input?.find('required');
    return {
      name: key.toString(),
      default: input?.find('default') ?? null,
      required: required instanceof tokens.BooleanToken ? required.value : textOf(required) === 'true',
      deprecation: textOf(input?.find('deprecationMessage')),
    };
  });
}

function readOutputs(token: TemplateToken | undefined): CompositeAction['outputs'] {
  return [...(mappingOf(token) ?? [])].flatMap(({ key, value }) => {
    const found = mappingOf(value)?.find('value');
    return found === undefined ? [] : [{ name: key.toString(), value: found }];
  });
}
