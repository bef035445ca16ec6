import { DEFAULT_PIPELINE_PATH } from '../pipeline/load.ts';
import type { Pipeline } from '../pipeline/model.ts';
import { CALLER_GRANTS, permissionLines } from './permissions.ts';
import { BY_TAG, type OwnPin, pinningLines, pipelineWorkflow } from './pins.ts';
import { triggerLines } from './triggers.ts';
import { entry, indented, literal } from './yaml-text.ts';

/** The workflow that calls the shipped chain. */
export function callerFile(pipeline: Pipeline, pin: OwnPin = BY_TAG): string {
  const lines = [
    '# From push to production, as .github/promote.yml says. The chain itself lives in the called workflow.',
    ...pinningLines(pin),
    'name: promote',
    '',
    ...triggerLines(pipeline),
    '',
    'permissions: {}',
    '',
    'jobs:',
    '  promote:',
    ...indented(permissionLines(CALLER_GRANTS), 4),
    `    uses: ${pipelineWorkflow(pin)}`,
    ...(pipeline.path === DEFAULT_PIPELINE_PATH ? [] : ['    with:', ...entry('pipeline', literal(pipeline.path), 6)]),
    '    secrets:',
    '      # Secrets of environments do not reach a workflow of another repository. This one, NAME=value in each line, is handed to the',
    "      # commands of every environment, production.NAME=value to production's alone. It need not exist.",
    '      PROMOTE_ENV: ${{ secrets.PROMOTE_ENV }}',
  ];
  return `${lines.join('\n')}\n`.replace('.github/promote.yml says', `${pipeline.path.replaceAll(/\p{Cc}/gu, '�')} says`);
}
