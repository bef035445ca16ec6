import type { Rehearsal } from '../pipeline/model.ts';
import { isBookkeeping } from './bookkeeping.ts';
import { type ChecksFile, checkData } from './checks.ts';
import { differencesBetween } from './comparison.ts';
import {
  type Access,
  type DatabaseCopy,
  type Observer,
  RehearsalImpossible,
  type RehearsalServer,
  type RunningLoad,
  type SchemaDescription,
} from './database.ts';
import { changesBetween, differencesFrom, lostOnTheWayBack, type RowCounts, stateOf, writtenTables } from './database-state.ts';
import { secondsSince } from './elapsed.ts';
import { type CommandFacts, PHASES, type PhaseFacts, type PhaseName } from './evidence.ts';
import type { KnownNames } from './known-names.ts';
import { serverIsLost } from './lost-server.ts';
import type { PendingColumn } from './masking/rules.ts';
import type { Observation } from './observed.ts';
import { withKnownNames } from './shown.ts';
import { type Middle, middleOf } from './statement-kinds.ts';

/** A command of the repository that is running. */
export interface RunningCommand {
  readonly done: Promise<CommandFacts>;
  /** Ends it and all that it started, at once. */
  kill(): void;
}

export interface CommandRequest {
  readonly phase: PhaseName;
  /** In a few words, for the log. */
  readonly title: string;
  readonly run: string;
  /** The database that it gets. */
  readonly access: Access;
  /** Where it runs; `null`: in the candidate's checkout. */
  readonly folder: string | null;
}

/** What a cycle needs from outside. */
export interface CyclePorts {
  /** Starts a command; it is stopped after `rules.timeout` and when the job is cancelled. */
  start(request: CommandRequest): RunningCommand;
  /** A folder with the version that is live, for its own test; a sentence when there is none. */
  checkOutPrevious(): Promise<{ readonly folder: string } | { readonly because: string }>;
  /** One line for the log. */
  log(line: string): void;
  /** Told of each phase as it ends. */
  ended(phase: PhaseFacts): void;
  readonly signal: AbortSignal;
}

export interface CycleOptions {
  readonly server: RehearsalServer;
  readonly rules: Pick<Rehearsal, 'migrate' | 'rollback' | 'previous' | 'load'>;
  /** `null`: the team has none. */
  readonly checks: ChecksFile | null;
  /** Columns that the migration must bring, because the masking file names them. */
  readonly pendingColumns: readonly PendingColumn[];
  /** SQL of the load's own script; `null`: none. */
  readonly loadScript: string | null;
  /** The names that may be shown. */
  readonly names: KnownNames;
  /** How long the load runs before the migration, for comparison, milliseconds. */
  readonly baseline?: number;
  readonly ports: CyclePorts;
}

/** How long the load runs before the migration where nobody says otherwise, milliseconds. */
const BASELINE = 2000;

/**
 * Runs the whole cycle on copies of the frozen source: up → verify → the version that is live → down → equal → up again → once more, then
 * beside load, then killed in the middle. What a phase finds is told, never judged: the verdict is made from all of it.
 * A server that is lost in a phase ends it there, and that phase has failed.
 * @returns every phase, also those that were skipped, in the order of `PHASES`
 * @throws RehearsalImpossible when a copy cannot be made, or the job is cancelled; whatever the database throws
 */
export async function runCycle(options: CycleOptions): Promise<readonly PhaseFacts[]> {
  const cycle = new Cycle(options);
  try {
    await cycle.run();
  } catch (error) {
    if (!(error instanceof ServerLost)) throw error;
    cycle.skipRest(whyLost(error.message));
  }
  return cycle.phases;
}

/** What the migration makes of the data, to compare later runs with. */
interface Migrated {
  readonly schema: SchemaDescription;
  readonly rows: RowCounts;
  readonly observation: Observation;
}

/** The server was lost in a phase, which is written down as failed. */
class ServerLost extends Error {}

/** What a phase did, before it is written down. */
type Findings = Partial<Omit<PhaseFacts, 'name' | 'seconds'>>;

