/**
 * Workflows that call workflows: finds what is called, and refuses at the start what GitHub refuses at the start.
 * https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows
 */
import { asText, evaluateToken, type Json, type Scope } from './expressions.ts';
import { type TemplateToken, tokens } from './github-parser.ts';
import type { CheckoutSource } from './job/contract.ts';
import { excess, type Grants, grantsOf } from './permissions.ts';
import { problemAt, type WorkflowProblem } from './problems.ts';
import type { Sources } from './sources.ts';
import {
  childOf,
  entriesOf,
  type JobDefinition,
  readWorkflowFile,
  refuseUnsupported,
  type WorkflowFile,
  type WorkflowOrigin,
  type WorkflowTree,
} from './workflow-file.ts';

/** The first workflow and nine below it. */
const DEEPEST = 10;
/** Of different called workflows. */
const MOST = 50;

export interface Loading {
  readonly sources: Sources;
  /** What triggered the run: `./` is looked up there. */
  readonly caller: CheckoutSource;
  readonly callerRef: string;
}

/**
 * Reads everything that a workflow calls, and checks every call.
 * @param grants what the workflow's jobs may be granted at most; `null`: as much as they ask for
 * @param unsaid what jobs are granted that say nothing
 * @throws WorkflowProblem as GitHub refuses the run, NotSupported for what the sandbox cannot run
 */
export async function loadTree(file: WorkflowFile, grants: Grants | null, unsaid: Grants, loading: Loading): Promise<WorkflowTree> {
  const seen = new Map<string, WorkflowFile>();
  const tree = await load(file, [nameOf(file)], loading, seen);
  checkPermissions(tree, grants, unsaid);
  return tree;
}

/** Every workflow that a tree calls, once, as a run's `referenced_workflows` lists them. */
export function calledBy(tree: WorkflowTree): readonly { readonly path: string; readonly sha: string; readonly ref: string }[] {
  const called = [...tree.calls.values()].flatMap((each) => {
    const { source, path, ref } = each.file;
    return [{ path: `${source.repository}/${path}`, sha: source.sha ?? '0'.repeat(40), ref }, ...calledBy(each)];
  });
  return [...new Map(called.map((each) => [`${each.path}@${each.ref}`, each])).values()];
}

async function load(
  file: WorkflowFile,
  chain: readonly string[],
  loading: Loading,
  seen: Map<string, WorkflowFile>,
): Promise<WorkflowTree> {
  refuseUnsupported(file);
  const calls = new Map<string, WorkflowTree>();
  for (const job of file.jobs) {
    if (job.uses === null) continue;
    const origin = originOf(file, job.uses, loading);
    const name = nameOf(origin);
    if (chain.includes(name)) throw problemAt(file.path, job.uses, `${name} is called by itself: ${[...chain, name].join(' -> ')}.`);
    if (chain.length >= DEEPEST) throw problemAt(file.path, job.uses, `workflows are nested deeper than ${DEEPEST} levels.`);
    const called = seen.get(name) ?? (await read(file, job.uses, origin, loading.sources));
    seen.set(name, called);
    if (seen.size > MOST) throw problemAt(file.path, job.uses, `more than ${MOST} different workflows are called.`);
    checkCall(file, job, called);
    calls.set(job.id, await load(called, [...chain, name], loading, seen));
  }
  return { file, calls };
}

function nameOf(origin: WorkflowOrigin): string {
  return `${origin.source.repository}/${origin.path}@${origin.ref}`;
}

const FULL_REFERENCE = /^([^/@\s]+\/[^/@\s]+)\/(\.github\/workflows\/[^/@]+\.ya?ml)@(\S+)$/;
const LOCAL_REFERENCE = /^(\.|\$)\/(\.github\/workflows\/[^/@]+\.ya?ml)$/;

function originOf(file: WorkflowFile, uses: TemplateToken, loading: Loading): WorkflowOrigin {
  const reference = uses.toString();
  const local = LOCAL_REFERENCE.exec(reference);
  if (local !== null) {
    const path = local[2] as string;
    if (local[1] === '$') return { source: file.source, path, ref: file.ref };
    return { source: loading.caller, path, ref: loading.callerRef };
  }
  const full = FULL_REFERENCE.exec(reference);
  if (full === null)
    throw problemAt(
      file.path,
      uses,
      `"${reference}" names no workflow. Write owner/repository/.github/workflows/file.yml@ref, ./.github/workflows/file.yml or $/.github/workflows/file.yml.`,
    );
  const [, repository = '', path = '', ref = ''] = full;
  const source = loading.sources.find(repository, ref);
  if (source === null) throw problemAt(file.path, uses, `workflow was not found: ${repository} at ${ref}.`);
  return { source, path, ref };
}

async function read(file: WorkflowFile, uses: TemplateToken, origin: WorkflowOrigin, sources: Sources): Promise<WorkflowFile> {
  const text = await sources.text(origin.source, origin.path);
  if (text === null) throw problemAt(file.path, uses, `workflow was not found: ${nameOf(origin)}.`);
  return readWorkflowFile(text, origin);
}

/** `on.workflow_call` of a file; `undefined` when it cannot be called. `null` is an empty one. */
function callDefinition(file: WorkflowFile): TemplateToken | null | undefined {
  if (file.events.workflow_call === undefined) return undefined;
  return childOf(childOf(file.root, 'on'), 'workflow_call') ?? null;
}

