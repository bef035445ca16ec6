import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Observation } from '../../observed.ts';
import { type Connection, connect } from '../connection.ts';

const INTERVAL = 75;
/** A look must not take more than this share of the time. */
const SHARE = 0.02;
const SIZE = { name: 'size', text: 'SELECT pg_catalog.pg_database_size(pg_catalog.current_database())::float8 AS bytes' };

/** Watches how much disk the database takes. */
export class DiskWatch {
  private readonly client: pg.Client;
  private readonly before: number;
  private peak: number;
  private running = true;
  private readonly stopping = new AbortController();
  private looking: Promise<number> | null = null;
  private readonly ended: Promise<void>;

  private constructor(client: pg.Client, before: number) {
    this.client = client;
    this.before = before;
    this.peak = before;
    this.ended = this.run();
  }

  static async open(target: Connection): Promise<DiskWatch> {
    const client = await connect(target);
    const { rows } = await client.query<{ bytes: number }>(SIZE);
    return new DiskWatch(client, rows[0]?.bytes ?? 0);
  }

  /** Looks now, for what is there only for this moment. @returns bytes */
  look(): Promise<number> {
    this.looking ??= this.read().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  async end(): Promise<Observation['disk']> {
    this.running = false;
    this.stopping.abort();
    await this.ended;
    try {
      const after = await this.look();
      return { before: this.before, peak: this.peak, after };
    } finally {
      await this.client.end().catch(() => undefined);
    }
  }

  private async run(): Promise<void> {
    while (this.running) {
      const from = performance.now();
      await this.look().catch(() => undefined);
      const took = performance.now() - from;
      await sleep(Math.max(INTERVAL, took / SHARE), undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private async read(): Promise<number> {
    const { rows } = await this.client.query<{ bytes: number }>(SIZE);
    const bytes = rows[0]?.bytes ?? 0;
    this.peak = Math.max(this.peak, bytes);
    return bytes;
  }
}
