/** `npm run demo`: a small shop goes from `git push` to production through the shipped workflows, on this machine. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Run } from '../sandbox/github/state.ts';
import { approve } from './approval.ts';
import { refusals, whatIsWhere, writeTerminalFile } from './closing-words.ts';
import { addressFile, demoAt, guard, isDemoFolder, machineFolder, removeLeftovers, shopHome } from './leftovers.ts';
import { CUSTOMERS, type LocalDatabase, ORDERS, startLocalDatabase } from './local-database.ts';
import { commitIn, type LocalGithub, machineOf, openLocalGithub, push } from './local-github.ts';
import { OPENING_VERSION, openProduction } from './opening-day.ts';
import { Progress } from './progress.ts';
import { leftByRehearsal, wasStopped, whyStopped } from './rehearsal-results.ts';
import { missingRequirements } from './requirements.ts';
import { stopShops } from './running-shop.ts';
import { readSettings, type Settings, USAGE } from './settings.ts';
import { commitChange, createShopRepository, TOTALS, UMBRELLAS } from './shop-repository.ts';

const ENVIRONMENTS = { dev: 8101, uat: 8102, staging: 8103, production: 8104 };
const PAGE_PORT = 8080;
/** Who approves what, when a script does. */
const REVIEWERS: Readonly<Record<string, string>> = { uat: 'mona', production: 'hubot' };

/** Something went wrong that is no mistake of the program: the text is all that is told. */
class DemoProblem extends Error {}

/** Somebody pressed Ctrl-C: what was under way goes wrong now, and is not worth a word. */
let interrupted = false;

function say(line: string): void {
  if (!interrupted) console.log(line);
}

/** What has to be ended, the last first. */
const endings: (() => Promise<unknown>)[] = [];
/** Nothing more happens by itself: a person may end it without anything being cut off. */
let staysUp = false;

async function main(settings: Settings): Promise<void> {
  const { folder, yes, badMigration } = settings;
  const missing = missingRequirements();
  if (missing.length > 0) throw new DemoProblem(missing.join('\n'));
  await takeFolder(folder);
  say('Opening the shop: a database for each environment, and a GitHub for its repository …');
  const github = await open(settings);
  const { sha, run } = await promote(github, settings);
  say('');
  for (const line of await whatIsWhere(github, shopHome(folder), run.id)) say(line);
  say('');
  const { violations } = github.sandbox;
  if (violations.length > 0) throw new Error(`The sandbox was asked for what GitHub does not have:\n${violations.join('\n')}`);
  if (badMigration) tellStopped(github, run.id, sha, settings);
  else if (yes) tellArrived(github, run);
  if (yes) return;
  if (!badMigration) for (const line of refusals(github, writeTerminalFile(folder, github), sha)) say(line);
  say('');
  say('It stays up until Ctrl-C, which ends everything and leaves nothing behind.');
  staysUp = true;
  await new Promise(() => undefined);
}

function tellArrived({ sandbox }: LocalGithub, { id, conclusion }: Run): void {
  if (conclusion !== 'success') {
    const found = leftByRehearsal(sandbox.state, id)?.evidence.reasons.map(({ because }) => `\n${because}`) ?? [];
    throw new DemoProblem(`The run ended as ${conclusion}: the change is not in production.${found.join('')}`);
  }
  say('Everything went in, and now all of it ends. Without --yes you approve on the page, and it stays up for you to try refusals.');
}

/** @throws DemoProblem unless the release ended at its rehearsal */
function tellStopped({ sandbox }: LocalGithub, runId: number, sha: string, { yes }: Settings): void {
  const left = leftByRehearsal(sandbox.state, runId);
  if (left !== null) {
    for (const line of whyStopped(left.evidence)) say(line);
    say('');
  }
  if (!wasStopped(sandbox.state, runId, sha, left))
    throw new DemoProblem('The release was not stopped by its rehearsal, and should have been.');
  say('The release has ended at its rehearsal. Nobody was asked about production, which goes on with what it ran.');
  if (yes) say('Without --yes you approve on the page, and it stays up for you to look at the report.');
}

/** Database, GitHub, people. */
async function open(settings: Settings): Promise<LocalGithub> {
  const { folder } = settings;
  const database = await startLocalDatabase({ folder, environments: Object.keys(ENVIRONMENTS) });
  endings.push(() => database.stop());
  endings.push(() => stopShops(shopHome(folder)));
  const github = await openGithub(settings, database);
  endings.push(() => github.close());
  writeFileSync(addressFile(folder), `${github.sandbox.url}\n`);
  say('');
  say(`  pages      ${github.page}`);
  say(
    `  databases  ${database.server}, one for each environment; production's has ${CUSTOMERS.toLocaleString('en-US')} customers and ${ORDERS.toLocaleString('en-US')} orders`,
  );
  say(`  shop       production has run ${OPENING_VERSION} since before there was a pipeline`);
  say('  people     octocat writes; mona and hubot review');
  say('');
  return github;
}

