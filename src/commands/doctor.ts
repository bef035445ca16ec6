import type { Read } from '../decision/evidence.ts';
import type { EvidencePort } from '../github/evidence.ts';
import { HOLD_LABEL, VETO_LABEL } from '../github/evidence-query.ts';
import { readExecutionPolicies } from '../github/execution-policies.ts';
import { readSubjectForm, type SubjectForm } from '../github/identity-subject.ts';
import { readOpenVetoes, unmatchedVetoes } from '../github/open-vetoes.ts';
import type { Repository } from '../github/records.ts';
import {
  type EnvironmentSettings,
  findReviewer,
  labelExists,
  readDefaultBranch,
  readEnvironments,
  type SettingsPort,
} from '../github/settings.ts';
import { ordinaryLines, WHY_ORDINARY } from '../job/environment-secrets.ts';
import { EXIT } from '../job/exit-codes.ts';
import { builtInPipeline } from '../pipeline/built-in.ts';
import { listed as inWords } from '../pipeline/listed.ts';
import { assertListing } from '../pipeline/listing.ts';
import { DEFAULT_PIPELINE_PATH, loadList, loadPipeline } from '../pipeline/load.ts';
import type { Pipeline } from '../pipeline/model.ts';
import { quote } from '../pipeline/problem.ts';
import { type Examination, examinationJson, examinationText } from '../report/examination.ts';
import { barredStarts } from '../setup/barred-starts.ts';
import { type Demand, demandsOf } from '../setup/demands.ts';
import { type Difference, differencesOf, type KnownReviewers } from '../setup/differences.ts';
import { labelCommand, mendingCommands, type Place } from '../setup/mend.ts';

export interface DoctorRequest extends Repository {
  readonly pipelinePath: string;
  readonly json: boolean;
  /** `https://github.com`, or the address of a GitHub Enterprise Server. */
  readonly serverUrl: string;
}

/** What `doctor` needs from outside. */
export interface DoctorPorts {
  readonly client: EvidencePort;
  readonly readCheckout: (path: string) => string | null;
  /** What the secret `PROMOTE_ENV` is to hold, where whoever runs the command has it at hand; nobody can read it from GitHub. */
  readonly secrets: string;
  readonly print: (text: string) => void;
}

/**
 * `promote doctor`: how the repository's settings on GitHub differ from what the checkout's pipeline file demands, and the commands that mend that. Changes nothing.
 * Returns the exit code: `differs` when something must be mended.
 * @throws PipelineFileError, and GitHubError when a setting could not be read: what was not read is not in order.
 */
export async function doctor(request: DoctorRequest, ports: DoctorPorts): Promise<number> {
  const pipelines = pipelinesOf(request.pipelinePath, ports.readCheckout);
  assertListing(ports.readCheckout);
  const examination = await examine(request, pipelines, ports);
  ports.print(request.json ? examinationJson(examination) : examinationText(examination));
  return examination.subjects.some(({ differences }) => differences.some(({ level }) => level === 'must')) ? EXIT.differs : EXIT.open;
}

/** The pipeline of the path; where the file only lists others, those of all of them. */
function pipelinesOf(path: string, read: DoctorPorts['readCheckout']): readonly Pipeline[] {
  const text = read(path);
  const listed = text !== null && path === DEFAULT_PIPELINE_PATH ? loadList(text, path) : null;
  if (listed === null) return [text === null ? builtInPipeline(path) : loadPipeline(text, path)];
  // One that is not there is a mistake of the list.
  return listed.flatMap((one) => {
    const file = read(one);
    return file === null ? [] : [loadPipeline(file, one)];
  });
}

async function examine(request: DoctorRequest, pipelines: readonly Pipeline[], { client, secrets }: DoctorPorts): Promise<Examination> {
  const branch = await readDefaultBranch(client, request);
  const demands = demandsOf(pipelines, branch);
  const seen = await readEnvironments(client, request);
  const known = await findReviewers(client, demands, seen);
  const place: Place = { owner: request.owner, repo: request.repo, host: hostOf(request.serverUrl) };
  const page = `${request.serverUrl}/${request.owner}/${request.repo}/settings/environments`;
  const environments = demands.map((demand) => {
    const settings = seen.find(({ name }) => name.toLowerCase() === demand.environment.toLowerCase()) ?? null;
    const differences = differencesOf(demand, settings, known);
    return {
      name: `environment ${demand.environment}`,
      differences,
      commands: mendingCommands(place, demand, settings, differences, known),
      page,
    };
  });
  const labels = await Promise.all(LABELS.map((label) => labelSubject(client, request, place, label)));
  const policies = await readExecutionPolicies(client, request);
  const protections = {
    name: 'execution protections',
    differences: policies.read ? barredStarts(policies.value) : [],
    commands: [],
    page: `${request.serverUrl}/${request.owner}/${request.repo}/settings/actions`,
  };
  return {
    repository: `${request.owner}/${request.repo}`,
    pipeline: inWords(pipelines.map(({ source, path }) => (source === 'file' ? path : 'the built-in pipeline'))),
    subjects: [...environments, protections, ...secretSubjects(secrets), ...labels, ...(await vetoSubjects(client, request, pipelines))],
    notes: [
      subjectNote(await readSubjectForm(client, request), demands),
      ...(policies.read
        ? []
        : [`GitHub's execution protections, which may keep workflows from starting, were not looked at: ${policies.why}.`]),
    ],
  };
}

