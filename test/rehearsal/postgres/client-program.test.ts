import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { runProgram } from '../../../src/rehearsal/postgres/client-program.ts';

it('what a program wrote before anybody read it is not lost when it has ended', async () => {
  let read = '';
  const output = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    // As long as connecting to a database may take; the program has ended by then.
    await sleep(300);
    for await (const chunk of chunks) read += chunk.toString();
  };
  const signal = new AbortController().signal;
  const said = await runProgram({ path: '/bin/echo', parameters: ['CREATE TABLE t'], variables: {}, env: process.env, signal, output });
  expect([said, read]).toEqual([null, 'CREATE TABLE t\n']);
});