/** One change, as far as it gets. @returns its commit, and the run when it is over */
async function promote(github: LocalGithub, { folder, yes, badMigration }: Settings): Promise<{ sha: string; run: Run }> {
  const trouble = Promise.withResolvers<never>();
  const progress = new Progress({
    github,
    home: shopHome(folder),
    print: say,
    onWaiting(run, environment) {
      if (!yes) return [howToApprove(github, run)];
      setImmediate(() => approve(github.sandbox, run.id, environment, REVIEWERS[environment] ?? 'mona').catch(trouble.reject));
      return [];
    },
  });
  const change = badMigration ? TOTALS : UMBRELLAS;
  say(`octocat commits “${change.message}” and runs git push.`);
  const sha = commitIn(github.clone, change);
  await push(github.clone);
  const id = github.sandbox.state.runs.find(({ headSha }) => headSha === sha)?.id;
  if (id === undefined) throw new Error('The push started nothing.');
  return { sha, run: await Promise.race([progress.ended(id), trouble.promise]) };
}

function howToApprove(github: LocalGithub, run: Run): string {
  const page = `${github.page}/actions/runs/${run.id}`;
  return run.triggeringActor === 'mona'
    ? `Open ${page} and choose somebody other than mona, who started this, at the top; then "Review deployments".`
    : `Open ${page} and choose "Review deployments": you are mona there.`;
}

/** Takes the folder over from a demo that was killed. @throws DemoProblem when it is in use, or holds something else */
async function takeFolder(folder: string): Promise<void> {
  const other = await demoAt(folder);
  if (other !== null)
    throw new DemoProblem(`A demo is running already: ${other}. Stop it with Ctrl-C in its terminal, or give this one another --folder.`);
  if (!isDemoFolder(folder))
    throw new DemoProblem(`${folder} is not empty, and not a demo's. It would be removed at the end: give another --folder.`);
  await removeLeftovers(folder);
  mkdirSync(folder, { recursive: true });
  writeFileSync(addressFile(folder), '');
  endings.push(guard(folder));
  endings.push(() => removeLeftovers(folder));
}

async function openGithub({ folder, port }: Settings, database: LocalDatabase): Promise<LocalGithub> {
  const repository = createShopRepository(join(folder, 'seed'));
  const shopPorts: Record<string, number> = {};
  for (const [name, usual] of Object.entries(ENVIRONMENTS)) shopPorts[name] = (await listens(usual)) ?? (await listens(0)) ?? 0;
  adaptAddresses(repository, shopPorts);
  if (port !== null && (await listens(port)) === null) throw new DemoProblem(`--port: ${port} is taken. Choose another, or leave it out.`);
  const machine = machineOf(folder, shopPorts);
  const opening = join(machineFolder(folder), 'opening');
  const sha = await openProduction({ repository, folder: opening, machine, databaseUrl: database.urlOf('production') });
  const github = await openLocalGithub({ folder, port: port ?? (await listens(PAGE_PORT)) ?? 0, repository, database, machine });
  github.sandbox.given.deployment({
    sha,
    ref: OPENING_VERSION,
    refName: `refs/tags/${OPENING_VERSION}`,
    environment: 'production',
    creator: 'mona',
    description: 'By hand',
    statuses: ['success'],
  });
  return github;
}

/** The pipeline file says where each environment is found; on this machine that may be elsewhere. */
function adaptAddresses(repository: ReturnType<typeof createShopRepository>, ports: Readonly<Record<string, number>>): void {
  const path = '.github/promote.yml';
  const before = repository.git('show', `main:${path}`);
  const after = before.replaceAll(/(?<=url: http:\/\/127\.0\.0\.1:)(\d+)/g, (usual) => {
    const [name = ''] = Object.entries(ENVIRONMENTS).find(([, number]) => String(number) === usual) ?? [];
    return String(ports[name] ?? usual);
  });
  if (after === before) return;
  commitChange(repository, {
    message: 'Other ports: the usual ones are taken on this machine',
    author: 'mona',
    files: { [path]: `${after}\n` },
  });
}

/** @returns the port, when this machine has it free; 0 finds one */
function listens(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}

/** Ends everything, whatever of it goes wrong. */
async function end(): Promise<void> {
  for (const ending of endings.splice(0).reverse()) await ending().catch(fail);
}

function fail(error: unknown): void {
  console.error(error instanceof DemoProblem ? `demo: ${error.message}` : error);
  process.exitCode = 1;
}

/** A second Ctrl-C does not wait; npm passes the first one on, so it may come twice. */
function onSignals(): void {
  let first = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (first === 0) {
        first = Date.now();
        say('\nEnding everything …');
        interrupted = true;
        end().then(() => process.exit(process.exitCode ?? (staysUp ? 0 : 130)));
      } else if (Date.now() - first > 1000) process.exit(130);
    });
}

async function start(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  if (settings === null) return say(USAGE);
  onSignals();
  try {
    await main(settings);
  } catch (error) {
    if (!interrupted) fail(error);
  }
  if (!interrupted) await end();
}

await start().catch((error: unknown) => {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
});
