import type { Octokit } from '@octokit/core';
import * as z from 'zod/mini';
import { answerInFailure, GitHubError, readableFailure } from './client-error.ts';
import { type Attempt, graphqlAttempt, type HttpAnswer, restAttempt } from './first-attempt.ts';
import type { OctokitSettings } from './patient-octokit.ts';
import { type FetchedAnswer, type Send, sendWith, UnsendableError } from './send.ts';
import { httpTransport } from './transport.ts';
import { whenNeeded } from './when-needed.ts';

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
  /** All waiting for rate limits together, seconds. Default: a minute, since a runner is not paid to watch a clock. */
  readonly limitWaitSeconds?: number;
  /** Takes one line about a repeated or delayed request. */
  readonly log: (line: string) => void;
  /** Takes one line about a request that failed for good, which is thrown as well. Default: `log`. */
  readonly failed?: (line: string) => void;
}

const GRAPHQL = 'POST /graphql';

const LIMIT_WAIT_SECONDS = 60;

/** Repeats after a failure in passing (5xx, lost connection, broken answer, timeout); the waits are 1, 4 and 9 s. */
const RETRIES = 3;

/** The client over Octokit, with its retry and throttling plugins for whatever does not succeed at once. */
export function createClient(options: ClientOptions): GitHubClient {
  let requestCount = 0;
  const send = sendWith({
    transport: httpTransport(options.requestTimeoutMs),
    onSend: () => {
      requestCount += 1;
    },
    log: options.log,
  });
  const settings = { auth: options.token, baseUrl: options.apiUrl, userAgent: 'promote-action' };
  const request = patientRequest(options, settings, send);
  const call = async (name: string, attempt: Attempt, asked: Asked): Promise<RestAnswer> => {
    try {
      const { status, data, headers } = await request(attempt, asked);
      return { status, data, date: dateOf(headers, name) };
    } catch (error) {
      const partial = answerInFailure(error);
      if (partial !== null) return { ...partial, date: dateOf(partial.headers, name) };
      const failure = readableFailure(error, name, asked.repeated ? RETRIES + 1 : 1);
      // Whoever asked may do without the answer; that it is missing, and until when, is told all the same. Who repeats it tells it then.
      if (asked.repeated) (options.failed ?? options.log)(failure.message);
      throw failure;
    }
  };
  const [viaRest, viaGraphql] = [restAttempt(settings), graphqlAttempt(settings)];
  return {
    request: (route, parameters, repeated = true) => call(route, viaRest, { route, parameters, repeated }),
    graphql: async (query, variables) => {
      const asked = { route: `POST ${options.graphqlUrl}`, parameters: { query, variables }, repeated: true };
      return graphqlAnswer(await call(GRAPHQL, viaGraphql, asked));
    },
    get requestCount() {
      return requestCount;
    },
  };
}

interface Asked {
  readonly route: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly repeated: boolean;
}

/**
 * Only when the first attempt brings anything but a success is the toolkit's Octokit with its plugins loaded, and it begins with the
 * exchange already made, as if it had made it: loading and running the plugins takes a tenth of a start, and hardly any start needs them.
 */
function patientRequest(
  options: ClientOptions,
  settings: OctokitSettings,
  send: Send,
): (attempt: Attempt, asked: Asked) => Promise<HttpAnswer> {
  let patient: Promise<Pick<Octokit, 'request'>> | null = null;
  return async (attempt, { route, parameters, repeated }) => {
    const made: Promise<FetchedAnswer>[] = [];
    const firstSend: Send = (url, outgoing) => {
      const exchange = send(url, outgoing);
      made.push(exchange);
      return exchange;
    };
    try {
      const answer = await attempt(firstSend, route, parameters);
      if (!holdsErrors(answer.data) || isRefusedInPart(answer.data)) return answer;
    } catch {
      await assertSendable(made);
      // The Octokit with the plugins meets the same failure below, and knows what to do about it.
    }
    const { limitWaitSeconds = LIMIT_WAIT_SECONDS } = options;
    patient ??= import('./patient-octokit.ts').then(({ patientOctokit }) =>
      patientOctokit(settings, { ...options, limitWaitSeconds, retries: RETRIES }),
    );
    const sendAgain: Send = (url, outgoing) => made.shift() ?? send(url, outgoing);
    // Only where it forbids them: named for a request, retries count for failures that repeating does not help, too.
    const retries = repeated ? {} : { retries: 0 };
    return (await patient).request(route, { ...parameters, request: { fetch: sendAgain, ...retries } });
  };
}

/** Octokit would keep trying. @throws GitHubError for a request that never left, and never will. */
async function assertSendable(made: readonly Promise<FetchedAnswer>[]): Promise<void> {
  for (const exchange of await Promise.allSettled(made)) {
    if (exchange.status !== 'rejected' || !(exchange.reason instanceof UnsendableError)) continue;
    throw new GitHubError('refused', `No request can be sent to GitHub: ${exchange.reason.message}.`);
  }
}

/** GraphQL tells failures under 200, and so does a limit that is used up. */
function holdsErrors(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'errors' in data;
}

const refusedInPart = whenNeeded(() =>
  z.object({ data: z.record(z.string(), z.unknown()), errors: z.array(z.object({ type: z.literal('FORBIDDEN') })) }),
);

/** A token that may not see some field is told so every time: there is nothing to repeat. */
function isRefusedInPart(data: unknown): boolean {
  return refusedInPart().safeParse(data).success;
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
  if (!parsed.success) throw new GitHubError('unusable', `The answer to ${GRAPHQL} (${answer.status}) is not a GraphQL answer.`);
  const errors = (parsed.data.errors ?? []).map(({ message, type, path }) => ({ message, type: type ?? null, path: path ?? [] }));
  const data = parsed.data.data ?? null;
  if (data === null && errors.length === 0)
    throw new GitHubError('unusable', `The answer to ${GRAPHQL} (${answer.status}) holds neither data nor errors.`);
  return { data, errors, date: answer.date };
}
