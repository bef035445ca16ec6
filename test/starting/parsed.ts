import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '../../sandbox/runner/github-parser.ts';

/** What GitHub's own parser says against a workflow. */
export async function workflowErrors(text: string): Promise<readonly string[]> {
  const parsed = parseWorkflow({ name: 'promote.yml', content: text }, new NoOperationTraceWriter());
  const errors = parsed.context.errors.getErrors().map(({ message }) => message);
  if (parsed.value === undefined) return [...errors, 'no workflow'];
  const template = await convertWorkflowTemplate(parsed.context, parsed.value, undefined, { maxReusableWorkflowDepth: 10 });
  return [...errors, ...(template.errors ?? []).map(({ Message }) => Message)];
}
