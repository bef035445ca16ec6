import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ObserveOptions, Observer } from '../../database.ts';
import { KnownNames } from '../../known-names.ts';
import type { Observation } from '../../observed.ts';
import { type Connection, connected, urlOf, variablesOf } from '../connection.ts';
import { failureOf } from '../failure.ts';
import { assemble } from './assemble.ts';
import { cancel, logIn, Refused } from './behind.ts';
import { type Relation, readFiles, readRelations } from './catalog.ts';
import { DiskWatch } from './disk.ts';
import { fatal } from './frames.ts';
import { FrontDoor, type Guest } from './front-door.ts';
import { Journal } from './journal.ts';
import { loadParser, type SqlParser } from './parser.ts';
import { Relay, type RelayContext } from './relay.ts';
import { findRewrites } from './rewrites.ts';
import { Sampler } from './sampler.ts';
import { LockReader } from './server-view.ts';
import { StopAfter } from './stop.ts';
import { WaitBook } from './waits.ts';
import { worksOnRows } from './words.ts';

export interface PostgresObserveOptions extends ObserveOptions {
  /**
   * Whether commands may get to another database of the server; they are not watched there. Unless told: of a server that is shared with
   * others those of the same rehearsal, else all.
   */
  readonly reaches?: (database: string) => boolean;
  /** Takes up the names that the statements spell. */
  readonly names?: KnownNames;
}

/** How long commands that hung up in the middle may take to come to an end at the server, milliseconds. */
const GRACE = 1000;
const LONGEST_END = 5000;
/** Statements that are shorter cannot write enough to be worth a look at the disk while their transaction is open, milliseconds. */
const WORTH_A_LOOK = 20;

/**
 * Lets commands in through a proxy in front of the database, and watches what they do there. Only the role's own rights are needed.
 * What `pg` throws when the database cannot be reached is passed on.
 */
export async function observe(target: Connection, options: PostgresObserveOptions = {}): Promise<Observer> {
  const observation = await PostgresObservation.open(target, options);
  return { access: observation.access, end: () => observation.end() };
}

/** How the database was when observation began. */
interface Beginning {
  readonly relations: ReadonlyMap<number, Relation>;
  /** Its OID. */
  readonly database: number;
  readonly wal: string | null;
  readonly lockTimeout: number;
}

interface Watchers {
  readonly locks: LockReader;
  readonly sampler: Sampler;
  readonly disk: DiskWatch;
}

/** How a rehearsal's databases are named on a server that is not its own. */
const SHARED = /^promote_rehearsal_[0-9a-f]{8}_/;

const WAL = 'SELECT pg_catalog.pg_current_wal_insert_lsn()::text AS lsn';

class PostgresObservation {
  access: Observer['access'] = { url: '', variables: {} };
  private readonly target: Connection;
  private readonly options: PostgresObserveOptions;
  private readonly parser: SqlParser;
  private readonly beginning: Beginning;
  private readonly journal = new Journal();
  private readonly relays = new Set<Relay>();
  private readonly unobserved = new Set<Socket>();
  private readonly waits = new WaitBook(() => [...this.relays]);
  private readonly stop: StopAfter;
  private readonly harmless = new Set<string>();
  private connections = 0;
  private door: FrontDoor | null = null;
  private watchers: Watchers | null = null;
  private ended: Promise<Observation> | null = null;

  private constructor(target: Connection, options: PostgresObserveOptions, parser: SqlParser, beginning: Beginning) {
    this.target = target;
    this.options = options;
    this.parser = parser;
    this.beginning = beginning;
    this.stop = new StopAfter(options.stopAfter, () => void this.cutAll(0));
  }

  static async open(target: Connection, options: PostgresObserveOptions): Promise<PostgresObservation> {
    const [parser, beginning] = await Promise.all([loadParser(), readBeginning(target)]);
    const observation = new PostgresObservation(target, options, parser, beginning);
    try {
      await observation.begin();
      return observation;
    } catch (error) {
      await observation.endWatchers();
      throw error;
    }
  }

  end(): Promise<Observation> {
    this.ended ??= this.finish();
    return this.ended;
  }

  private async begin(): Promise<void> {
    const { target } = this;
    const { relations, database } = this.beginning;
    const scope = { database, newest: [...relations.keys()].reduce((one, other) => Math.max(one, other), 0) };
    const [locks, sampler, disk] = await Promise.all([
      LockReader.open(target, scope),
      Sampler.open(target, scope, this.journal, this.waits, () => [...this.relays]),
      DiskWatch.open(target),
    ]);
    this.watchers = { locks, sampler, disk };
    const password = randomBytes(24).toString('hex');
    const { door, port } = await FrontDoor.open({
      user: target.user,
      password,
      enter: (guest) => void this.enter(guest),
      cancel: (request) => cancel(target, request),
    });
    this.door = door;
    const front: Connection = { ...target, host: '127.0.0.1', port, password, ssl: false };
    // The front door speaks TLS with whoever insists; over loopback nobody needs to.
    this.access = { url: urlOf(front), variables: { ...variablesOf(front), PGSSLMODE: 'disable' } };
  }

  private reaches(database: string): boolean {
    if (this.options.reaches !== undefined) return this.options.reaches(database);
    const [own] = SHARED.exec(this.target.database) ?? [];
    return own === undefined || database.startsWith(own);
  }

