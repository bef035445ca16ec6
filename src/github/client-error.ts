import * as z from 'zod/mini';
import { LIMIT_ENDS_HEADER } from './send.ts';
import { TimeoutError } from './transport.ts';
import { whenNeeded } from './when-needed.ts';

/**
 * Why GitHub's answer cannot be used. `unavailable`: no answer, also after repeating · `limit`: out of requests · `unauthorized`: the
 * token is not accepted · `permission`: it may not do this · `missing`: not there, or hidden from the token · `refused`: GitHub will not
 * do it as asked · `unusable`: the answer makes no sense.
 */
export type Failure = 'unavailable' | 'limit' | 'unauthorized' | 'permission' | 'missing' | 'refused' | 'unusable';

/** A request to GitHub that did not succeed: what, why, what to do. */
export class GitHubError extends Error {
  override name = 'GitHubError';
  readonly failure: Failure;
  /** GitHub's own words, where it gave any; `null` otherwise. */
  readonly said: string | null;
  constructor(failure: Failure, message: string, said: string | null = null) {
    super(message);
    this.failure = failure;
    this.said = said;
  }
}

/** GitHub did not answer in time, or what stands before it said so (502, 504), each time: down, or what was asked takes too long. */
export class NotInTime extends GitHubError {}

const httpFailure = whenNeeded(() =>
  z.object({
    status: z.number(),
    message: z.string(),
    response: z.optional(z.object({ headers: z.record(z.string(), z.unknown()) })),
  }),
);

const answeredFailure = whenNeeded(() =>
  z.object({
    response: z.object({ status: z.literal(200), headers: z.record(z.string(), z.unknown()), data: z.unknown() }),
  }),
);

/**
 * The answer under 200 that the retry plugin turned into a failure: a GraphQL query that went wrong in part, and still did after
 * repeating. What it did read is worth having.
 */
export function answerInFailure(error: unknown): { status: number; headers: Readonly<Record<string, unknown>>; data: unknown } | null {
  const parsed = answeredFailure().safeParse(error);
  return parsed.success ? parsed.data.response : null;
}

/** Turns what Octokit threw into an error for people. Octokit's own error is not kept: it carries the request with its headers. */
export function readableFailure(error: unknown, request: string, attempts: number): Error {
  if (error instanceof GitHubError) return error;
  const parsed = httpFailure().safeParse(error);
  if (!parsed.success) return unavailable(`${request} failed: ${error instanceof Error ? firstLine(error.message) : 'no reason given'}.`);
  const { status, message, response } = parsed.data;
  const headers = response?.headers ?? {};
  const said = firstLine(message);
  const ends = headers[LIMIT_ENDS_HEADER];
  if (typeof ends === 'string') return new GitHubError('limit', limitMessage(request, said, ends));
  if (response === undefined) return unavailable(`${request} got no usable answer${inAll(attempts, 'in')}: ${said}.`, isTimeout(error));
  if (status >= 500)
    return unavailable(
      `GitHub answered ${request} with ${status}${inAll(attempts, 'in each of')}: ${said}.`,
      status === 502 || status === 504,
    );
  return byStatus(status, request, said, headers);
}

function inAll(attempts: number, how: string): string {
  return attempts === 1 ? '' : ` ${how} ${attempts} attempts`;
}

/** GitHub is in trouble, or the way to it is: time may help. */
export function unavailable(problem: string, isLate = false): GitHubError {
  const message = `${problem} Run the job again; if this stays, look at GitHub's status page and the runner's network.`;
  return isLate ? new NotInTime('unavailable', message) : new GitHubError('unavailable', message);
}

/** Octokit wraps what the exchange threw. */
function isTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof TimeoutError || isTimeout(error.cause);
}

function byStatus(status: number, request: string, said: string, headers: Readonly<Record<string, unknown>>): GitHubError {
  if (status === 401) {
    return new GitHubError(
      'unauthorized',
      `GitHub does not accept the token for ${request}: ${said}. Pass a valid token in the input "token".`,
    );
  }
  if (status === 403)
    return new GitHubError('permission', permissionMessage(request, said, headers['x-accepted-github-permissions']), said);
  if (status === 404) {
    return new GitHubError(
      'missing',
      `${request}: not found. It does not exist, or the token may not see it, or this server does not have it.`,
    );
  }
  return new GitHubError('refused', `GitHub refused ${request} with ${status}: ${said}.`, said);
}

/** What the requests that we make need, for servers that do not say so themselves. */
const PERMISSIONS: readonly (readonly [RegExp, string])[] = [
  [/^GET .*\/(?:actions|environments)(?:\/|$)/, 'actions: read'],
  [/^POST .*\/actions\/runs\//, 'actions: write'],
  [/^POST .*\/deployments/, 'deployments: write'],
  [/^POST .*\/issues$/, 'issues: write'],
  [/^GET .*\/compare\//, 'contents: read'],
];

/** GitHub names what is needed as `deployments=write; contents=read`: alternatives between semicolons, what goes together between commas. */
function permissionMessage(request: string, said: string, accepted: unknown): string {
  const named = typeof accepted === 'string' && accepted !== '' ? accepted.replaceAll('=', ': ').replaceAll(/\s*;\s*/g, '", or "') : null;
  const needed = named ?? PERMISSIONS.find(([requests]) => requests.test(request))?.[1];
  const fix =
    needed === undefined
      ? 'Check the job\'s "permissions:" and what the token may do.'
      : `The token needs "${needed}"; add it to the job's "permissions:".`;
  return `GitHub does not allow ${request}: ${said}. ${fix}`;
}

function limitMessage(request: string, said: string, ends: string): string {
  return `GitHub did not answer ${request}: ${said}. It ends at ${ends}, later than is worth waiting for on a runner; run the job again then.`;
}

const LONGEST = 300;

/** A proxy's error page is a whole document; its first line tells enough. Octokit adds the documentation's address. */
function firstLine(message: string): string {
  const line = (message.trim().split(/\r?\n/, 1)[0] ?? '').replace(/ - https:\/\/docs\.github\.com\S*$/, '');
  return (line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line).replace(/\.$/, '') || 'no reason given';
}
