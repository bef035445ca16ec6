import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrationsFor } from '../decision/migrations.ts';
import { readRehearsalHistory } from '../github/rehearsal-history.ts';
import type { Door } from '../job/door.ts';
import { secretsOf } from '../job/environment-secrets.ts';
import type { Job } from '../job/job.ts';
import { checkOutBeside, liveVersion, removeCheckout } from '../job/previous-version.ts';
import { commandVariables } from '../job/variables.ts';
import type { Rehearsal } from '../pipeline/model.ts';
import { type CycleOptions, runCycle } from '../rehearsal/cycle.ts';
import { type EngineOptions, type RehearsalEngine, RehearsalImpossible, type RehearsalServer } from '../rehearsal/database.ts';
import { engineFor } from '../rehearsal/engine.ts';
import type { PhaseFacts, RehearsalFacts, SnapshotFacts } from '../rehearsal/evidence.ts';
import type { KnownNames } from '../rehearsal/known-names.ts';
import type { MaskingReport } from '../rehearsal/masking/rules.ts';
import { endMarked } from '../rehearsal/processes.ts';
import { openWorkspace, type RehearsalWorkspace } from '../rehearsal/workspace.ts';
import { assertCheckedOut } from './rehearsal-checkout.ts';
import { type RehearsalCommands, rehearsalCommands } from './rehearsal-commands.ts';
import { type RehearsalFiles, readRehearsalFiles } from './rehearsal-files.ts';
import { namesOfTeam } from './rehearsal-names.ts';
import { fillSource } from './rehearsal-snapshot.ts';

/** What is known so far: a rehearsal that ends early tells that much. */
interface Story {
  server: RehearsalServer | null;
  snapshot: SnapshotFacts | null;
  masking: MaskingReport | null;
  deviations: readonly string[];
  readonly phases: PhaseFacts[];
}

/** One rehearsal on its way. */
interface Course {
  readonly job: Job;
  readonly door: Door;
  readonly rules: Rehearsal;
  readonly files: RehearsalFiles;
  readonly workspace: RehearsalWorkspace;
  readonly server: RehearsalServer;
  readonly commands: RehearsalCommands;
  /** The names that may be shown. */
  readonly names: KnownNames;
  /** Of the environment's own secrets, or of the job. */
  readonly variable: (name: string) => string | undefined;
  readonly signal: AbortSignal;
  readonly story: Story;
}

/**
 * Everything between the door and the verdict. Whatever happens, nothing that was started or filled is left.
 * @returns what was seen; what could not take place is told in `impossible`
 * @throws whatever is neither the migration's fault nor foreseen
 */
export async function performRehearsal(job: Job, door: Door, rules: Rehearsal): Promise<RehearsalFacts> {
  const story: Story = { server: null, snapshot: null, masking: null, deviations: [], phases: [] };
  const impossible = await perform(job, door, rules, story).then(
    () => null,
    (error: unknown) => {
      if (error instanceof RehearsalImpossible) return { code: error.code, message: error.message };
      throw error;
    },
  );
  return factsOf(job, door, rules, story, impossible);
}

