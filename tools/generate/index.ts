import { actionFile } from './action-file.ts';
import { beliefsPage } from './beliefs.ts';
import { fillRegions, inputTable, outputTable } from './io-tables.ts';
import { maskingDocs, maskingJsonSchema } from './masking.ts';
import { makeOpenApiExtract } from './openapi-extract.ts';
import { pipelineDocs } from './pipeline-docs.ts';
import { pipelineJsonSchema } from './pipeline-schema.ts';
import { reasonsPage } from './reasons.ts';
import { rehearsalDocs, rehearsalReasonsPage } from './rehearsal.ts';
import { callerTemplate, chainTemplate } from './starter-workflows.ts';

/** One entry per generated file: its path, and a function from its present text to what it should say. */
export const generated: Readonly<Record<string, (present: string) => string | Promise<string>>> = {
  'action.yml': () => actionFile('dist/index.js'),
  // Named by the shipped workflows: a path behind `$/` is documented, `$/` alone is not.
  '.github/actions/promote/action.yml': () => actionFile('../../../dist/index.js'),
  'sandbox/github/openapi-extract.json': makeOpenApiExtract,
  'README.md': (present) => fillRegions(present, { inputs: inputTable(), outputs: outputTable() }),
  'docs/github-beliefs.md': beliefsPage,
  'docs/masking.md': maskingDocs,
  'docs/pipeline.md': pipelineDocs,
  'docs/reasons.md': reasonsPage,
  'docs/rehearsal.md': rehearsalDocs,
  'docs/rehearsal-reasons.md': rehearsalReasonsPage,
  'schema/masking.schema.json': maskingJsonSchema,
  'schema/pipeline.schema.json': pipelineJsonSchema,
  'workflows-templates/promote.yml': callerTemplate,
  'workflows-templates/promote-chain.yml': chainTemplate,
};
