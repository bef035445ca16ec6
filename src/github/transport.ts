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
const REDIRECTED: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The toolkit's own HTTP client, which knows the runner's proxy settings and keeps the connection for the next request. Redirects (a
 * renamed repository) are followed here: it takes a relative one for no address, and hands the token to every port of a host. Octokit
 * would take the runtime's `fetch`, which costs more to load than all the rest of a start.
 * @param timeoutMs for one exchange including the body, milliseconds
 */
export function httpTransport(timeoutMs: number): Transport {
  const client = new HttpClient(undefined, [], { keepAlive: true, allowRedirects: false, socketTimeout: timeoutMs });
  return async (url, { method, headers, body }) => {
    let response: HttpClientResponse | null = null;
    const send = async (to: string, sent: Readonly<Record<string, string>>): Promise<Answer> => {
      response = await client.request(method, to, body ?? null, { ...sent });
      return read(response);
    };
    const exchange = async (): Promise<Answer> => {
      let [at, sent] = [url, headers];
      let answer = await send(at, sent);
      for (let left = REDIRECTS; left > 0; left -= 1) {
        const next = redirectOf(answer, at);
        if (next === null) break;
        if (next.origin !== new URL(at).origin) sent = withoutToken(sent);
        at = next.href;
        answer = await send(at, sent);
      }
      return answer;
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

/** @returns where the answer says to ask instead; `null` for one that is no redirect, or leads nowhere */
function redirectOf({ status, headers }: Answer, from: string): URL | null {
  const location = headers.get('location');
  if (!REDIRECTED.has(status) || location === undefined || !URL.canParse(location, from)) return null;
  const to = new URL(location, from);
  if (!/^https?:$/.test(to.protocol)) return null;
  if (new URL(from).protocol === 'https:' && to.protocol === 'http:') throw new Error('the answer is a redirect from https: to http:');
  return to;
}

/** The token is for GitHub, and any other origin is somebody else. */
function withoutToken(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'));
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