async function perform(job: Job, door: Door, rules: Rehearsal, story: Story): Promise<void> {
  const cancel = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void =>
    cancel.abort(new RehearsalImpossible('cancelled', `The job was cancelled (${signal}).`));
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  let workspace: RehearsalWorkspace | null = null;
  try {
    await assertCheckedOut(job, door.gathered.evidence.candidate, rules.migrations);
    const engine = await engineFor(rules.database);
    const secrets = await secretsOf(job, door.environment.name);
    const variable = (name: string): string | undefined => secrets[name] ?? process.env[name];
    const files = await readRehearsalFiles(job, rules, variable, door);
    story.deviations = files.deviations;
    const names = namesOfTeam(job.run.workspace, rules, files);
    workspace = await openWorkspaceFor(job, engine);
    job.toolkit.info(`Rehearsing the migration of ${door.decision.candidate.version} for ${door.environment.name}.`);
    story.server = await startServer(job, rules, engine, { workspace, names, variable, signal: cancel.signal });
    const variables = { ...secrets, ...commandVariables(job, door.decision, door.environment, door.rules, null) };
    const commands = rehearsalCommands(job, variables, rules.snapshot?.from ?? null, rules.timeout, workspace, cancel.signal);
    const { server } = story;
    await runCourse({ job, door, rules, files, workspace, server, commands, names, variable, signal: cancel.signal, story });
  } catch (error) {
    // What was being done when the cancellation came fails in its own way; the cancellation is the reason.
    throw cancel.signal.aborted ? cancel.signal.reason : error;
  } finally {
    await story.server?.stop();
    if (workspace !== null) await endMarked(workspace.folder);
    workspace?.remove();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function openWorkspaceFor(job: Job, engine: RehearsalEngine): Promise<RehearsalWorkspace> {
  const bases = [process.env['RUNNER_TEMP'] ?? '', tmpdir()].filter((base) => base !== '');
  return openWorkspace(bases, (base) => engine.worksIn(base), job.toolkit.info);
}

/** What the tools of a migration look for, too. */
const USUAL_VARIABLE = 'DATABASE_URL';

/**
 * The server to rehearse on, and the variable that leads there: the one that the pipeline file names, or else the step's own
 * `DATABASE_URL`. That of the environment's secrets is never taken unasked, since it is the database that the environment runs on, nor is the
 * one that the data comes from.
 * @returns `null` where none is given
 * @throws RehearsalImpossible for a variable that is named and empty
 */
function givenServer(
  { server, database, snapshot }: Rehearsal,
  variable: (name: string) => string | undefined,
): { readonly name: string; readonly url: string } | null {
  if (server === null) {
    const url = process.env[USUAL_VARIABLE] ?? '';
    return url === '' || database !== 'postgres' || snapshot?.from === USUAL_VARIABLE ? null : { name: USUAL_VARIABLE, url };
  }
  const url = variable(server) ?? '';
  if (url !== '') return { name: server, url };
  throw new RehearsalImpossible(
    'server_missing',
    `The pipeline file names the variable ${server} as the server to rehearse on, and it is empty. Give it to the step, or to the environment in the secret PROMOTE_ENV; without "server" and without ${USUAL_VARIABLE} a private one is started.`,
  );
}

async function startServer(
  job: Job,
  rules: Rehearsal,
  engine: RehearsalEngine,
  { workspace: { folder, watch, mark }, names, variable, signal }: Pick<Course, 'workspace' | 'names' | 'variable' | 'signal'>,
): Promise<RehearsalServer> {
  const given = givenServer(rules, variable);
  const serverUrl = given?.url ?? null;
  if (given !== null) {
    job.toolkit.mask(given.url);
    job.toolkit.info(`It takes place on the server that ${given.name} leads to, in databases of its own.`);
  }
  const env = { ...process.env, ...mark };
  const options: EngineOptions = { folder, watch, names, signal, env, log: job.toolkit.info, serverUrl, version: rules.version };
  const server = await engine.start(options);
  for (const secret of server.secrets) job.toolkit.mask(secret);
  job.toolkit.info(`${server.name} is running.`);
  return server;
}

async function runCourse(course: Course): Promise<void> {
  const { job, rules, files, server, names, story, signal } = course;
  story.snapshot = await fillSource({ ...course, now: course.door.gathered.now });
  if (files.masking !== null) {
    const { masking } = files;
    story.masking = await job.toolkit.group(`Mask the data as ${masking.path} says`, () => server.mask(masking));
    signal.throwIfAborted();
  }
  await server.freeze();
  const pendingColumns = story.masking?.pending ?? [];
  const { checks, loadScript } = files;
  try {
    await runCycle({ server, rules, checks, loadScript, pendingColumns, names, ports: portsOf(course) });
  } finally {
    await removeCheckout(job, previousFolder(course));
  }
}

const previousFolder = ({ workspace }: Course): string => join(workspace.folder, 'previous');

function portsOf(course: Course): CycleOptions['ports'] {
  const { job, door, commands, signal, story } = course;
  return {
    start: ({ access, ...request }) => commands.start({ ...request, variables: commands.variablesFor(access) }),
    checkOutPrevious: async () => {
      const live = liveVersion(door);
      if (live === null) return { because: 'no version is live' };
      return checkOutBeside(job, live.sha, previousFolder(course), signal);
    },
    log: job.toolkit.info,
    ended: (phase) => {
      story.phases.push(phase);
      job.toolkit.info(`${phase.name}: ${phase.outcome}${phase.because === null ? `, ${phase.seconds} s` : ` (${phase.because})`}`);
    },
    signal,
  };
}

async function factsOf(
  job: Job,
  door: Door,
  rules: Rehearsal,
  story: Story,
  impossible: RehearsalFacts['impossible'],
): Promise<RehearsalFacts> {
  const { gathered, decision, environment } = door;
  const { sha, version, digest } = decision.candidate;
  const migrations = migrationsFor(gathered.evidence, door.rules);
  const production = decision.environments.find(({ name }) => gathered.pipeline.environments.get(name)?.role === 'production');
  const { owner, repo } = job.run;
  const place = { owner, repo, environment: environment.name, production: production?.name ?? null, before: gathered.now };
  return {
    candidate: { sha, version, digest: digest ?? '' },
    environment: environment.name,
    migrations: migrations?.read === true ? migrations.value : '',
    at: gathered.now,
    server: story.server === null ? null : { name: story.server.name, major: story.server.major },
    snapshot: story.snapshot,
    masking: story.masking,
    deviations: story.deviations,
    commands: { migrate: rules.migrate, rollback: rules.rollback, previous: rules.previous },
    phases: story.phases,
    impossible,
    prediction: impossible === null ? await readRehearsalHistory(job.client, place) : null,
  };
}
