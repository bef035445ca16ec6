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

export const { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } = await import('@actions/workflow-parser');
export const { ErrorPolicy } = await import('@actions/workflow-parser/model/convert');
export const { isActionStep, isJob, isReusableWorkflowJob, isRunStep } = await import('@actions/workflow-parser/model/type-guards');
export const { convertActionTemplate } = await import('@actions/workflow-parser/actions/action-template');
export const { parseAction } = await import('@actions/workflow-parser/actions/action-parser');
export const tokens = await import('@actions/workflow-parser/templates/tokens/index');

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
