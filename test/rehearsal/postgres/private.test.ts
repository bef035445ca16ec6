import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { postgres } from '../../../src/rehearsal/postgres/engine.ts';
import { isAlive } from '../../../src/rehearsal/processes.ts';
import { endAll, MAJORS, newFolder, optionsFor, PROGRAMS, privateServer, sql } from './servers.ts';

afterAll(endAll);

const TLS = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

/** Whether a process is there and not merely waiting to be noticed dead. */
function runs(pid: number): boolean {
  return isAlive(pid) && !(existsSync(`/proc/${pid}/stat`) && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
}

describe.each(MAJORS)('a private server, PostgreSQL %i', (major) => {
  it('is of its version, writes ahead as production does, and ends with all its processes', async () => {
    const watched: (number | null)[] = [];
    const { server, folder } = await privateServer(major, { version: major, watch: (pid) => void watched.push(pid) });
    expect([server.name, server.major]).toEqual([expect.stringMatching(new RegExp(`^PostgreSQL ${major}\\.\\d+$`)), major]);
    const settings = ['full_page_writes', 'fsync', 'wal_level', 'autovacuum', 'listen_addresses'];
    const [row] = await sql(server.source.url, `SELECT ${settings.map((name) => `current_setting('${name}') AS ${name}`).join(', ')}`);
    expect(row).toEqual({ full_page_writes: 'on', fsync: 'off', wal_level: 'replica', autovacuum: 'off', listen_addresses: '127.0.0.1' });
    expect(server.source.variables).toMatchObject({ PGHOST: '127.0.0.1', PGDATABASE: 'rehearsal', PGSSLMODE: 'disable' });
    expect(server.secrets).toEqual([server.source.variables['PGPASSWORD'], server.source.url]);
    const pid = watched.at(-1) ?? 0;
    expect(runs(pid)).toBe(true);
    await server.stop();
    expect([runs(pid), watched.at(-1)]).toEqual([false, null]);
    expect(existsSync(join(folder, 'password'))).toBe(false);
  });

  it('speaks TLS with whoever insists, as servers of production do', async () => {
    const { server } = await privateServer(major);
    expect(await sql(`${server.source.url}?sslmode=no-verify`, TLS)).toEqual([{ ssl: true }]);
    expect(await sql(server.source.url, TLS)).toEqual([{ ssl: false }]);
    await server.stop();
  });

  it('does without TLS where its programs do not have it', async () => {
    const programs = newFolder();
    for (const name of ['initdb', 'pg_ctl']) writeFileSync(join(programs, name), `#!/bin/sh\nexec ${PROGRAMS[major]}/${name} "$@"\n`);
    const offered = `"$(grep '^ssl = ' "$2/postgresql.conf" 2> /dev/null | tail -n 1)" = 'ssl = on'`;
    const refusal = `if test "$1" = -D -a ${offered}; then echo 'FATAL:  SSL is not supported by this build' >&2; exit 1; fi`;
    writeFileSync(join(programs, 'postgres'), `#!/bin/sh\n${refusal}\nexec ${PROGRAMS[major]}/postgres "$@"\n`);
    for (const name of ['initdb', 'pg_ctl', 'postgres']) chmodSync(join(programs, name), 0o755);
    const { server } = await privateServer(major, { env: { PROMOTE_POSTGRES_BIN: programs } });
    expect(await sql(server.source.url, TLS)).toEqual([{ ssl: false }]);
    await server.stop();
  });

  it('does not outlive a job that is cancelled while it starts', async () => {
    const cancel = new AbortController();
    const pids: number[] = [];
    const watch = (pid: number | null): void => {
      if (pid === null) return;
      pids.push(pid);
      // The second program is the server itself.
      if (pids.length === 2) cancel.abort(new Error('cancelled by the test'));
    };
    const env = { PROMOTE_POSTGRES_BIN: PROGRAMS[major] };
    await expect(postgres.start(optionsFor(newFolder(), { env, watch, signal: cancel.signal }))).rejects.toThrow('cancelled by the test');
    expect(pids).toHaveLength(2);
    expect(pids.filter(runs)).toEqual([]);
  });
});
