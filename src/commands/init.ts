import { createTwoFilesPatch } from 'diff';
import { EXIT } from '../job/exit-codes.ts';
import { DEFAULT_PIPELINE_PATH } from '../pipeline/load.ts';
import { describeRepository } from '../setup/describe.ts';
import { BY_TAG, type OwnPin, pinTo, presentPin } from '../setup/pins.ts';
import type { OnGitHub, RepositoryFiles } from '../setup/repository.ts';
import { listingOf, type StartingFile, startingFiles, workflowPath } from '../setup/starting-files.ts';

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
  /** Asks GitHub for the commit that this action's tag names; `null`: it could not be asked. */
  readonly findOwnCommit: () => Promise<string | null>;
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
  const pin = await pinOf(request, ports);
  const files = startingFiles(described, { pipelinePath: request.pipelinePath, pipelineText, local: request.local, pin });
  const outcomes = files.filter(({ kind }) => request.only === null || request.only === kind).map((file) => settle(file, request, ports));
  if (request.only !== 'workflow') outcomes.push(...list(request, ports));
  if (outcomes.includes('written') || outcomes.includes('overwritten')) ports.print(next(request, pin));
  return exitCode(outcomes, request.dryRun);
}

/** What a workflow that is there names this action by stays: updating it is another matter than writing it again. */
async function pinOf({ pipelinePath, only }: InitRequest, { files, findOwnCommit }: InitPorts): Promise<OwnPin> {
  const present = presentPin(files.read(workflowPath(pipelinePath)));
  if (present !== null || only === 'pipeline') return present ?? BY_TAG;
  const commit = await findOwnCommit();
  return commit === null ? BY_TAG : pinTo(commit);
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

function next({ dryRun, local, only }: InitRequest, pin: OwnPin): string {
  if (dryRun) return '';
  const secrets = local ? '' : ' Secrets for the commands: put them into the repository secret PROMOTE_ENV, NAME=value in each line.';
  const pinning = pin === BY_TAG && only !== 'pipeline' ? PIN_BY_HAND : '';
  return `Read what was written and change what does not fit, then commit it to the default branch.${secrets}\n"promote doctor" says what the environments on GitHub still lack.\n${pinning}`;
}

const PIN_BY_HAND =
  'The workflow names this action by its tag, which can be moved; it says how to pin the commit. With GH_TOKEN, "promote init" pins it in a new file.\n';

function exitCode(outcomes: readonly Outcome[], dryRun: boolean): number {
  const differs = dryRun ? outcomes.some((one) => one !== 'unchanged') : outcomes.includes('kept');
  return differs ? EXIT.differs : EXIT.open;
}