function secretSubjects(secrets: string): Examination['subjects'] {
  const lines = ordinaryLines(secrets);
  if (lines.length === 0) return [];
  const because = `Line ${inWords(lines.map(String))} of it is ordinary text. ${WHY_ORDINARY}`;
  return [{ name: 'secret PROMOTE_ENV', differences: [{ code: 'secret_hides_text', level: 'should', because }], commands: [], page: null }];
}

/** Which subject a cloud has to trust, with the environment that matters most as the example. */
function subjectNote(form: Read<SubjectForm>, demands: readonly Demand[]): string {
  const what = 'The subject of a job’s OpenID Connect identity';
  if (!form.read) return `${what} was not looked at: ${form.why}.`;
  const { prefixes, claims } = form.value;
  if (claims !== null) return `${what} is made of a template of the repository’s own: ${inWords(claims)}.`;
  const { environment = 'NAME' } = demands.find(({ role }) => role === 'production') ?? demands.at(-1) ?? {};
  const subjects = prefixes.map((prefix) => `${prefix}:environment:${environment}`);
  const which = subjects.length === 1 ? '' : ' (the second in repositories created or renamed since July 2026; GitHub does not tell which)';
  return `${what} in ${environment} is ${subjects.join(' or ')}${which}.`;
}

/** The people and teams that the pipeline names; those that are reviewers already are known. */
async function findReviewers(
  client: SettingsPort,
  demands: readonly Demand[],
  seen: readonly EnvironmentSettings[],
): Promise<KnownReviewers> {
  const names = new Set(
    demands.flatMap(({ gates, owner }) => [...gates.flatMap(({ gate }) => gate.by), ...(owner === null ? [] : [owner])]),
  );
  const present = new Map(seen.flatMap(({ reviewers }) => reviewers.map((reviewer) => [reviewer.name.toLowerCase(), reviewer] as const)));
  const found = [...names].map(
    async (name) => [name.toLowerCase(), present.get(name.toLowerCase()) ?? (await findReviewer(client, name))] as const,
  );
  return new Map(await Promise.all(found));
}

const LABELS = [
  { name: HOLD_LABEL, color: 'fbca04', description: 'Closes the environments named in the title until this is closed' },
  { name: VETO_LABEL, color: 'b60205', description: 'Forbids the versions named in the title until this is closed' },
];

async function labelSubject(
  client: SettingsPort,
  repository: Repository,
  place: Place,
  label: (typeof LABELS)[number],
): Promise<Examination['subjects'][number]> {
  const isThere = await labelExists(client, repository, label.name);
  const because = `There is no label "${label.name}"; whoever needs it in a hurry will not find it.`;
  const differences: readonly Difference[] = isThere ? [] : [{ code: 'label_missing', level: 'must', because }];
  return { name: `label ${label.name}`, differences, commands: isThere ? [] : [labelCommand(place, label)], page: null };
}

/** Vetoes that do not say what they forbid, and names in them that mean nothing in the repository so far. */
async function vetoSubjects(
  client: EvidencePort,
  repository: Repository,
  pipelines: readonly Pipeline[],
): Promise<Examination['subjects']> {
  const vetoes = await readOpenVetoes(client, repository);
  const unclear = vetoes.flatMap(({ url, unclear: title }) =>
    title === undefined ? [] : [vetoSubject(url, { code: 'veto_unclear', level: 'must', because: whyUnclear(title) })],
  );
  const names = pipelines.flatMap(({ environments }) => [...environments.keys()]);
  const unmatched = await unmatchedVetoes(client, repository, vetoes, names);
  return [
    ...unclear,
    ...unmatched.map(({ veto, names }) => {
      const because = `${inWords(names.map(quote))} matches nothing so far: no commit, branch, tag or recent record. It forbids exactly that, also if it comes later. If it is misspelt, rename the issue.`;
      return vetoSubject(veto.url, { code: 'veto_unmatched', level: 'should', because });
    }),
  ];
}

function whyUnclear(title: string): string {
  return `The title ${quote(title)} does not say which version it forbids, so it closes production to all. Rename the issue so that it begins with what is meant and a colon, such as "v1.4.2: corrupts invoices", or close it.`;
}

function vetoSubject(url: string, difference: Difference): Examination['subjects'][number] {
  return { name: `veto ${url}`, differences: [difference], commands: [], page: url };
}

function hostOf(serverUrl: string): string | null {
  const { host } = new URL(serverUrl);
  return host === 'github.com' ? null : host;
}
