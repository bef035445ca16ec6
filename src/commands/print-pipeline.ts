import { BUILT_IN_TEXT, builtInPipeline } from '../pipeline/built-in.ts';
import { loadPipeline } from '../pipeline/load.ts';
import { printResolved } from '../pipeline/print.ts';

/**
 * `promote pipeline`: the built-in pipeline file as it is written, or a pipeline file with every default filled in.
 * @param text the checkout's pipeline file; `null` when there is none, so that the built-in one applies
 * @throws PipelineFileError with every mistake in the file
 */
export function pipelineText(text: string | null, path: string, resolved: boolean): string {
  if (!resolved) return BUILT_IN_TEXT;
  return printResolved(text === null ? builtInPipeline(path) : loadPipeline(text, path));
}
