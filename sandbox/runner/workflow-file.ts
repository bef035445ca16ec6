/** Reads workflow files with GitHub's own parser, and refuses what GitHub would refuse and what the sandbox cannot run. */
import {
  convertWorkflowTemplate,
  ErrorPolicy,
  type EventsConfig,
  isReusableWorkflowJob,
  type MappingToken,
  NoOperationTraceWriter,
  parseWorkflow,
  type TemplateToken,
  tokens,
  type WorkflowJob,
} from './github-parser.ts';
import type { CheckoutSource } from './job/contract.ts';
import { notSupported, problemAt, WorkflowProblem } from './problems.ts';

/** Where a workflow file was found. */
export interface WorkflowOrigin {
  readonly source: CheckoutSource;
  /** In its repository: `.github/workflows/deploy.yml`. */
  readonly path: string;
  /** The ref it was asked for by: `refs/heads/main`, `v1`, a sha. */
  readonly ref: string;
}

/** One entry under `jobs:`. */
export interface JobDefinition {
  readonly id: string;
  readonly token: MappingToken;
  readonly needs: readonly string[];
  /** Expression; holds a status function. */
  readonly condition: string;
  /** The reusable workflow it calls. */
  readonly uses: TemplateToken | null;
  readonly inheritsSecrets: boolean;
}

export interface WorkflowFile extends WorkflowOrigin {
  /** As the file says it, else its path. */
  readonly name: string;
  readonly root: MappingToken;
  readonly events: EventsConfig;
  /** In the order of the file. */
  readonly jobs: readonly JobDefinition[];
}

/** A workflow file with everything it calls. */
export interface WorkflowTree {
  readonly file: WorkflowFile;
  /** By the id of the calling job. */
  readonly calls: ReadonlyMap<string, WorkflowTree>;
}

/**
 * Reads one workflow file.
 * @throws WorkflowProblem naming file and line for what GitHub refuses, NotSupported for what the sandbox cannot run
 */
export async function readWorkflowFile(text: string, origin: WorkflowOrigin): Promise<WorkflowFile> {
  const { path } = origin;
  const parsed = parseWorkflow({ name: path, content: text }, new NoOperationTraceWriter());
  const refuse = (): void => {
    const [first, ...more] = parsed.context.errors.getErrors();
    if (first === undefined) return;
    const told = [first, ...more].map(({ rawMessage, range }) => {
      const at = range === undefined ? '' : `:${range.start.line}:${range.start.column}`;
      return `${path}${at}: ${rawMessage}`;
    });
    throw new WorkflowProblem(told.join('\n'));
  };
  refuse();
  const root = parsed.value?.assertMapping('workflow');
  if (root === undefined) throw new WorkflowProblem(`${path}: the file is empty.`);
  const template = await convertWorkflowTemplate(parsed.context, root, undefined, {
    errorPolicy: ErrorPolicy.ReturnErrorsOnly,
    maxReusableWorkflowDepth: 10,
  });
  refuse();
  refuseFilterPairs(path, root);
  const definitions = childOf(root, 'jobs')?.assertMapping('jobs');
  const name = childOf(root, 'name');
  return {
    ...origin,
    name: name === undefined ? path : name.assertString('name').value,
    root,
    events: template.events,
    jobs: template.jobs.map((job) => definitionOf(job, definitions)),
  };
}

function definitionOf(job: WorkflowJob, definitions: MappingToken | undefined): JobDefinition {
  const token = childOf(definitions, job.id.value);
  if (!(token instanceof tokens.MappingToken)) throw new Error(`job ${job.id.value} has no definition`);
  const call = isReusableWorkflowJob(job) ? job : null;
  return {
    id: job.id.value,
    token,
    needs: (job.needs ?? []).map((need) => need.value),
    condition: job.if.expression,
    uses: call?.ref ?? null,
    inheritsSecrets: call?.['inherit-secrets'] === true,
  };
}

/** The value of a key, in whatever case it is written. */
export function childOf(token: TemplateToken | undefined, key: string): TemplateToken | undefined {
  if (!(token instanceof tokens.MappingToken)) return undefined;
  for (const pair of token) {
    if (pair.key instanceof tokens.StringToken && pair.key.value.toLowerCase() === key.toLowerCase()) return pair.value;
  }
  return undefined;
}

/** Keys and values of a mapping; none when it is something else. */
export function entriesOf(token: TemplateToken | undefined): readonly (readonly [string, TemplateToken])[] {
  if (!(token instanceof tokens.MappingToken)) return [];
  return [...token].map(({ key, value }) => [key.toString(), value] as const);
}

/** Keys of a job that change where or how it runs in ways that the sandbox cannot imitate. */
const UNSUPPORTED_IN_JOBS = ['container', 'services', 'snapshot', 'cancel-timeout-minutes'];

/** @throws NotSupported naming the first thing in the file that the sandbox cannot run */
export function refuseUnsupported({ path, root }: Pick<WorkflowFile, 'path' | 'root'>): void {
  for (const [, job] of entriesOf(childOf(root, 'jobs'))) {
    for (const key of UNSUPPORTED_IN_JOBS) {
      const used = childOf(job, key);
      if (used !== undefined) throw notSupported(path, used, `"${key}"`);
    }
  }
  for (const [, token] of tokens.TemplateToken.traverse(root)) {
    if (token instanceof tokens.InsertExpressionToken) throw notSupported(path, token, '"${{ insert }}"');
  }
}

const FILTER_PAIRS = ['branches', 'tags', 'paths'];

/** Source: documentation of workflow syntax: the two filters of a kind cannot be used for the same event. */
function refuseFilterPairs(path: string, root: MappingToken): void {
  for (const [event, filters] of entriesOf(childOf(root, 'on'))) {
    for (const filter of FILTER_PAIRS) {
      const ignored = childOf(filters, `${filter}-ignore`);
      if (ignored !== undefined && childOf(filters, filter) !== undefined)
        throw problemAt(path, ignored, `${event}: "${filter}" and "${filter}-ignore" cannot be used together.`);
    }
  }
}