class Cycle {
  readonly phases: PhaseFacts[] = [];
  private readonly options: CycleOptions;

  constructor(options: CycleOptions) {
    this.options = options;
  }

  async run(): Promise<void> {
    const migrated = await this.onCopy('up', (copy) => this.forward(copy));
    if (migrated === null) {
      const because = 'the migration does not come through';
      for (const name of ['load', 'interrupted'] as const) this.skip(name, because);
      return;
    }
    await this.underLoad(migrated);
    await this.interrupted(migrated);
  }

  /** From `up` to `rerun` on one copy. @returns `null` when the migration does not come through */
  private async forward(copy: DatabaseCopy): Promise<Migrated | null> {
    const before = { schema: await copy.describeSchema(), rows: await copy.countRows() };
    this.options.names.learn(before.schema);
    const migrated = await this.up(copy);
    if (migrated === null) {
      for (const name of ['verify', 'previous', 'down', 'equal', 'up-again', 'rerun'] as const)
        this.skip(name, 'the migration does not come through');
      return null;
    }
    await this.phase('verify', async () => {
      const rows = { before: before.rows, after: migrated.rows };
      const checks = await checkData(copy, this.options.checks, rows, this.options.pendingColumns);
      return { outcome: checks.failed ? 'failed' : 'done', checks: checks.facts };
    });
    await this.previous(copy);
    const left = await this.down(copy, before, migrated);
    const written = writtenTables(before.rows, migrated);
    if (left === 'unknown') await this.rerunOnFreshCopy(written);
    else if (left === 'migrated' || (await this.upAgain(copy, migrated))) await this.rerun(copy, written);
    else this.skip('rerun', 'the migration cannot be run again after the way back');
    return migrated;
  }

  private async up(copy: DatabaseCopy): Promise<Migrated | null> {
    let migrated: Migrated | null = null;
    await this.phase('up', async () => {
      const { command, observation } = await this.observed(copy, 'up', 'Migrate');
      const found = { ...outcomeOf(command), copy: copy.copied, command, observation };
      try {
        if (command.ended === 'success') migrated = { schema: await copy.describeSchema(), rows: await copy.countRows(), observation };
        const leftovers = await copy.leftovers();
        return { ...found, leftovers };
      } catch (error) {
        // Whatever the migration did, and however it says that it ended, it may have taken the server along.
        if (!serverIsLost(error)) throw error;
        migrated = null;
        return { ...found, outcome: 'failed', because: whyLost((error as Error).message) };
      }
    });
    return migrated;
  }

  private async previous(copy: DatabaseCopy): Promise<void> {
    const { previous } = this.options.rules;
    if (previous === null) return this.skip('previous', 'the pipeline file names no test of the version that is live');
    const checkout = await this.options.ports.checkOutPrevious();
    if ('because' in checkout) return this.skip('previous', checkout.because);
    await this.phase('previous', async () => {
      const title = 'Test the version that is live on the migrated database';
      const command = await this.command({ phase: 'previous', title, run: previous, access: copy.access, folder: checkout.folder });
      return { ...outcomeOf(command), command };
    });
  }

  /** @returns in which state the way back leaves the copy */
  private async down(
    copy: DatabaseCopy,
    before: Pick<Migrated, 'schema' | 'rows'>,
    migrated: Migrated,
  ): Promise<'migrated' | 'back' | 'unknown'> {
    const { names, rules } = this.options;
    const { rollback } = rules;
    if (rollback === null || rollback === false) {
      const because = rollback === null ? 'the pipeline file names no way back' : 'the pipeline file says that there is no way back';
      for (const name of ['down', 'equal', 'up-again'] as const) this.skip(name, because);
      return 'migrated';
    }
    const down = await this.phase('down', async () => {
      const command = await this.command({ phase: 'down', title: 'Go back', run: rollback, access: copy.access, folder: null });
      return { ...outcomeOf(command), command };
    });
    if (down.outcome === 'failed') {
      for (const name of ['equal', 'up-again'] as const) this.skip(name, 'the way back does not come through');
      return 'unknown';
    }
    const equal = await this.phase('equal', async () => {
      const differences = differencesBetween(before.schema, await copy.describeSchema(), names);
      return foundDifferent([...differences, ...lostOnTheWayBack(before.rows, migrated.rows, await copy.countRows(), names)]);
    });
    if (equal.outcome === 'done') return 'back';
    this.skip('up-again', 'the way back leaves another database');
    return 'unknown';
  }

