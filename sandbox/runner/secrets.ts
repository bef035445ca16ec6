/**
 * Which secrets reach a called workflow.
 * https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows#passing-inputs-and-secrets-to-a-reusable-workflow
 */
import { asText, type Contexts, evaluateToken } from './expressions.ts';
import type { Instance } from './graph.ts';
import { childOf, entriesOf, type JobDefinition, type WorkflowFile } from './workflow-file.ts';

/** What the call maps, or with `inherit` everything, as long as the called workflow belongs to the same owner. */
export function callSecrets(
  job: JobDefinition,
  caller: Instance,
  called: WorkflowFile,
  contexts: Contexts,
): Readonly<Record<string, string>> {
  if (job.inheritsSecrets) return ownerOf(caller.tree.file) === ownerOf(called) ? caller.secrets : {};
  const scope = { contexts: { ...contexts, secrets: caller.secrets } };
  const mapped = entriesOf(childOf(job.token, 'secrets')).map(([name, value]) => [name, asText(evaluateToken(value, scope))] as const);
  return Object.fromEntries(mapped);
}

function ownerOf(file: WorkflowFile): string {
  return file.source.repository.split('/')[0]?.toLowerCase() ?? '';
}
