import type { Read } from '../decision/evidence.ts';
import { blobId } from '../pipeline/blob-id.ts';
import { builtInPipeline } from '../pipeline/built-in.ts';
import { listed as inWords } from '../pipeline/listed.ts';
import { listedPaths, type PipelineText, sharedEnvironment, sharedWords } from '../pipeline/listing.ts';
import { DEFAULT_PIPELINE_PATH, loadPipeline } from '../pipeline/load.ts';
import type { Pipeline } from '../pipeline/model.ts';
import { PipelineFileError } from '../pipeline/problem.ts';
import type { PolicyFile } from './evidence-answer.ts';
import { EvidenceError } from './evidence-error.ts';

/** A pipeline and the text it was made from; `null` for the built-in one. */
export interface Policy {
  readonly pipeline: Pipeline;
  readonly text: string | null;
}

/** What stands for bytes that are no UTF-8. */
const UNREADABLE = '\uFFFD';
/** A guess has no blob id: hashing takes longer to load than GitHub's word on it, which comes anyway, to compare. */
const UNKNOWN = '';

/** The pipeline as far as a text from elsewhere tells. A faulty one tells nothing: it is not the one that counts. */
export function guessedPolicy(hint: string | null, path: string): Policy {
  if (hint === null) return { pipeline: builtInPipeline(path), text: null };
  try {
    return { pipeline: loadPipeline(hint, path, UNKNOWN), text: hint };
  } catch (error) {
    if (error instanceof PipelineFileError) return { pipeline: builtInPipeline(path), text: null };
    throw error;
  }
}

/**
 * The pipeline of the default branch. A file that is there and cannot be used is an error: the built-in pipeline stands in only where
 * there is none.
 * @throws EvidenceError, or PipelineFileError with the file's mistakes.
 */
export function trustedPolicy(file: Read<PolicyFile | null>, path: string, branch: string, guess: Policy): Policy {
  const where = `The pipeline file ${path} on ${branch}`;
  if (!file.read) throw new EvidenceError(`${where} could not be read: ${file.why}. The token needs "contents: read".`);
  if (file.value === null && path !== DEFAULT_PIPELINE_PATH) {
    throw new EvidenceError(`${where} does not exist. Put it there, or name the right path in the input "pipeline".`);
  }
  if (file.value === null) return guess.text === null ? guess : { pipeline: builtInPipeline(path), text: null };
  const { oid, type, text, whole } = file.value;
  if (type !== 'blob') throw new EvidenceError(`${where} is not a file. Make it one, or name another path in the input "pipeline".`);
  if (text === null || !whole) throw new EvidenceError(`${where} is binary or too large to be read. Make it a YAML file of ordinary size.`);
  const isGuess = guess.text === text ? !text.includes(UNREADABLE) : guess.text !== null && blobId(guess.text) === oid;
  if (isGuess) return { pipeline: { ...guess.pipeline, hash: oid }, text: guess.text };
  if (blobId(text) !== oid) throw new EvidenceError(`${where} is not UTF-8 text. Save it as UTF-8.`);
  return { pipeline: loadPipeline(text, path), text };
}

/** GitHub is asked for so many pipeline files at once, and no more. */
export const MOST_LISTED = 100;

/**
 * A pipeline file other than `.github/promote.yml` counts only where that file, on the default branch, lists it: otherwise a job could name
 * any file that happens to lie there, with rules that nobody meant.
 * @param root `.github/promote.yml`; it need have nothing but `version` and `pipelines`
 * @returns the other files that have to be looked at, because an environment belongs to one of them
 * @throws EvidenceError
 */
export function assertListed(root: Read<PolicyFile | null>, { path }: Pipeline, branch: string): readonly string[] {
  if (path === DEFAULT_PIPELINE_PATH) return [];
  const where = `${DEFAULT_PIPELINE_PATH} on ${branch}`;
  const fix = `Anyone who may change ${branch} can add "pipelines: [${path}]" to ${DEFAULT_PIPELINE_PATH} there; without such a file, create it with that and "version: 1".`;
  if (!root.read)
    throw new EvidenceError(`${where}, which lists the pipeline files that count, could not be read: ${root.why}. Run the job again.`);
  const text = root.value?.whole === true ? root.value.text : null;
  if (text === null)
    throw new EvidenceError(`The pipeline file ${path} does not count: there is no readable ${where} that lists it. ${fix}`);
  const listed = listedPaths(text);
  if (!listed.includes(path)) {
    throw new EvidenceError(
      `The pipeline file ${path} does not count: ${where} does not list it under "pipelines". ${fix} ${inPlaceOf(listed)}`.trim(),
    );
  }
  if (listed.length > MOST_LISTED)
    throw new EvidenceError(
      `${where} lists ${listed.length} pipeline files; it may list ${MOST_LISTED}. Anyone who may change ${branch} can shorten the list.`,
    );
  return listed.filter((one) => one !== path && one !== DEFAULT_PIPELINE_PATH);
}

function inPlaceOf(listed: readonly string[]): string {
  return listed.length === 0 ? '' : `Or name one that counts in the job's input "pipeline": ${inWords(listed, 'or')}.`;
}

/**
 * An environment belongs to one pipeline file: where two have it, whoever starts a job could choose the one that asks less. One that is not
 * there, is no YAML or too large is nobody's choice: its jobs are refused.
 * @param root as for `assertListed`
 * @param siblings the other listed files by path
 * @throws EvidenceError that names both files, each with its line
 */
export function assertApart(
  policy: Policy,
  root: Read<PolicyFile | null>,
  siblings: ReadonlyMap<string, Read<string | null>>,
  branch: string,
): void {
  const { path } = policy.pipeline;
  if (path === DEFAULT_PIPELINE_PATH || policy.text === null) return;
  const others: PipelineText[] = root.read && root.value?.text ? [{ path: DEFAULT_PIPELINE_PATH, text: root.value.text }] : [];
  for (const [other, file] of siblings) {
    if (!file.read) throw new EvidenceError(`The pipeline file ${other} on ${branch} could not be read: ${file.why}. Run the job again.`);
    if (file.value !== null) others.push({ path: other, text: file.value });
  }
  const shared = sharedEnvironment({ path, text: policy.text }, others);
  if (shared === null) return;
  throw new EvidenceError(`${sharedWords(shared)} Anyone who may change ${branch} can rename or remove it in one of them there.`);
}
