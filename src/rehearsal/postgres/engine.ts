import type { Access, Contents, DatabaseCopy, EngineOptions, RehearsalEngine, RehearsalServer, Restored } from '../database.ts';
import type { MaskingReport, MaskingRules } from '../masking/rules.ts';
import { inOwnWords } from '../own-words.ts';
import { type Connection, connected } from './connection.ts';
import { takeStock } from './contents.ts';
import { PostgresCopy } from './database-copy.ts';
import { Databases } from './databases.ts';
import { withoutItsWords } from './failure.ts';
import { givenHost } from './given-host.ts';
import { connectionTo, type Host } from './host.ts';
import { privateHost } from './private-host.ts';
import { type Restore, restoreDump } from './restore.ts';
import { dropRolesBut, rolesOf } from './roles.ts';
import { copyRunning } from './running-database.ts';
import { reaches, serverUser } from './server-user.ts';

/** A private PostgreSQL from the machine's own programs, thrown away with its rehearsal, or databases of the rehearsal's own on a given one. */
export const postgres: RehearsalEngine = {
  worksIn: (base) => reaches(serverUser(), base),
  start: async (options) => {
    const host = options.serverUrl === null ? await privateHost(options) : await givenHost(options, options.serverUrl);
    return startOn(host, options);
  },
};

/** A rehearsal's server on a host that is there; it is closed with it. */
export async function startOn(host: Host, options: EngineOptions): Promise<RehearsalServer> {
  const databases = new Databases(host, options.signal);
  const source = host.databaseName('source');
  try {
    // On a private server it is there already.
    if (host.exclusive) databases.adopt(source);
    else await databases.create(source);
    return inOwnWords(new PostgresRehearsalServer(host, databases, options), withoutItsWords);
  } catch (error) {
    await databases.dropAll(options.log);
    await host.close();
    throw error;
  }
}

class PostgresRehearsalServer implements RehearsalServer {
  readonly name: string;
  readonly major: number;
  readonly secrets: readonly string[];
  readonly source: Access;
  private readonly host: Host;
  private readonly databases: Databases;
  private readonly options: EngineOptions;
  private readonly database: string;
  private readonly connection: Connection;
  /** Roles that were there when the source was frozen. */
  private roles: readonly string[] = [];
  private open = 0;
  private copies = 0;

  constructor(host: Host, databases: Databases, options: EngineOptions) {
    this.host = host;
    this.databases = databases;
    this.options = options;
    this.database = host.databaseName('source');
    this.connection = connectionTo(host, this.database);
    this.name = `PostgreSQL ${host.version}`;
    this.major = host.major;
    this.source = host.access(this.database);
    this.secrets = [...host.secrets, this.source.url];
  }

  restore(dump: string): Promise<Restored> {
    return restoreDump(dump, this.restoring());
  }

  copyFrom(url: string): Promise<Restored> {
    return copyRunning(url, this.options.folder, this.restoring());
  }

  private restoring(): Restore {
    const { env, log, names, signal, version } = this.options;
    return { host: this.host, database: this.database, access: this.source, env, log, names, signal, version };
  }

  takeStock(): Promise<Contents> {
    return takeStock(this.connection, this.options.signal);
  }

  async mask(rules: MaskingRules): Promise<MaskingReport> {
    const { maskDatabase } = await import('./masking/mask.ts');
    const { log, names, signal } = this.options;
    return maskDatabase(this.connection, rules, { log, names, signal });
  }

  async freeze(): Promise<void> {
    // What production has long done: pages are known to be visible to all, so that the first to read them need not write that down.
    await connected(this.connection, (client) => client.query('VACUUM (ANALYZE)'), this.options.signal);
    await connected(this.host.admin, async (client) => {
      await client.query(`ALTER DATABASE ${this.database} WITH ALLOW_CONNECTIONS false`);
      await client.query('SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = $1', [
        this.database,
      ]);
      if (this.host.exclusive) this.roles = await rolesOf(client);
    });
  }

  async copy(phase: string): Promise<DatabaseCopy> {
    this.options.signal.throwIfAborted();
    this.copies += 1;
    const name = this.host.databaseName(`${phase.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}_${this.copies}`);
    const copied = await this.databases.copy(this.database, name);
    this.open += 1;
    let dropped: Promise<void> | null = null;
    const drop = (): Promise<void> => {
      dropped ??= this.drop(name);
      return dropped;
    };
    const access = this.host.access(name);
    const copy = new PostgresCopy({
      connection: connectionTo(this.host, name),
      access,
      copied,
      alone: !this.host.exclusive,
      signal: this.options.signal,
      names: this.options.names,
      drop,
    });
    return inOwnWords(copy, withoutItsWords);
  }

  /** Roles belong to the whole server: those that a migration made go with the last copy, or the next one would find them there. */
  private async drop(name: string): Promise<void> {
    await this.databases.drop(name);
    this.open -= 1;
    if (this.host.exclusive && this.open === 0) await dropRolesBut(this.host.admin, this.roles, this.options.log);
  }

  async stop(): Promise<void> {
    // A private server goes with all that is in it.
    if (!this.host.exclusive) await this.databases.dropAll(this.options.log);
    await this.host.close();
  }
}
