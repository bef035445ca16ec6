/**
 * Inputs of a workflow that is started by hand.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs
 */
import { Refusal } from '../github/context.ts';
import { asText, evaluateToken, type Json } from './expressions.ts';
import type { TemplateToken } from './github-parser.ts';
import { childOf, entriesOf, type WorkflowFile } from './workflow-file.ts';

/**
 * The `inputs` context, each value of its type.
 * @throws Refusal 422 as GitHub answers what is missing, unknown or not of its type
 */
export function dispatchInputs(file: WorkflowFile, given: Readonly<Record<string, string>>): Readonly<Record<string, Json>> {
  const declared = entriesOf(childOf(childOf(childOf(file.root, 'on'), 'workflow_dispatch'), 'inputs'));
  const unknown = Object.keys(given).filter((name) => !declared.some(([known]) => known === name));
  if (unknown.length > 0) throw new Refusal(422, `Unexpected inputs provided: ${JSON.stringify(unknown)}`);
  return Object.fromEntries(declared.map(([name, definition]) => [name, inputOf(name, definition, given[name])] as const));
}

function inputOf(name: string, definition: TemplateToken, given: string | undefined): Json {
  const unsaid = childOf(definition, 'default');
  const text = given ?? (unsaid === undefined ? undefined : asText(evaluateToken(unsaid, { contexts: {} })));
  const required = childOf(definition, 'required')?.toString() === 'true';
  if (text === undefined && required) throw new Refusal(422, `Required input '${name}' not provided`);
  return typed(name, childOf(definition, 'type')?.toString() ?? 'string', definition, text ?? null);
}

function typed(name: string, type: string, definition: TemplateToken, text: string | null): Json {
  if (type === 'boolean') {
    if (text === null) return false;
    if (text !== 'true' && text !== 'false') throw wrong(name, type, text);
    return text === 'true';
  }
  if (type === 'number') {
    if (text === null) return 0;
    if (text.trim() === '' || Number.isNaN(Number(text))) throw wrong(name, type, text);
    return Number(text);
  }
  if (type === 'choice') return chosen(name, definition, text);
  return text ?? '';
}

function chosen(name: string, definition: TemplateToken, text: string | null): string {
  const options = evaluateToken(childOf(definition, 'options') ?? definition, { contexts: {} });
  const known = Array.isArray(options) ? options.map(asText) : [];
  if (text === null) return known[0] ?? '';
  if (!known.includes(text)) throw new Refusal(422, `Provided value '${text}' for input '${name}' not in the list of allowed values`);
  return text;
}

function wrong(name: string, type: string, text: string): Refusal {
  return new Refusal(422, `Provided value '${text}' for input '${name}' is not a ${type}`);
}
