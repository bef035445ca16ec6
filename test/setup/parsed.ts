import {
  convertWorkflowTemplate,
  NoOperationTraceWriter,
  parseWorkflow,
  type TemplateToken,
  tokens,
} from '../../sandbox/runner/github-parser.ts';

/** What GitHub's own parser says against a workflow. */
export async function workflowErrors(text: string): Promise<readonly string[]> {
  const parsed = parse(text);
  const errors = parsed.context.errors.getErrors().map(({ message }) => message);
  if (parsed.value === undefined) return [...errors, 'no workflow'];
  const template = await convertWorkflowTemplate(parsed.context, parsed.value, undefined, { maxReusableWorkflowDepth: 10 });
  return [...errors, ...(template.errors ?? []).map(({ Message }) => Message)];
}

/** Every expression that GitHub's own parser finds in a workflow. */
export function expressionsIn(text: string): readonly string[] {
  const { value } = parse(text);
  if (value === undefined) throw new Error('no workflow');
  return expressionsUnder(value);
}

function parse(text: string) {
  return parseWorkflow({ name: 'promote.yml', content: text }, new NoOperationTraceWriter());
}

function expressionsUnder(token: TemplateToken): readonly string[] {
  if (token instanceof tokens.BasicExpressionToken) return [token.expression.trim()];
  if (token instanceof tokens.SequenceToken) return [...token].flatMap(expressionsUnder);
  if (token instanceof tokens.MappingToken)
    return [...token].flatMap(({ key, value }) => [...expressionsUnder(key), ...expressionsUnder(value)]);
  return [];
}
