import * as z from 'zod/mini';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface SendOptions {
  readonly fetch: Fetch;
  /** For the whole exchange, the body included; milliseconds. */
  readonly timeoutMs: number;
  /** Called before each request leaves. */
  readonly onSend: () => void;
  readonly log: (line: string) => void;
}

/**
 * One exchange with GitHub, read to its end. Octokit itself takes a body that breaks off, or is no JSON, for an empty or textual
 * success; here it is a failure, which the retry plugin repeats. GitHub's rate limits come in several shapes; each leaves here in the
 * one shape of its kind that the throttling plugin recognises.
 * @throws Error that says what was wrong with the exchange.
 */
export function sendWith(options: SendOptions): Fetch {
  return async (url, init) => {
    options.onSend();
    const what = `${init.method ?? 'GET'} ${new URL(url).pathname}`;
    try {
      const answer = await exchange(options, url, init);
      if (answer.status >= 500) options.log(`GitHub answered ${answer.status} to ${what}.`);
      return answer;
    } catch (error) {
      const problem = new Error(whatBroke(error, options.timeoutMs), { cause: error });
      options.log(`${what}: ${problem.message}.`);
      throw problem;
    }
  };
}

async function exchange(options: SendOptions, url: string, init: RequestInit): Promise<Response> {
  const response = await options.fetch(url, { ...init, signal: AbortSignal.timeout(options.timeoutMs) });
  const text = await response.text();
  const limit = limitOf(response, text);
  if (limit !== null) return limitAnswer(response, limit);
  if (response.ok && response.status !== 204) assertJson(response, text);
  const bodiless = response.status === 204 || response.status === 205 || response.status === 304;
  return new Response(bodiless ? null : text, { status: response.status, statusText: response.statusText, headers: response.headers });
}

class BrokenAnswer extends Error {}

function assertJson(response: Response, text: string): void {
  const type = response.headers.get('content-type') ?? 'no content type';
  if (!/\bjson\b/.test(type)) throw new BrokenAnswer(`the answer is not JSON (${type}); does the address belong to GitHub's API?`);
  try {
    JSON.parse(text);
  } catch {
    throw new BrokenAnswer('the answer is cut off or not valid JSON');
  }
}

/** The runtime reports a lost connection as "fetch failed" and hides the reason one or two causes down. */
function whatBroke(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'the request failed';
  if (error instanceof BrokenAnswer) return error.message;
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `no complete answer within ${timeoutMs / 1000} s`;
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : '';
  return `the connection failed: ${cause.message || cause.name}${code}`;
}

type Limit = 'primary' | 'secondary';

const limitedGraphql = z.object({ errors: z.array(z.object({ type: z.optional(z.nullable(z.string())) })) });

/**
 * Primary: no requests left (403 or 429 with `x-ratelimit-remaining: 0`), or GraphQL's `RATE_LIMITED` under 200. Secondary: every
 * other 429, and a 403 that says so or names a time to come back.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
function limitOf(response: Response, text: string): Limit | null {
  if (response.status === 200) return isLimitedGraphql(text) ? 'primary' : null;
  if (response.status !== 403 && response.status !== 429) return null;
  if (/secondary rate/i.test(text)) return 'secondary';
  if (response.headers.get('x-ratelimit-remaining') === '0') return 'primary';
  const named = response.headers.has('retry-after') || /rate limit/i.test(text);
  return response.status === 429 || named ? 'secondary' : null;
}

function isLimitedGraphql(text: string): boolean {
  if (!text.includes('RATE_LIMITED')) return false;
  try {
    const parsed = limitedGraphql.safeParse(JSON.parse(text));
    return parsed.success && parsed.data.errors.some((error) => error.type === 'RATE_LIMITED');
  } catch {
    return false;
  }
}

/** When the limit ends by GitHub's clock, for messages; the plugin's own header is rewritten. */
export const LIMIT_ENDS_HEADER = 'x-limit-ends-at';
const RESET = 'x-ratelimit-reset';
const UNKNOWN_RESET_MS = 60_000;

/** The plugin compares the time of reset with the runner's clock, which may be wrong; so the reset is told in the runner's time. */
function limitAnswer(response: Response, limit: Limit): Response {
  const headers = new Headers(response.headers);
  headers.set('content-type', 'application/json');
  headers.delete('content-length');
  const here = Date.now();
  const there = Date.parse(headers.get('date') ?? '') || here;
  if (limit === 'primary') {
    const reset = Number(headers.get(RESET)) * 1000 || there + UNKNOWN_RESET_MS;
    headers.set('x-ratelimit-remaining', '0');
    headers.set(RESET, String(Math.ceil((reset - there + here) / 1000)));
    headers.set(LIMIT_ENDS_HEADER, new Date(reset).toISOString());
  } else {
    const seconds = Number(headers.get('retry-after')) || UNKNOWN_RESET_MS / 1000;
    headers.set(LIMIT_ENDS_HEADER, new Date(there + seconds * 1000).toISOString());
  }
  return new Response(JSON.stringify({ message: `${limit} rate limit reached` }), { status: 403, headers });
}
