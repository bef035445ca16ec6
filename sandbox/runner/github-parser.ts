/**
 * GitHub's own workflow parser. Its package imports a JSON file without the attribute that Node asks for, so it is loaded
 * behind a hook that adds the attribute; every other module of the sandbox imports the parser from here.
 */
import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, nextLoad) {
    const isSchema = url.includes('/@actions/workflow-parser/') && url.endsWith('.json');
    return nextLoad(url, isSchema ? { ...context, importAttributes: { ...context.importAttributes, type: 'json' } } : context);
  },
});

const { YamlObjectReader } = await import('@actions/workflow-parser/workflows/yaml-object-reader');
export const tokens = await import('@actions/workflow-parser/templates/tokens/index');

// For editors, the parser takes the expressions of text over several lines from the file as it is written, with its
// indentation and unfolded. What runs is the text that YAML makes of it.
const readLiteral = YamlObjectReader['getLiteralToken'] as (...args: unknown[]) => unknown;
(YamlObjectReader as unknown as Record<string, unknown>)['getLiteralToken'] = (...args: unknown[]): unknown => {
  const token = readLiteral(...args);
  const isSpread = token instanceof tokens.StringToken && token.source?.includes('\n') === true;
  return isSpread ? new tokens.StringToken(token.file, token.range, token.value, undefined) : token;
};

export const { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } = await import('@actions/workflow-parser');
export const { ErrorPolicy } = await import('@actions/workflow-parser/model/convert');
export const { isActionStep, isJob, isReusableWorkflowJob, isRunStep } = await import('@actions/workflow-parser/model/type-guards');
export const { convertActionTemplate } = await import('@actions/workflow-parser/actions/action-template');
export const { parseAction } = await import('@actions/workflow-parser/actions/action-parser');
export const { convertToIfCondition } = await import('@actions/workflow-parser/model/converter/if-condition');

export type { ActionTemplate } from '@actions/workflow-parser/actions/action-template';
export type {
  ActionStep,
  EventsConfig,
  Job,
  ReusableWorkflowJob,
  RunStep,
  Step,
  WorkflowJob,
  WorkflowTemplate,
} from '@actions/workflow-parser/model/workflow-template';
export type { MappingToken, ScalarToken, TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
