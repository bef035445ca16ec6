import { createHash, randomBytes } from 'node:crypto';
import { connect as connectSocket, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as connectTls } from 'node:tls';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from '../../../src/rehearsal/postgres/connection.ts';
import { observe } from '../../../src/rehearsal/postgres/observe/observer.ts';
import { type ObservedServer, observed, startObservedServer, withClient } from './observed-server.ts';

const SCHEMA =
  'CREATE TABLE orders (id bigint PRIMARY KEY, note text); INSERT INTO orders SELECT n, n::text FROM generate_series(1, 100) n';

let server: ObservedServer;
beforeAll(async () => {
  server = await startObservedServer(18);
});
afterAll(() => server.stop());

describe('who comes in through an observer', () => {
  it('speaks TLS with whoever insists, at once or when asked', async () => {
    const target = await server.database(SCHEMA);
    const seen = await observed(target, async (url) => {
      for (const sslnegotiation of ['postgres', 'direct'])
        await withClient(
          { connectionString: url, ssl: { rejectUnauthorized: false }, sslnegotiation } as pg.ClientConfig,
          async (client) => {
            expect((await client.query('SELECT count(*)::int AS n FROM orders')).rows).toEqual([{ n: 100 }]);
            const socket = (client as unknown as { connection: { stream: { encrypted?: boolean } } }).connection.stream;
            expect(socket.encrypted).toBe(true);
          },
        );
    });
    expect(seen.statements.map(({ connection, rows }) => [connection, rows])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it('says no to encryption by GSSAPI, and goes on', async () => {
    const target = await server.database(SCHEMA);
    await observed(target, async (url) => {
      const socket = connectSocket(Number(new URL(url).port), '127.0.0.1');
      expect(await answerTo(socket, Buffer.from([0, 0, 0, 8, 4, 210, 22, 48]))).toEqual(Buffer.from('N'));
      expect(await answerTo(socket, Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]))).toEqual(Buffer.from('S'));
      await new Promise<void>((resolve, reject) => {
        const secured = connectTls({ socket, rejectUnauthorized: false }, () => resolve(void secured.destroy()));
        secured.on('error', reject);
      });
    });
  });

  it('lets nobody in without its own password', async () => {
    const target = await server.database(SCHEMA);
    const seen = await observed(target, async (url) => {
      const open = new URL(url);
      for (const change of [{ password: target.password }, { password: '' }, { username: 'postgres' }]) {
        const changed: URL = Object.assign(new URL(open), change);
        const client = new pg.Client(changed.href);
        await expect(client.connect()).rejects.toThrow(/password/);
      }
    });
    expect(seen.statements).toEqual([]);
  });

  it('passes on what a client sets at the start, and what the server answers', async () => {
    const target = await server.database(SCHEMA);
    await observed(target, async (url) => {
      await withClient(
        { connectionString: url, application_name: 'tool', options: '-c search_path=pg_temp -c DateStyle=German' },
        async (client) => {
          const { rows } = await client.query(
            "SELECT current_setting('application_name') AS name, current_setting('search_path') AS path, DATE '2026-01-31' || '' AS day",
          );
          expect(rows).toEqual([{ name: 'tool', path: 'pg_temp', day: '31.01.2026' }]);
        },
      );
      await expect(withClient({ connectionString: url, options: '-c no_such_thing=1' }, async () => undefined)).rejects.toMatchObject({
        code: '42704',
      });
    });
  });

  it('relays to other databases of the server, unobserved, unless they are not to be reached', async () => {
    const target = await server.database(SCHEMA);
    const other = (url: string, database: string): Promise<unknown> =>
      withClient(
        Object.assign(new URL(url), { pathname: `/${database}` }).href,
        async (client) => (await client.query('SELECT current_database() AS name')).rows,
      );
    const seen = await observed(target, async (url) => {
      expect(await other(url, 'postgres')).toEqual([{ name: 'postgres' }]);
      await expect(other(url, 'nowhere')).rejects.toMatchObject({ code: '3D000' });
    });
    expect(seen.statements).toEqual([]);
    await observed(
      target,
      async (url) => {
        await expect(other(url, 'postgres')).rejects.toMatchObject({ code: '42501' });
      },
      { reaches: (database) => database === target.database },
    );
  });

  it('carries ten megabytes in and out byte by byte', async () => {
    const target = await server.database('CREATE TABLE blobs (id int, data bytea)');
    const rows = Array.from({ length: 160 }, (_, id) => `${id}\t\\\\x${randomBytes(32_768).toString('hex')}\n`);
    const sent = Buffer.from(rows.join(''));
    const heard: Buffer[] = [];
    const seen = await observed(target, (url) =>
      withClient(url, async (client) => {
        await pipeline(Readable.from(chunks(sent)), client.query(copyFrom('COPY blobs FROM STDIN')));
        for await (const chunk of client.query(copyTo('COPY blobs TO STDOUT'))) heard.push(chunk as Buffer);
        const { rows: read } = await client.query(
          "SELECT sum(length(data))::int AS bytes, md5(string_agg(data, '' ORDER BY id)) AS digest FROM blobs",
        );
        const raw = createHash('md5');
        for (const row of rows) raw.update(Buffer.from(row.trim().slice(row.indexOf('x') + 1), 'hex'));
        expect(read).toEqual([{ bytes: 160 * 32_768, digest: raw.digest('hex') }]);
      }),
    );
    expect(sent.length).toBeGreaterThan(10_000_000);
    expect(Buffer.concat(heard).equals(sent)).toBe(true);
    expect(seen.statements.map(({ kind, rows: count }) => [kind, count])).toEqual([
      ['COPY', 160],
      ['COPY', 160],
      ['SELECT', 1],
    ]);
    expect(seen.touched).toEqual(['public.blobs']);
  });

  it('takes a statement of megabytes', async () => {
    const target = await server.database(SCHEMA);
    const long = 'x'.repeat(9_000_000);
    const seen = await observed(target, (url) =>
      withClient(url, async (client) => {
        await client.query(`UPDATE orders SET note = '${long}' WHERE id = 1`);
        await client.query('UPDATE orders SET note = $1 WHERE id = 2', [long]);
        expect((await client.query('SELECT note FROM orders WHERE id < 3')).rows).toEqual([{ note: long }, { note: long }]);
      }),
    );
    expect(seen.statements.map(({ text }) => text)).toEqual([
      'UPDATE orders SET note = …',
      'UPDATE orders SET note = $1 WHERE id = $2'.replace('$2', '?'),
      'SELECT note FROM orders WHERE id < ?',
    ]);
  });

  it('has the server cancel what a client wants cancelled', async () => {
    const target = await server.database(SCHEMA);
    const seen = await observed(target, (url) =>
      withClient(url, async (client) => {
        const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
        const sleeping = client.query('SELECT pg_sleep(30)').catch((error: unknown) => error);
        const request = Buffer.alloc(16);
        for (const [index, value] of [16, 80877102, processID, secretKey].entries()) request.writeInt32BE(value, index * 4);
        await new Promise((resolve) => setTimeout(resolve, 50));
        connectSocket(Number(new URL(url).port), '127.0.0.1').end(request);
        expect(await sleeping).toMatchObject({ code: '57014' });
        expect((await client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
      }),
    );
    expect(seen.statements.map(({ error }) => error)).toEqual(['57014', null]);
  });

  it('keeps many connections apart, and two observers too', async () => {
    const [one, other] = [await server.database(SCHEMA), await server.database(SCHEMA)];
    const observers = await Promise.all([observe(one), observe(other)]);
    await Promise.all(
      observers.flatMap(({ access }, index) =>
        Array.from({ length: 15 }, (_, id) =>
          withClient(access.url, async (client) => {
            await client.query('BEGIN');
            await client.query('UPDATE orders SET note = $1 WHERE id = $2', [`by ${index}`, id + 1]);
            await client.query('COMMIT');
          }),
        ),
      ),
    );
    const seen = await Promise.all(observers.map((observer) => observer.end()));
    for (const { statements, transactions } of seen) {
      expect(new Set(statements.map(({ connection }) => connection)).size).toBe(15);
      expect(transactions.map(({ ended, block }) => [ended, block])).toEqual(Array.from({ length: 15 }, () => ['commit', true]));
      for (const { number, transaction } of statements)
        expect(
          statements.filter((statement) => statement.transaction === transaction).map(({ kind }) => kind),
          `${number}`,
        ).toEqual(['BEGIN', 'UPDATE', 'COMMIT']);
    }
  });

  it('tells a client what the server said before it hung up', async () => {
    const target = await server.database(SCHEMA);
    const seen = await observed(target, (url) =>
      withClient(url, async (client) => {
        await client.query('BEGIN');
        await expect(client.query('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toMatchObject({ code: '57P01' });
      }),
    );
    expect(seen.statements.map(({ error }) => error)).toEqual([null, '57P01']);
    expect(seen.transactions).toMatchObject([{ ended: 'lost' }]);
  });
});

describe('who waits for whom', () => {
  it('names a migration that waits for a reader, and the load that queues behind it', async () => {
    const target = await server.database(SCHEMA);
    const reader = await connect(target, 'promote-load-reader');
    const load = await connect(target, 'promote-load-1');
    const stranger = await connect(target, 'psql');
    await reader.query('BEGIN; SELECT count(*) FROM orders');
    const seen = await observed(target, (url) =>
      withClient(url, async (client) => {
        const altered = client.query('ALTER TABLE orders ADD COLUMN a int');
        await until(target, 1);
        const read = load.query('SELECT count(*) FROM orders');
        const written = stranger.query('UPDATE orders SET note = note WHERE id = 1');
        await until(target, 3);
        await new Promise((resolve) => setTimeout(resolve, 100));
        await reader.query('COMMIT');
        await Promise.all([altered, read, written]);
      }),
    );
    for (const client of [reader, load, stranger]) await client.end();
    const told = seen.waits.map(({ who, behind, relation, statement, mode }) => [who, behind, relation, statement, mode]);
    expect(told).toContainEqual(['migration', 'load', 'public.orders', 1, 'AccessExclusiveLock']);
    expect(told).toContainEqual(['load', 'migration', 'public.orders', 1, 'AccessShareLock']);
    expect(told).toContainEqual(['other', 'migration', 'public.orders', 1, 'RowExclusiveLock']);
    const [first] = seen.waits;
    expect(first?.lasted.atLeast).toBeGreaterThan(70);
    expect(first?.lasted.atMost).toBeLessThan((seen.statements[0]?.seconds ?? 0) * 1000 + 1);
  });

  it('names the load that waits for rows which the migration has changed', async () => {
    const target = await server.database(SCHEMA);
    const load = await connect(target, 'promote-load-1');
    const seen = await observed(target, (url) =>
      withClient(url, async (client) => {
        await client.query('BEGIN');
        await client.query("UPDATE orders SET note = 'x' WHERE id = 1");
        const written = load.query('UPDATE orders SET note = note WHERE id = 1');
        await until(target, 1);
        await new Promise((resolve) => setTimeout(resolve, 150));
        await client.query('COMMIT');
        await written;
      }),
    );
    await load.end();
    expect(seen.waits).toMatchObject([{ who: 'load', behind: 'migration', relation: 'public.orders', statement: 2, mode: null }]);
    expect(seen.waits[0]?.lasted.atLeast).toBeGreaterThan(70);
  });

  it('sees locks that come and go within one statement', async () => {
    const target = await server.database(SCHEMA);
    const seen = await observed(target, (url) =>
      withClient(url, async (client) => {
        await client.query('DO $$ BEGIN LOCK TABLE orders IN SHARE MODE; PERFORM pg_sleep(0.1); COMMIT; PERFORM pg_sleep(0.05); END $$');
      }),
    );
    expect(seen.locks).toMatchObject([{ relation: 'public.orders', mode: 'ShareLock', statement: 1, blocks: 'writes' }]);
    const held = seen.locks[0]?.held ?? { atLeast: 0, atMost: 0 };
    expect(held.atLeast).toBeLessThanOrEqual(held.atMost);
    expect(held.atMost).toBeGreaterThan(99);
  });
});

/** Waits until so many are waiting for a lock. */
async function until(target: Parameters<typeof connected>[0], waiting: number): Promise<void> {
  await connected(target, async (client) => {
    for (;;) {
      const { rows } = await client.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      if ((rows[0]?.n ?? 0) >= waiting) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
}

function* chunks(bytes: Buffer): Generator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += 70_001) yield bytes.subarray(offset, offset + 70_001);
}

function answerTo(socket: Socket, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (answer) => {
      socket.off('error', reject);
      resolve(answer);
    });
    socket.write(request);
  });
}
