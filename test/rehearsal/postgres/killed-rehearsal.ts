/** A rehearsal in the folder and on the server at the URL given, which says when it has a source and a copy, and then waits to be killed. */
import { postgres } from '../../../src/rehearsal/postgres/engine.ts';
import { optionsFor, sql } from './servers.ts';

const [, , folder = '', serverUrl = ''] = process.argv;
const server = await postgres.start(optionsFor(folder, { serverUrl }));
await sql(server.source.url, 'CREATE TABLE t (id int)');
await server.freeze();
await server.copy('up');
console.log('ready');
setInterval(() => undefined, 1000);
