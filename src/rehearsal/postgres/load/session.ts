import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { LoadRecorder, Operation, OperationKind } from '../../load/recorder.ts';
import { type Connection, connect } from '../connection.ts';
import { sqlstateOf } from '../sqlstates.ts';

/** How the load's connections begin to name themselves: observers tell by it who waits behind a migration. */
export const LOAD_NAME = 'promote-load';

/** Stalls are to be seen whole, whatever the role or the database sets. */
const SETTINGS = `SET statement_timeout = '60s'; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0`;

/** Nothing of what is read is looked at. */
const UNPARSED = { getTypeParser: () => (value: unknown) => value } as unknown as pg.CustomTypesConfig;

/** After these a connection is as good as lost: it is gone, or what it has prepared no longer fits. */
const LOST = new Set(['08006', '57P01', '57P02', '57P03', '0A000', '25P03']);

/** A statement with its parameters. The same text is prepared once per connection, as applications do. */
export interface Statement {
  readonly text: string;
  readonly values: readonly string[];
  readonly kind: OperationKind;
  readonly relation: string;
}

/** One connection of the load. It comes back after it was lost. */
export class Session {
  /** Of every backend it had. */
  readonly pids: number[] = [];
  private readonly target: Connection;
  private readonly name: string;
  private readonly recorder: LoadRecorder;
  private readonly stop: AbortSignal;
  private readonly pace: number;
  private readonly prepared = new Map<string, string>();
  private client: pg.Client | null = null;
  private inTransaction = false;

  constructor(target: Connection, name: string, recorder: LoadRecorder, stop: AbortSignal, pace: number) {
    this.target = target;
    this.name = `${LOAD_NAME}-${name}`;
    this.recorder = recorder;
    this.stop = stop;
    this.pace = pace;
  }

  /** What `pg` throws is passed on. */
  async open(): Promise<pg.Client> {
    if (this.client !== null) return this.client;
    const client = await connect(this.target, this.name);
    this.pids.push((client as unknown as { processID: number }).processID);
    client.on('end', () => {
      if (this.client === client) this.client = null;
    });
    await client.query(SETTINGS);
    this.client = client;
    return client;
  }

  /** One measured read or write. @throws what `pg` does, after it was recorded */
  async measured({ text, values, kind, relation }: Statement): Promise<void> {
    const client = await this.opened();
    const operation = this.recorder.start(kind, relation, this.pace);
    await this.recorded(operation, client.query({ name: this.nameOf(text), text, values: [...values], types: UNPARSED }));
  }

  /** The team's script. @throws what `pg` does, after it was recorded */
  async script(text: string, kind: OperationKind): Promise<void> {
    const client = await this.opened();
    await this.recorded(this.recorder.startScript(kind), client.query({ text, types: UNPARSED }));
  }

  /** The borders of a transaction. @throws what `pg` does, after it was recorded */
  async run(text: string): Promise<void> {
    const client = await this.opened();
    try {
      await client.query({ text, types: UNPARSED });
      this.inTransaction = text !== 'COMMIT';
    } catch (error) {
      const code = sqlstateOf(error);
      if (!this.stop.aborted) this.recorder.fail(code);
      throw this.failed(error, code);
    }
  }

  /** After an error the transaction is over, whatever it takes. Never throws. */
  async recover(): Promise<void> {
    this.inTransaction = false;
    try {
      await this.client?.query('ROLLBACK');
    } catch {
      await this.close();
    }
  }

  /** Never throws. */
  async close(): Promise<void> {
    const { client } = this;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  /** Tries until there is a connection: one that was lost is one error, not one for each try. */
  private async opened(): Promise<pg.Client> {
    for (;;) {
      this.stop.throwIfAborted();
      if (this.inTransaction && this.client === null) {
        this.recorder.fail('08006');
        throw new Error('The transaction was lost with its connection.');
      }
      try {
        return await this.open();
      } catch {
        await sleep(100, undefined, { signal: this.stop });
      }
    }
  }

  private async recorded(operation: Operation, answer: Promise<unknown>): Promise<void> {
    try {
      await answer;
      this.recorder.end(operation, null);
    } catch (error) {
      const code = sqlstateOf(error);
      this.recorder.end(operation, code);
      throw this.failed(error, code);
    }
  }

  private failed(error: unknown, code: string): unknown {
    if (LOST.has(code)) {
      void this.close();
      this.prepared.clear();
    }
    return error;
  }

  private nameOf(text: string): string {
    const name = this.prepared.get(text) ?? `load_${this.prepared.size}`;
    this.prepared.set(text, name);
    return name;
  }
}
