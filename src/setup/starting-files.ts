import { DEFAULT_PIPELINE_PATH, loadPipeline } from '../pipeline/load.ts';
import { valueAt } from '../pipeline/shape.ts';
import { readSource } from '../pipeline/source.ts';
import { callerFile } from './caller-file.ts';
import { chainFile } from './chain-file.ts';
import type { OwnPin } from './pins.ts';
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
  /** What the workflow names this action by, where none is there yet. */
  readonly pin: OwnPin;
}

/**
 * The text of the files that a repository begins with: its pipeline file and its workflow.
 * @throws {PipelineFileError} when the given pipeline file has mistakes.
 * @throws {NoChain} when its routes cannot be written as jobs.
 */
export function startingFiles(
  described: Described,
  { pipelinePath, pipelineText, local, pin }: StartingChoice,
): readonly [StartingFile, StartingFile] {
  const text = pipelineFile(described, serviceOf(pipelinePath));
  const pipeline = loadPipeline(pipelineText ?? text, pipelinePath);
  return [
    { kind: 'pipeline', path: pipelinePath, text },
    {
      kind: 'workflow',
      path: workflowPath(pipelinePath),
      text: local ? chainFile(pipeline, { nodeVersionFile: described.nodeVersionFile, pin }) : callerFile(pipeline, pin),
    },
  ];
}

/**
 * What another pipeline file than the usual one needs before it counts: `.github/promote.yml` must list it.
 * @param root text of `.github/promote.yml`; `null`: there is none
 * @returns the file to write where there is none · `missing` where it does not list the path · `null` where nothing is needed
 */
export function listingOf(pipelinePath: string, root: string | null): StartingFile | 'missing' | null {
  if (pipelinePath === DEFAULT_PIPELINE_PATH) return null;
  const text = `# The pipeline files of this repository. One that is not listed here does not count.\nversion: 1\npipelines:\n  - ${pipelinePath}\n`;
  if (root === null) return { kind: 'pipeline', path: DEFAULT_PIPELINE_PATH, text };
  const listed = valueAt(readSource(root).value, ['pipelines']);
  return Array.isArray(listed) && listed.includes(pipelinePath) ? null : 'missing';
}

/** `.github/workflows/promote.yml`; with several pipeline files, each has a workflow of its own. */
export function workflowPath(pipelinePath: string): string {
  if (pipelinePath === DEFAULT_PIPELINE_PATH) return '.github/workflows/promote.yml';
  return `.github/workflows/${['promote', ...wordsOf(pipelinePath)].join('-')}.yml`;
}

/** What tells one pipeline file of a repository from the others: `shop` for `services/shop/promote.yml`; `null` for the usual one. */
function serviceOf(pipelinePath: string): string | null {
  return pipelinePath === DEFAULT_PIPELINE_PATH ? null : (wordsOf(pipelinePath).at(-1) ?? null);
}

function wordsOf(pipelinePath: string): readonly string[] {
  return pipelinePath
    .replace(/\.ya?ml$/, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '' && word !== 'github' && word !== 'promote');
}
