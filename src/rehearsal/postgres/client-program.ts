import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { markIn } from '../processes.ts';

/** How much of what a program said is kept. */
const KEPT = 8000;

export interface ProgramRun {
  readonly path: string;
  readonly parameters: readonly string[];
  /** Beside PATH; how to reach the server is in here, so that no password is on a command line. */
  readonly variables: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Takes what it writes to its output; what it writes is dropped where nobody does. @throws what the program is ended for */
  readonly output?: (chunks: AsyncIterable<Buffer>) => Promise<void>;
}

/**
 * Runs one of PostgreSQL's client programs, and waits for its end also when it is ended.
 * @returns `null` when it succeeded, the end of what it said otherwise: for `diagnosisOf` alone, since it may hold values of the data
 */
export async function runProgram({ path, parameters, variables, env, signal, output }: ProgramRun): Promise<string | null> {
  const child = spawn(path, parameters, {
    // None of the job's own variables, and no file in a home: both change what these programs do.
    env: { PATH: env['PATH'], HOME: '/nonexistent', LC_ALL: 'C', PGAPPNAME: 'promote', ...variables, ...markIn(env) },
    stdio: ['ignore', output === undefined ? 'ignore' : 'pipe', 'pipe'],
    signal,
  });
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said = (said + data.toString('utf8')).slice(-KEPT);
  });
  const ended = new Promise<string | null>((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
    child.on('close', (code) => resolve(code === 0 ? null : said.trim() || `it ended with code ${code}`));
  });
  // Node throws away what nobody has begun to read when a program ends, and who takes it may have to connect first.
  const chunks = child.stdout?.pipe(new PassThrough());
  try {
    if (output !== undefined && chunks !== undefined) await output(chunks);
  } catch (error) {
    child.kill();
    await ended;
    throw error;
  }
  return ended;
}