  private async upAgain(copy: DatabaseCopy, migrated: Migrated): Promise<boolean> {
    const again = await this.phase('up-again', async () => {
      const command = await this.migrate(copy, 'up-again', 'Migrate again after the way back');
      if (command.ended !== 'success') return { outcome: 'failed', command };
      return { ...foundDifferent(await differencesFrom(migrated, copy, this.options.names)), command };
    });
    return again.outcome === 'done';
  }

  /** Once more on a database that is migrated already. */
  private async rerun(copy: DatabaseCopy, written: readonly string[]): Promise<void> {
    await this.phase('rerun', async () => {
      const before = await stateOf(copy, written);
      const command = await this.migrate(copy, 'rerun', 'Migrate once more');
      if (command.ended !== 'success') return { outcome: 'failed', command };
      return { ...foundDifferent(changesBetween(before, await stateOf(copy, written), this.options.names)), command };
    });
  }

  /** Nobody knows what the way back left, so the migration begins anew. */
  private async rerunOnFreshCopy(written: readonly string[]): Promise<void> {
    await this.onCopy('rerun', async (copy) => {
      const first = await this.migrate(copy, 'rerun', 'Migrate a fresh copy');
      if (first.ended === 'success') await this.rerun(copy, written);
      else this.skip('rerun', 'the migration came through once and not a second time, on a fresh copy');
    });
  }

  private async underLoad({ observation }: Migrated): Promise<void> {
    const { rules, loadScript, ports, baseline = BASELINE } = this.options;
    if (rules.load === false) return this.skip('load', 'the pipeline file asks for no load');
    const tables = observation.touched.filter((table) => !isBookkeeping(table));
    if (tables.length === 0 && loadScript === null) return this.skip('load', 'the migration touches no table that was there before');
    await this.onCopy('load', (copy) =>
      this.phase('load', async () => {
        ports.log(`Putting load on ${tables.length === 1 ? '1 table' : `${tables.length} tables`}.`);
        const load = await copy.load({ tables, script: loadScript, baseline, signal: ports.signal });
        const { command, observation: beside, report } = await this.besideLoad(copy, load);
        return { ...outcomeOf(command), copy: copy.copied, command, observation: beside, load: report };
      }),
    );
  }

  private async besideLoad(copy: DatabaseCopy, load: RunningLoad) {
    load.begin();
    try {
      return { ...(await this.observed(copy, 'load', 'Migrate beside load')), report: await load.end() };
    } catch (error) {
      await load.end();
      throw error;
    }
  }

  /** Killed after half of its statements, before it hears how the last of them ended, and run again. */
  private async interrupted(migrated: Migrated): Promise<void> {
    const middle = middleOf(migrated.observation);
    if (middle === null) return this.skip('interrupted', 'no statement of the migration was seen that changes anything');
    await this.onCopy('interrupted', (copy) =>
      this.phase('interrupted', async () => {
        const killed = await this.killAfter(copy, middle);
        if (killed.ended !== 'killed') {
          const because = `it ended before statement ${middle.statement} of ${middle.of} and could not be killed`;
          return { outcome: 'skipped', because, copy: copy.copied };
        }
        const command = await this.migrate(copy, 'interrupted', 'Migrate again after it was killed');
        const found = { copy: copy.copied, command, killedAfter: { statement: middle.statement, of: middle.of } };
        if (command.ended !== 'success') return { ...found, outcome: 'failed' };
        return { ...found, ...foundDifferent(await differencesFrom(migrated, copy, this.options.names)) };
      }),
    );
  }

