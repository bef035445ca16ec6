import { builtInPipeline } from '../pipeline/built-in.ts';
import { assertListing } from '../pipeline/listing.ts';
import { DEFAULT_PIPELINE_PATH, loadList, loadPipeline } from '../pipeline/load.ts';
import { printResolved } from '../pipeline/print.ts';

/**
 * `promote pipeline --resolved`: a pipeline file with every default filled in, after the list of pipeline files was checked. Where
 * `.github/promote.yml` only lists others, each of them is a YAML document.
 * @param read text of a file of the checkout; `null`: there is none. Without a pipeline file, the built-in one applies.
 * @throws PipelineFileError with every mistake in the file
 */
export function resolvedText(read: (path: string) => string | null, path: string): string {
  const text = read(path);
  const listed = text !== null && path === DEFAULT_PIPELINE_PATH ? loadList(text, path) : null;
  assertListing(read);
  if (listed === null) return resolvedFile(text, path);
  return listed.map((one) => `# ${one}\n${resolvedFile(read(one), one)}`).join('---\n');
}

function resolvedFile(text: string | null, path: string): string {
  return printResolved(text === null ? builtInPipeline(path) : loadPipeline(text, path));
}
