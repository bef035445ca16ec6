import { createTwoFilesPatch } from 'diff';
import { DEFAULT_PIPELINE_PATH } from '../pipeline/load.ts';
import { describeRepository } from '../starting/describe.ts';
import type { OnGitHub, RepositoryFiles } from '../starting/repository.ts';
import { listingOf, type StartingFile, startingFiles } from '../starting/starting-files.ts';
import { EXIT } from './exit-codes.ts';

export interface InitRequest {
  readonly pipelinePath: string;
  /** The one file that is meant; `null`: both. */
  readonly only: StartingFile['kind'] | null;
  readonly local: boolean;
  /** Overwrite files that say something else. */
  readonly force: boolean;
  /** Write nothing, and show what would be written. */
  readonly dryRun: boolean;
}

/** What `init` needs from outside. */
export interface InitPorts {
  readonly files: RepositoryFiles;
  readonly defaultBranch: string;
  /** Asks GitHub for the environments that are there, or says why it does not. */
  readonly lookAtGitHub: () => Promise<OnGitHub>;
  readonly write: (path: string, text: string) => void;
  readonly print: (text: string) => void;
}

/** What happens to one file. `kept`: it says something else, and stays. */
type Outcome = 'unchanged' | 'written' | 'overwritten' | 'kept';

/**
 * `promote init`: looks at the repository and writes its pipeline file and its workflow; overwrites nothing unless asked to. Returns the exit code.
 * @throws {PipelineFileError} when the pipeline file that is there, from which the workflow is made, has mistakes.
 * @throws {NoChain} when its routes cannot be written as jobs.
 */
export async function init(request: InitRequest, ports: InitPorts): Promise<number> {
  const github = request.only === 'workflow' && ports.files.read(request.pipelinePath) !== null ? NOT_NEEDED : await ports.lookAtGitHub();
  const described = describeRepository(ports.files, ports.defaultBranch, github);
  if (!github.looked && github !== NOT_NEEDED) ports.print(`Did not look for environments on GitHub: ${github.why}\n`);
  const replaced = request.force && request.only !== 'workflow';
  const pipelineText = replaced ? null : ports.files.read(request.pipelinePath);
  const files = startingFiles(described, { pipelinePath: request.pipelinePath, pipelineText, local: request.local });
  const outcomes = files.filter(({ kind }) => request.only === null || request.only === kind).map((file) => settle(file, request, ports));
  if (request.only !== 'workflow') outcomes.push(...list(request, ports));
  if (outcomes.includes('written') || outcomes.includes('overwritten')) ports.print(next(request));
  return exitCode(outcomes, request.dryRun);
}

/** Another pipeline file than the usual one counts only where that one lists it. */
function list(request: InitRequest, ports: InitPorts): readonly Outcome[] {
  const listing = listingOf(request.pipelinePath, ports.files.read(DEFAULT_PIPELINE_PATH));
  if (listing === null) return [];
  if (listing !== 'missing') return [settle(listing, request, ports)];
  ports.print(`${DEFAULT_PIPELINE_PATH}: add ${request.pipelinePath} to its list "pipelines"; until then that file does not count.\n`);
  return ['kept'];
}

const NOT_NEEDED: OnGitHub = { looked: false, why: 'the pipeline file is there already' };

function settle(file: StartingFile, request: InitRequest, ports: InitPorts): Outcome {
  const present = ports.files.read(file.path);
  const outcome = outcomeOf(present, file, request);
  if (!request.dryRun && (outcome === 'written' || outcome === 'overwritten')) ports.write(file.path, file.text);
  ports.print(`${SAID[outcome](file.path, request.dryRun)}\n`);
  if (outcome !== 'unchanged' && (present !== null || request.dryRun)) ports.print(difference(file, present));
  return outcome;
}

function outcomeOf(present: string | null, file: StartingFile, request: InitRequest): Outcome {
  if (present === null) return 'written';
  if (present === file.text) return 'unchanged';
  return request.force ? 'overwritten' : 'kept';
}

const SAID: Readonly<Record<Outcome, (path: string, dryRun: boolean) => string>> = {
  unchanged: (path) => `${path}: is as it would be written.`,
  written: (path, dryRun) => `${path}: ${dryRun ? 'would be written.' : 'written.'}`,
  overwritten: (path, dryRun) => `${path}: ${dryRun ? 'would be overwritten:' : 'overwritten:'}`,
  kept: (path) => `${path}: is there and stays as it is. With --force it would change:`,
};

function difference(file: StartingFile, present: string | null): string {
  const patch = createTwoFilesPatch(present === null ? '/dev/null' : `a/${file.path}`, `b/${file.path}`, present ?? '', file.text);
  return `${patch.replace(/^=+\n/, '')}\n`;
}

function next({ dryRun, local }: InitRequest): string {
  if (dryRun) return '';
  const secrets = local ? '' : ' Secrets for the commands: put them into the repository secret PROMOTE_ENV, NAME=value in each line.';
  return `Read what was written and change what does not fit, then commit it to the default branch.${secrets}\n"promote doctor" says what the environments on GitHub still lack.\n`;
}

function exitCode(outcomes: readonly Outcome[], dryRun: boolean): number {
  const differs = dryRun ? outcomes.some((one) => one !== 'unchanged') : outcomes.includes('kept');
  return differs ? EXIT.differs : EXIT.open;
}
