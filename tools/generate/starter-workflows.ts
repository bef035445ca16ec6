import { builtInPipeline } from '../../src/pipeline/built-in.ts';
import { DEFAULT_PIPELINE_PATH } from '../../src/pipeline/load.ts';
import { callerFile } from '../../src/setup/caller-file.ts';
import { chainFile } from '../../src/setup/chain-file.ts';

/** The starter workflow that calls the shipped chain: what `promote init` writes for the built-in pipeline. */
export function callerTemplate(): string {
  return callerFile(builtInPipeline(DEFAULT_PIPELINE_PATH));
}

/** The starter workflow with the chain as jobs: what `promote init --local` writes for the built-in pipeline. */
export function chainTemplate(): string {
  return chainFile(builtInPipeline(DEFAULT_PIPELINE_PATH), { nodeVersionFile: null });
}
