import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import Bottleneck from 'bottleneck/light.js';
import * as z from 'zod/mini';
import { answerInFailure, GitHubError, readableFailure } from './client-error.ts';
import { sendWith } from './send.ts';
import { httpTransport } from './transport.ts';

export { GitHubError } from './client-error.ts';

/** All that the rest of the product may ask of GitHub. Rooms above declare the part they use. */
export interface GitHubClient {
  /**
   * One GraphQL request. Errors under HTTP 200 come back beside the data, because a part that could not be read is evidence too.
   * @throws GitHubError when no answer was to be had at all.
   */
  graphql(query: string, variables: Readonly<Record<string, unknown>>): Promise<GraphqlAnswer>;
  /**
   * One REST request; `route` as in GitHub's description, `GET /repos/{owner}/{repo}/…`.
   * @param repeated whether it is sent again after a failure in passing. `false` for what must not be done twice, where whoever asks
   * can find out whether it was done.
   * @throws GitHubError for every status that is not a success.
   */
  request(route: string, parameters: Readonly<Record<string, unknown>>, repeated?: boolean): Promise<RestAnswer>;
  /** Requests sent so far, each attempt counted. */
  readonly requestCount: number;
}

export interface GraphqlAnswer {
  /** Not yet validated; `null` when GitHub answered with errors only. */
  readonly data: unknown;
  readonly errors: readonly GraphqlError[];
  /** GitHub's clock at the time of the answer, epoch milliseconds. */
  readonly date: number;
}

export interface GraphqlError {
  readonly message: string;
  /** `NOT_FOUND`, `FORBIDDEN` …; `null` for an error in the query itself. */
  readonly type: string | null;
  /** Where in the answer the value is missing; empty when the error is about all of it. */
  readonly path: readonly (string | number)[];
}

export interface RestAnswer {
  readonly status: number;
  /** Not yet validated. */
  readonly data: unknown;
  /** GitHub's clock at the time of the answer, epoch milliseconds. */
  readonly date: number;
}

export interface ClientOptions {
  readonly token: string;
  /** `https://api.github.com`, or `https://HOST/api/v3` on GitHub Enterprise Server. */
  readonly apiUrl: string;
  /** `https://api.github.com/graphql`, or `https://HOST/api/graphql`. */
  readonly graphqlUrl: string;
  /** For one attempt including its body, milliseconds. */
  readonly requestTimeoutMs: number;
  /** What stands for one second in every wait before a repeated request, milliseconds. 1000, except in tests. */
  readonly retryWaitMs: number;
  /** Takes one line about a repeated or delayed request. */
  readonly log: (line: string) => void;
}

const GRAPHQL = 'POST /graphql';

/** Repeats after a failure in passing (5xx, lost connection, broken answer, timeout); the waits are 1, 4 and 9 s. */
const RETRIES = 3;
/** All waiting for rate limits of one process together, seconds: a runner is not paid to watch a clock. */
const LIMIT_WAIT_SECONDS = 60;
const LIMIT_WAITS = 3;
/** What GitHub asks to wait after a secondary limit that names no time. */
const SECONDARY_LIMIT_SECONDS = 60;

/** The client over the Actions toolkit's Octokit with its retry and throttling plugins. */
export function createClient(options: ClientOptions): GitHubClient {
  let requestCount = 0;
  const allowance = limitAllowance(options.log);
  const send = sendWith({
    transport: httpTransport(options.requestTimeoutMs),
    onSend: () => {
      requestCount += 1;
    },
    log: options.log,
  });
  const octokit = getOctokit(
    options.token,
    {
      baseUrl: options.apiUrl,
      userAgent: 'promote-action',
      request: { fetch: send },
      retry: { retries: RETRIES, retryAfterBaseValue: options.retryWaitMs },
      throttle: {
        retryAfterBaseValue: options.retryWaitMs,
        fallbackSecondaryRateRetryAfter: SECONDARY_LIMIT_SECONDS,
        // The plugin's own group puts a second between any two of GraphQL queries and writes. That is GitHub's advice for making many
        // writes; a job makes four, minutes apart as often as not, and its queries write nothing.
        write: new Bottleneck.Group({ maxConcurrent: 1 }),
        // Three seconds between any two attempts to open an issue, for the same reason; a rollback opens one.
        notifications: new Bottleneck.Group({ maxConcurrent: 1 }),
        onRateLimit: (seconds: number) => allowance('primary', seconds),
        onSecondaryRateLimit: (seconds: number) => allowance('secondary', seconds),
      },
    },
    retry,
    throttling,
  );
  const call = async (
    name: string,
    route: string,
    parameters: Readonly<Record<string, unknown>>,
    repeated: boolean = true,
  ): Promise<RestAnswer> => {
    try {
      const { status, data, headers }: HttpAnswer = await octokit.request(
        route,
        repeated ? parameters : { ...parameters, request: { retries: 0 } },
      );
      return { status, data, date: dateOf(headers, name) };
    } catch (error) {
      const partial = answerInFailure(error);
      if (partial !== null) return { ...partial, date: dateOf(partial.headers, name) };
      const failure = readableFailure(error, name, repeated ? RETRIES + 1 : 1);
      // Whoever asked may do without the answer; that it is missing, and until when, is told all the same. Who repeats it tells it then.
      if (repeated) options.log(failure.message);
      throw failure;
    }
  };
  return {
    request: (route, parameters, repeated) => call(route, route, parameters, repeated),
    graphql: async (query, variables) => graphqlAnswer(await call(GRAPHQL, `POST ${options.graphqlUrl}`, { query, variables })),
    get requestCount() {
      return requestCount;
    },
  };
}

interface HttpAnswer {
  readonly status: number;
  readonly data: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Says yes to a wait for a rate limit as long as all of them together stay within the allowance. */
function limitAllowance(log: (line: string) => void): (kind: 'primary' | 'secondary', seconds: number) => boolean {
  let left = LIMIT_WAIT_SECONDS;
  let waits = LIMIT_WAITS;
  return (kind, seconds) => {
    if (seconds > left || waits === 0) return false;
    left -= seconds;
    waits -= 1;
    log(`GitHub's ${kind} rate limit is reached; waiting ${seconds} s before asking again.`);
    return true;
  };
}

function dateOf(headers: Readonly<Record<string, unknown>>, name: string): number {
  const date = Date.parse(String(headers['date']));
  if (Number.isNaN(date)) {
    throw new GitHubError(
      'unusable',
      `The answer to ${name} carries no usable Date header, which is the clock every decision is taken by.`,
    );
  }
  return date;
}

const graphqlErrorSchema = z.object({
  message: z.string(),
  type: z.optional(z.nullable(z.string())),
  path: z.optional(z.nullable(z.array(z.union([z.string(), z.number()])))),
});
const graphqlAnswerSchema = z.object({ data: z.optional(z.unknown()), errors: z.optional(z.nullable(z.array(graphqlErrorSchema))) });

function graphqlAnswer(answer: RestAnswer): GraphqlAnswer {
  const parsed = graphqlAnswerSchema.safeParse(answer.data);
  if (!parsed.success) throw new GitHubError('unusable', `The answer to ${GRAPHQL} is not a GraphQL answer.`);
  const errors = (parsed.data.errors ?? []).map(({ message, type, path }) => ({ message, type: type ?? null, path: path ?? [] }));
  const data = parsed.data.data ?? null;
  if (data === null && errors.length === 0) throw new GitHubError('unusable', `The answer to ${GRAPHQL} holds neither data nor errors.`);
  return { data, errors, date: answer.date };
}