  private async enter({ socket, settings }: Guest): Promise<void> {
    const database = settings.get('database') ?? this.target.user;
    const observed = database === this.target.database && !settings.has('replication');
    if (!observed && !this.reaches(database)) {
      socket.end(fatal('42501', `a rehearsal lets commands into its own databases only, and "${database}" is none of them`));
      return;
    }
    try {
      const side = await logIn({ ...this.target, database }, new Map(settings).set('database', database));
      if (socket.destroyed || this.ended !== null) side.socket.destroy();
      else if (observed) this.relay(socket, side.socket, side.greeting, settings);
      else this.connect(socket, side.socket, side.greeting);
    } catch (error) {
      const response = error instanceof Refused ? error.response : null;
      socket.end(response ?? fatal('08006', `the database behind the rehearsal did not answer: ${failureOf(error)}`));
    }
  }

  private relay(client: Socket, server: Socket, greeting: Buffer, settings: ReadonlyMap<string, string>): void {
    this.connections += 1;
    this.journal.openings.push({ connection: this.connections, settings });
    const relay = new Relay(this.connections, client, server, greeting, this.context());
    this.relays.add(relay);
    void relay.whenEnded().then(() => this.relays.delete(relay));
  }

  private context(): RelayContext {
    const { journal, parser, stop, watchers } = this;
    if (watchers === null) throw new Error('Nobody is watching yet.');
    const { locks, sampler, disk } = watchers;
    return {
      journal,
      parser,
      stop,
      harmless: this.harmless,
      locksOf: (pid) => locks.locksOf(pid),
      started: () => sampler.wake(),
      paused: async (kind, milliseconds) => {
        if (milliseconds >= WORTH_A_LOOK && !worksOnRows(kind)) await disk.look().catch(() => undefined);
      },
    };
  }

  /** To a database that is not watched. */
  private connect(client: Socket, server: Socket, greeting: Buffer): void {
    this.unobserved.add(server);
    const end = (): void => {
      this.unobserved.delete(server);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) for (const event of ['close', 'error']) socket.on(event, end);
    client.write(greeting);
    server.pipe(client);
    client.pipe(server);
  }

  private async finish(): Promise<Observation> {
    await this.settled(GRACE);
    await this.door?.close();
    await this.cutAll(LONGEST_END);
    for (const server of this.unobserved) server.destroy();
    const { disk, wal, files } = await this.endWatchers();
    const { journal, parser, beginning, waits } = this;
    const { names = new KnownNames() } = this.options;
    const rewrites = files === null ? [] : findRewrites(journal, parser, beginning.relations, files);
    return assemble({ journal, parser, names, ...beginning, waits: waits.waits, rewrites, disk, wal });
  }

  /** Waits for the connections whose clients have hung up. */
  private async settled(patience: number): Promise<void> {
    const until = performance.now() + patience;
    while ([...this.relays].some(({ clientLeft }) => clientLeft) && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Ends what still runs at the server, so that it rolls back. */
  private async cutAll(patience: number): Promise<void> {
    const relays = [...this.relays];
    const pids = relays.map(({ pid }) => pid);
    for (const relay of relays) relay.cut();
    await this.watchers?.locks
      .end(pids, patience)
      .catch((error: Error) => this.journal.blind.add(`Connections that were still open could not be ended: ${failureOf(error)}.`));
    await Promise.all(relays.map((relay) => relay.whenEnded()));
  }

  private async endWatchers(): Promise<{ disk: Observation['disk']; wal: number | null; files: ReadonlyMap<number, number> | null }> {
    const { journal, target, beginning } = this;
    const blind = (what: string) => (error: Error) => {
      journal.blind.add(`${what}: ${failureOf(error)}.`);
      return null;
    };
    await this.watchers?.sampler.end();
    const disk = (await this.watchers?.disk.end().catch(blind('How much disk it took at the end could not be read'))) ?? null;
    const end = await connected(target, async (client) => ({
      wal: beginning.wal === null ? null : await walSince(client, beginning.wal),
      files: await readFiles(client),
    })).catch(blind('What was left at the end could not be read'));
    await this.watchers?.locks.close();
    return { disk: disk ?? { before: 0, peak: 0, after: 0 }, wal: end?.wal ?? null, files: end?.files ?? null };
  }
}

function readBeginning(target: Connection): Promise<Beginning> {
  return connected(target, async (client) => {
    const relations = await readRelations(client);
    const { rows } = await client.query<{ lock_timeout: number; database: number }>(
      `SELECT reset_val::float8 AS lock_timeout,
        (SELECT oid::int8::float8 FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) AS database
        FROM pg_catalog.pg_settings WHERE name = 'lock_timeout'`,
    );
    const [{ lock_timeout: lockTimeout = 0, database = 0 } = {}] = rows;
    const wal = await client.query<{ lsn: string }>(WAL).then(
      ({ rows }) => rows[0]?.lsn ?? null,
      () => null,
    );
    return { relations, database, wal, lockTimeout };
  });
}

async function walSince(client: { query: typeof import('pg').Client.prototype.query }, begin: string): Promise<number | null> {
  const { rows } = await client.query<{ bytes: number }>(
    'SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), $1)::float8 AS bytes',
    [begin],
  );
  return rows[0]?.bytes ?? null;
}