  private async killAfter(copy: DatabaseCopy, { statement, kinds }: Middle): Promise<CommandFacts> {
    let running: RunningCommand | null = null;
    const observer = await copy.observe({ stopAfter: { statements: statement, kinds, reached: () => running?.kill() } });
    try {
      const title = 'Migrate, to be killed in the middle';
      const { migrate: run } = this.options.rules;
      running = this.options.ports.start({ phase: 'interrupted', title, run, access: observer.access, folder: null });
      return await running.done;
    } finally {
      await observer.end();
    }
  }

  private async observed(
    copy: DatabaseCopy,
    phase: PhaseName,
    title: string,
  ): Promise<{ command: CommandFacts; observation: Observation }> {
    const observer: Observer = await copy.observe();
    let ended: Promise<Observation> | null = null;
    try {
      const { migrate: run } = this.options.rules;
      const command = await this.command({ phase, title, run, access: observer.access, folder: null });
      ended = observer.end();
      return { command, observation: await ended };
    } finally {
      await (ended ?? observer.end());
    }
  }

  private migrate(copy: DatabaseCopy, phase: PhaseName, title: string): Promise<CommandFacts> {
    return this.command({ phase, title, run: this.options.rules.migrate, access: copy.access, folder: null });
  }

  private async command(request: CommandRequest): Promise<CommandFacts> {
    const { ports } = this.options;
    ports.signal.throwIfAborted();
    const facts = await ports.start(request).done;
    ports.signal.throwIfAborted();
    return facts;
  }

  private async onCopy<T>(phase: PhaseName, work: (copy: DatabaseCopy) => Promise<T>): Promise<T> {
    this.options.ports.signal.throwIfAborted();
    const { server, ports } = this.options;
    const copy = await server.copy(phase).catch((error: Error) => {
      if (!serverIsLost(error)) throw error;
      // Where a phase has failed already, that is what counts.
      throw this.phases.some(({ outcome }) => outcome === 'failed') ? new ServerLost(error.message) : lostBefore(phase, error);
    });
    try {
      return await work(copy);
    } finally {
      // What is left goes with the server, or when the rehearsal ends.
      await copy.drop().catch((error: Error) => ports.log(`A copy could not be removed yet: ${error.message}`));
    }
  }

  private async phase(name: PhaseName, work: () => Promise<Findings>): Promise<PhaseFacts> {
    const started = performance.now();
    try {
      const findings = await work();
      this.options.ports.signal.throwIfAborted();
      return this.write({ ...NOTHING, ...findings, name, seconds: secondsSince(started) });
    } catch (error) {
      this.options.ports.signal.throwIfAborted();
      if (!serverIsLost(error)) throw error;
      const { message } = error as Error;
      this.write({ ...NOTHING, name, outcome: 'failed', because: whyLost(message), seconds: secondsSince(started) });
      throw new ServerLost(message);
    }
  }

  skipRest(because: string): void {
    const told = new Set(this.phases.map(({ name }) => name));
    for (const name of PHASES) if (!told.has(name)) this.skip(name, because);
  }

  private skip(name: PhaseName, because: string): void {
    this.write({ ...NOTHING, name, outcome: 'skipped', because, seconds: 0 });
  }

  private write(found: PhaseFacts): PhaseFacts {
    const facts = withKnownNames(found, this.options.names);
    this.phases.push(facts);
    this.options.ports.ended(facts);
    return facts;
  }
}

function whyLost(message: string): string {
  return `the server was lost: ${message}`;
}

function lostBefore(phase: PhaseName, error: Error): RehearsalImpossible {
  return new RehearsalImpossible(
    'server_missing',
    `The database server was lost before "${phase}": ${error.message}. Look for what ended it; for want of memory, a system ends servers first.`,
  );
}

const NOTHING = {
  outcome: 'done',
  because: null,
  copy: null,
  command: null,
  observation: null,
  load: null,
  leftovers: [],
  differences: [],
  checks: null,
  killedAfter: null,
} as const satisfies Findings;

const outcomeOf = ({ ended }: CommandFacts): Pick<PhaseFacts, 'outcome'> => ({ outcome: ended === 'success' ? 'done' : 'failed' });

function foundDifferent(differences: readonly string[]): Pick<PhaseFacts, 'outcome' | 'differences'> {
  return { outcome: differences.length === 0 ? 'done' : 'failed', differences };
}
