import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type LoadOptions, RehearsalImpossible, type RunningLoad } from '../../database.ts';
import type { KnownNames } from '../../known-names.ts';
import { LoadCourse, withBaseline } from '../../load/course.ts';
import { LoadRecorder } from '../../load/recorder.ts';
import type { LoadReport } from '../../observed.ts';
import { type Connection, connected } from '../connection.ts';
import { failureOf } from '../failure.ts';
import { meaningOf } from '../sqlstates.ts';
import { type LoadClient, startClients } from './clients.ts';
import { type TablesOfLoad, tablesOfLoad } from './tables.ts';

export { LOAD_NAME } from './session.ts';

/** How long clients get to end by themselves before their connections are ended by the server, milliseconds. */
const GRACE = 250;
const LONGEST_ENDING = 5000;
/** If this process itself is held up for longer, its figures say more about itself, milliseconds. */
const OWN_DELAY = 250;

/**
 * Puts light, steady load on the tables: point reads and writes by key, transactions over several tables in the order of their names, one
 * long reader, and the team's script. A write sets a column to itself, so no data changes, but for what triggers of the application do.
 * @returns once the baseline is measured
 * @throws RehearsalImpossible `checks_invalid` when the script fails without any migration; `server_missing` when there is no connecting
 */
export async function startLoad(target: Connection, options: LoadOptions, names: KnownNames): Promise<RunningLoad> {
  options.signal.throwIfAborted();
  const stop = new AbortController();
  const recorder = new LoadRecorder(meaningOf);
  const found = await reaching(() =>
    connected(target, async (client) => {
      if (options.script !== null) await tryScript(client, options.script);
      return tablesOfLoad(client, options.tables, names);
    }),
  );
  const clients = await reaching(() => startClients({ target, tables: found.tables, script: options.script, recorder, stop: stop.signal }));
  return withBaseline(new Load(target, found, recorder, clients, stop, options.signal), options);
}

async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RehearsalImpossible) throw error;
    throw new RehearsalImpossible('server_missing', `The load does not get to the database: ${failureOf(error)}.`);
  }
}

/** One run before everything else. */
async function tryScript(client: pg.Client, script: string): Promise<void> {
  try {
    await client.query(script);
  } catch (error) {
    throw new RehearsalImpossible(
      'checks_invalid',
      `The script of the load fails on the database as it is before the migration: ${failureOf(error, script)}. Mend the script.`,
    );
  }
  // Outside of a transaction a statement is the first of its own.
  const { rows } = await client.query<{ open: boolean }>('SELECT now() <> statement_timestamp() AS open');
  if (rows[0]?.open === true)
    throw new RehearsalImpossible('checks_invalid', 'The script of the load leaves a transaction open. End it with COMMIT or ROLLBACK.');
}

class Load extends LoadCourse {
  private readonly target: Connection;
  private readonly found: TablesOfLoad;
  private readonly clients: readonly LoadClient[];
  private readonly stop: AbortController;
  private readonly ownDelay = monitorEventLoopDelay({ resolution: 10 });

  constructor(
    target: Connection,
    found: TablesOfLoad,
    recorder: LoadRecorder,
    clients: readonly LoadClient[],
    stop: AbortController,
    signal: AbortSignal,
  ) {
    super(recorder, signal);
    this.target = target;
    this.found = found;
    this.clients = clients;
    this.stop = stop;
  }

  override async measureBaseline(options: LoadOptions): Promise<void> {
    if (this.clients.length > 0) await this.runAlone(options);
    const code = options.script === null ? undefined : [...this.recorder.errorsAtBaseline.keys()].find((met) => !met.startsWith('40'));
    if (code !== undefined)
      throw new RehearsalImpossible(
        'checks_invalid',
        `Beside its script the load fails already before the migration: SQLSTATE ${code}, ${meaningOf(code)}. Mend the script; it runs again and again beside other readers and writers.`,
      );
  }

  override begin(): void {
    this.ownDelay.enable();
    super.begin();
  }

  protected override async finish(): Promise<LoadReport> {
    this.ownDelay.disable();
    const recorded = this.recorder.finish();
    this.stop.abort();
    const done = Promise.all(this.clients.map((client) => client.done));
    const ended = await Promise.race([done.then(() => true), sleep(GRACE, false, { ref: false })]);
    await this.endConnections();
    if (!ended) await Promise.race([done, sleep(LONGEST_ENDING, undefined, { ref: false })]);
    return { ...recorded, tables: this.found.tables.map((table) => table.name), blind: [...this.found.blind, ...this.ownBlindness()] };
  }

  /** Ends what still waits for something, and waits until the server has forgotten all of them. Without a server there is none. */
  private async endConnections(): Promise<void> {
    const pids = this.clients.flatMap((client) => client.session.pids);
    if (pids.length === 0) return;
    const until = performance.now() + LONGEST_ENDING;
    try {
      await connected(this.target, async (client) => {
        for (;;) {
          const { rowCount } = await client.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE pid = ANY ($1) AND application_name LIKE 'promote-load-%' AND datname = current_database()`,
            [pids],
          );
          if (rowCount === 0 || performance.now() > until) return;
          await sleep(20);
        }
      });
    } catch {
      // The server is gone, or lets nobody in any more: then they are gone too.
    }
  }

  private ownBlindness(): readonly string[] {
    const sentences = [...this.errorsBefore(meaningOf)];
    const delay = Math.round(this.ownDelay.max / 1e6);
    if (delay > OWN_DELAY)
      sentences.push(`What measured the load was itself held up for ${delay} ms: stalls may be that much shorter than told.`);
    return sentences;
  }
}