/** A part of `on.workflow_call`: `inputs`, `outputs` or `secrets`. */
export function callPart(file: WorkflowFile, part: 'inputs' | 'outputs' | 'secrets'): readonly (readonly [string, TemplateToken])[] {
  return entriesOf(childOf(callDefinition(file) ?? undefined, part));
}

function checkCall(file: WorkflowFile, job: JobDefinition, called: WorkflowFile): void {
  const uses = job.uses ?? undefined;
  if (callDefinition(called) === undefined)
    throw problemAt(file.path, uses, 'workflow_call key is not defined in the referenced workflow.');
  checkNames(file, uses, 'input', callPart(called, 'inputs'), entriesOf(childOf(job.token, 'with')));
  if (!job.inheritsSecrets) checkNames(file, uses, 'secret', callPart(called, 'secrets'), entriesOf(childOf(job.token, 'secrets')));
  for (const [name, value] of entriesOf(childOf(job.token, 'with'))) {
    const type = typeOf(find(callPart(called, 'inputs'), name));
    if (value.isLiteral && !fits(type, literal(value))) throw wrongType(file, value, name, type, literal(value));
  }
}

function checkNames(
  file: WorkflowFile,
  uses: TemplateToken | undefined,
  kind: 'input' | 'secret',
  declared: readonly (readonly [string, TemplateToken])[],
  given: readonly (readonly [string, TemplateToken])[],
): void {
  const Kind = kind === 'input' ? 'Input' : 'Secret';
  for (const [name, definition] of declared) {
    const required = isTrue(childOf(definition, 'required'));
    if (required && find(given, name) === undefined)
      throw problemAt(file.path, uses, `${Kind} ${name} is required, but not provided while calling.`);
  }
  for (const [name, value] of given) {
    if (find(declared, name) === undefined)
      throw problemAt(file.path, value, `Invalid ${kind}, ${name} is not defined in the referenced workflow.`);
  }
}

function find<T>(entries: readonly (readonly [string, T])[], name: string): T | undefined {
  return entries.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1];
}

function isTrue(token: TemplateToken | undefined): boolean {
  return token instanceof tokens.BooleanToken && token.value;
}

type InputType = 'string' | 'boolean' | 'number';

function typeOf(definition: TemplateToken | undefined): InputType {
  return (childOf(definition, 'type')?.toString() ?? 'string') as InputType;
}

function literal(token: TemplateToken): Json {
  return evaluateToken(token, { contexts: {} });
}

/** Text takes every scalar; the others take only their own kind. */
function fits(type: InputType, value: Json): boolean {
  return type === 'string' ? typeof value !== 'object' || value === null : typeof value === type;
}

function wrongType(file: WorkflowFile, token: TemplateToken, name: string, type: InputType, value: Json): WorkflowProblem {
  return problemAt(file.path, token, `Unexpected value '${asText(value)}': input ${name} is a ${type}.`);
}

const EMPTY: Readonly<Record<InputType, Json>> = { string: '', boolean: false, number: 0 };

/**
 * The `inputs` of a called workflow.
 * @throws WorkflowProblem when a value is not of its type
 */
export function callInputs(
  file: WorkflowFile,
  job: JobDefinition,
  called: WorkflowFile,
  scope: Scope,
  calledScope: Scope,
): Record<string, Json> {
  const given = entriesOf(childOf(job.token, 'with'));
  const inputs: Record<string, Json> = {};
  for (const [name, definition] of callPart(called, 'inputs')) {
    const type = typeOf(definition);
    const token = find(given, name);
    const unsaid = childOf(definition, 'default');
    if (token === undefined) {
      inputs[name] = unsaid === undefined ? EMPTY[type] : ofType(called, unsaid, name, type, calledScope);
      continue;
    }
    inputs[name] = ofType(file, token, name, type, scope);
  }
  return inputs;
}

function ofType(file: WorkflowFile, token: TemplateToken, name: string, type: InputType, scope: Scope): Json {
  const value = evaluateToken(token, scope);
  if (!fits(type, value)) throw wrongType(file, token, name, type, value);
  return type === 'string' ? asText(value) : value;
}

/** What a called workflow's jobs are granted when they say nothing, and at most. */
export function grantsOfJob(file: WorkflowFile, job: JobDefinition, unsaid: Grants): Grants {
  return grantsOf(childOf(job.token, 'permissions')) ?? grantsOf(childOf(file.root, 'permissions')) ?? unsaid;
}

/** Permissions can only be narrowed from level to level. What no job uses is checked, too, as GitHub does. */
function checkPermissions(tree: WorkflowTree, most: Grants | null, unsaid: Grants): void {
  const { file } = tree;
  const ofFile = childOf(file.root, 'permissions');
  refuseExcess(file, ofFile, grantsOf(ofFile), most, 'The workflow');
  for (const job of file.jobs) {
    const grants = grantsOfJob(file, job, unsaid);
    const ofJob = childOf(job.token, 'permissions');
    refuseExcess(file, ofJob, grantsOf(ofJob), most, `The nested job '${job.id}'`);
    const called = tree.calls.get(job.id);
    if (called !== undefined) checkPermissions(called, grants, grants);
  }
}

function refuseExcess(file: WorkflowFile, at: TemplateToken | undefined, asked: Grants | null, most: Grants | null, who: string): void {
  const [first] = asked === null || most === null ? [] : excess(asked, most);
  if (first === undefined) return;
  const told = `${who} is requesting '${first.asked}', but is only allowed '${first.allowed}'.`;
  throw problemAt(file.path, at, `Error calling workflow '${nameOf(file)}'. ${told}`);
}
