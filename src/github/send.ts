import * as z from 'zod/mini';
import { type Answer, type Outgoing, TimeoutError, type Transport } from './transport.ts';
import { whenNeeded } from './when-needed.ts';

export interface SendOptions {
  readonly transport: Transport;
  /** Called before each request leaves. */
  readonly onSend: () => void;
  readonly log: (line: string) => void;
}

/** As much of a fetch response as Octokit reads. */
export interface FetchedAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  text(): Promise<string>;
}

/** Takes the place of `fetch` in Octokit. */
export type Send = (url: string, outgoing: Outgoing) => Promise<FetchedAnswer>;

/**
 * One exchange with GitHub, read to its end. Octokit itself takes a body that breaks off, or is no JSON, for an empty or textual
 * success; here it is a failure, which the retry plugin repeats. GitHub's rate limits come in several shapes; each leaves here in the
 * one shape of its kind that the throttling plugin recognises.
 * @throws Error that says what was wrong with the exchange.
 */
export function sendWith(options: SendOptions): Send {
  return async (url, outgoing) => {
    options.onSend();
    if (!URL.canParse(url)) throw new UnsendableError('its address is none');
    const what = `${outgoing.method} ${new URL(url).pathname}`;
    try {
      const answer = checked(await options.transport(url, outgoing), new URL(url).pathname.endsWith('/graphql'));
      if (answer.status >= 500) options.log(`GitHub answered ${answer.status} to ${what}.`);
      const { status, headers, text } = answer;
      return { status, headers, url, statusText: '', text: () => Promise.resolve(text) };
    } catch (error) {
      if (isUnsendable(error)) throw new UnsendableError((error as Error).message);
      const problem = new Error(whatBroke(error), { cause: error });
      options.log(`${what}: ${problem.message}.`);
      throw problem;
    }
  };
}

function checked(answer: Answer, query: boolean): Answer {
  const limit = limitOf(answer);
  if (limit !== null) return limitAnswer(answer, limit);
  if (answer.status >= 200 && answer.status < 300 && answer.status !== 204) assertJson(answer, query);
  if (answer.status >= 300 && answer.status < 400 && answer.status !== 304)
    throw new BrokenAnswer(`the answer is a redirect (${answer.status}) that leads nowhere; does the address belong to GitHub's API?`);
  return query ? withFailureFirst(answer) : answer;
}

/** What GitHub says when it failed inside, which the retry plugin repeats. */
const FAILED_INSIDE = /Something went wrong while executing your query/;

/** The plugin looks at the first error alone, and a field that the token may not see may come before it. */
function withFailureFirst(answer: Answer): Answer {
  if (!FAILED_INSIDE.test(answer.text)) return answer;
  const data = JSON.parse(answer.text) as { errors?: readonly { readonly message?: unknown }[] };
  const failed = (error: { readonly message?: unknown }): boolean => FAILED_INSIDE.test(String(error.message));
  const errors = data.errors ?? [];
  if (!errors.some(failed)) return answer;
  const ordered = [...errors.filter(failed), ...errors.filter((error) => !failed(error))];
  return { ...answer, text: JSON.stringify({ ...data, errors: ordered }) };
}

/** Address or headers are such that Node sends nothing. Repeating does not help. */
export class UnsendableError extends Error {}

function isUnsendable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ERR_INVALID_CHAR' || error.code === 'ERR_INVALID_URL');
}

class BrokenAnswer extends Error {}

function assertJson({ headers, text }: Answer, query: boolean): void {
  const type = headers.get('content-type') ?? 'no content type';
  if (!/\bjson\b/.test(type)) throw new BrokenAnswer(`the answer is not JSON (${type}); does the address belong to GitHub's API?`);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new BrokenAnswer('the answer is cut off or not valid JSON');
  }
  if (query && !listsErrors(data)) throw new BrokenAnswer('the answer\'s "errors" are no list of errors, as GraphQL has them');
}

/** The plugins look into the errors of a query without looking at what they are. */
function listsErrors(data: unknown): boolean {
  if (typeof data !== 'object' || data === null || !('errors' in data) || data.errors === null) return true;
  return Array.isArray(data.errors) && data.errors.every((error) => typeof error === 'object' && error !== null);
}

function whatBroke(error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed';
  if (error instanceof BrokenAnswer || error instanceof TimeoutError) return error.message;
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `the connection failed: ${error.message || error.name}${code}`;
}

type Limit = 'primary' | 'secondary';

const limitedGraphql = whenNeeded(() =>
  z.object({
    errors: z.array(z.object({ type: z.optional(z.unknown()), code: z.optional(z.unknown()), message: z.optional(z.unknown()) })),
  }),
);

/**
 * Primary: no requests left (403 or 429 with `x-ratelimit-remaining: 0`), or GraphQL's own error under 200. Secondary: every other 429,
 * a 403 that says so or names a time to come back, and GraphQL's words for it under 200.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 * https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
 */
function limitOf({ status, headers, text }: Answer): Limit | null {
  if (status === 200) return limitOfGraphql(text);
  if (status !== 403 && status !== 429) return null;
  if (/secondary rate/i.test(text)) return 'secondary';
  if (headers.get('x-ratelimit-remaining') === '0') return 'primary';
  const named = headers.has('retry-after') || /rate limit/i.test(text);
  return status === 429 || named ? 'secondary' : null;
}

/** `RATE_LIMITED` is what the plugin knows; GitHub has been seen to answer with `RATE_LIMIT` and a code (yanyongyu/githubkit#271). */
function limitOfGraphql(text: string): Limit | null {
  if (!/"errors"/.test(text) || !/rate.limit/i.test(text)) return null;
  try {
    const parsed = limitedGraphql().safeParse(JSON.parse(text));
    const errors = parsed.success ? parsed.data.errors : [];
    if (errors.some(({ message }) => /^you have exceeded a secondary rate limit/i.test(String(message)))) return 'secondary';
    const used = errors.some(({ type, code }) => type === 'RATE_LIMITED' || type === 'RATE_LIMIT' || code === 'graphql_rate_limit');
    return used ? 'primary' : null;
  } catch {
    return null;
  }
}

/** When the limit ends by GitHub's clock, for messages; the plugin's own header is rewritten. */
export const LIMIT_ENDS_HEADER = 'x-limit-ends-at';
const RESET = 'x-ratelimit-reset';
const UNKNOWN_RESET_MS = 60_000;

/** The plugin compares the time of reset with the runner's clock, which may be wrong; so the reset is told in the runner's time. */
function limitAnswer(answer: Answer, limit: Limit): Answer {
  const headers = new Map(answer.headers);
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
  return { status: 403, headers, text: JSON.stringify({ message: `${limit} rate limit reached` }) };
}
