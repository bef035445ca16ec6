import { DEFAULT_PIPELINE_PATH, loadPipeline } from '../pipeline/load.ts';
import { callerFile } from './caller-file.ts';
import { chainFile } from './chain-file.ts';
import { pipelineFile } from './pipeline-file.ts';
import type { Described } from './repository.ts';

export interface StartingFile {
  readonly kind: 'pipeline' | 'workflow';
  readonly path: string;
  readonly text: string;
}

export interface StartingChoice {
  readonly pipelinePath: string;
  /** The pipeline file that the workflow is made from; `null`: the one that is written. */
  readonly pipelineText: string | null;
  /** The chain as jobs of the repository, instead of a call to the shipped one. */
  readonly local: boolean;
}

/**
 * The text of the files that a repository begins with: its pipeline file and its workflow.
 * @throws {PipelineFileError} when the given pipeline file has mistakes.
 * @throws {NoChain} when its routes cannot be written as jobs.
 */
export function startingFiles(
  described: Described,
  { pipelinePath, pipelineText, local }: StartingChoice,
): readonly [StartingFile, StartingFile] {
  const text = pipelineFile(described);
  const pipeline = loadPipeline(pipelineText ?? text, pipelinePath);
  return [
    { kind: 'pipeline', path: pipelinePath, text },
    {
      kind: 'workflow',
      path: workflowPath(pipelinePath),
      text: local ? chainFile(pipeline, { nodeVersionFile: described.nodeVersionFile }) : callerFile(pipeline),
    },
  ];
}

/** `.github/workflows/promote.yml`; with several pipeline files, each has a workflow of its own. */
export function workflowPath(pipelinePath: string): string {
  if (pipelinePath === DEFAULT_PIPELINE_PATH) return '.github/workflows/promote.yml';
  const words = pipelinePath
    .replace(/\.ya?ml$/, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '' && word !== 'github' && word !== 'promote');
  return `.github/workflows/${['promote', ...words].join('-')}.yml`;
}
