import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { keySettings } from './expressions.ts';
import type { Domain } from './plan.ts';

/** Bytes that SHA-256 works on at once. */
const BLOCK = 64;

/**
 * Gives the session the keys of all domains, padded as RFC 2104 says. They travel as data of a COPY, which no server logs, not as text or
 * parameter of a statement, which may stand in its log, in pg_stat_activity and in pg_stat_statements. The table is the session's own, is
 * never written to the write-ahead log and is gone at once; the settings end with the session.
 */
export async function giveKeys(client: pg.Client, domains: readonly Domain[]): Promise<void> {
  const lines = domains.flatMap((domain) => {
    const { inner, outer } = keySettings(domain.number);
    return [`${inner}\t${padded(domain.key, 0x36)}\n`, `${outer}\t${padded(domain.key, 0x5c)}\n`];
  });
  await client.query('CREATE TEMP TABLE promote_keys (name text, value text)');
  await pipeline(Readable.from(lines), client.query(copyFrom('COPY pg_temp.promote_keys FROM STDIN')));
  // Counted, not returned: the values stay in the server.
  await client.query("SELECT count(set_config(name, '\\x' || value, false)) FROM pg_temp.promote_keys");
  await client.query('DROP TABLE pg_temp.promote_keys');
}

function padded(key: Uint8Array, pad: number): string {
  const block = Buffer.alloc(BLOCK);
  block.set(key.length > BLOCK ? createHash('sha256').update(key).digest() : key);
  for (const [index, byte] of block.entries()) block[index] = byte ^ pad;
  return block.toString('hex');
}
