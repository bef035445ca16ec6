import { text as readText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpClient, type HttpClientResponse } from '@actions/http-client';

/** What Octokit hands over to be sent. */
export interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** An answer read to its end. Header names are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** One exchange over HTTP. @throws Error when the connection breaks, or `TimeoutError` when it takes too long. */
export type Transport = (url: string, outgoing: Outgoing) => Promise<Answer>;

/** The exchange did not end in time. */
export class TimeoutError extends Error {
  override name = 'TimeoutError';
}

const REDIRECTS = 3;

/**
 * The toolkit's own HTTP client, which knows the runner's proxy settings, follows redirects (a renamed repository) and keeps the
 * connection for the next request. Octokit would take the runtime's `fetch`, which costs more to load than all the rest of a start.
 * @param timeoutMs for one exchange including the body, milliseconds
 */
export function httpTransport(timeoutMs: number): Transport {
  const client = new HttpClient(undefined, [], { keepAlive: true, maxRedirects: REDIRECTS, socketTimeout: timeoutMs });
  return async (url, { method, headers, body }) => {
    let response: HttpClientResponse | null = null;
    const exchange = async (): Promise<Answer> => {
      response = await client.request(method, url, body ?? null, { ...headers });
      return read(response);
    };
    const timer = new AbortController();
    try {
      return await Promise.race([exchange(), timeout(timeoutMs, timer.signal)]);
    } finally {
      timer.abort();
      // What was not read to its end is of no use to anybody, and would keep the process alive.
      (response as HttpClientResponse | null)?.message.destroy();
    }
  };
}

async function timeout(milliseconds: number, signal: AbortSignal): Promise<never> {
  await delay(milliseconds, undefined, { signal });
  throw new TimeoutError(`no complete answer within ${milliseconds / 1000} s`);
}

async function read(response: HttpClientResponse): Promise<Answer> {
  const { statusCode = 0, headers } = response.message;
  const pairs = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]));
  return { status: statusCode, headers: new Map(pairs), text: await readText(response.message) };
}
