/** What can go wrong with one request, in passing and for good. */
import type { Fault, LoggedRequest } from '../../sandbox/github/index.ts';

export interface FaultKind {
  readonly name: string;
  readonly applies: (request: LoggedRequest) => boolean;
  /** Strikes one request. */
  readonly inPassing: (now: number, request: LoggedRequest) => Fault;
  /** Strikes it and everything like it until the job has ended; default: as in passing. */
  readonly forGood?: Fault;
  /** Whether the request has its effect although its answer is a failure. */
  readonly effect: boolean;
  /** How often one request may be sent when the fault stays. */
  readonly attempts: number;
  /** Inputs of the job that is struck, where nothing would ever be answered. */
  readonly timeouts?: Readonly<Record<'inPassing' | 'forGood', Readonly<Record<string, string>>>>;
}

/**
 * Seconds. Struck once, one wait ends it, and no answer that a busy machine is slow to give may be taken for a lost one: requests are
 * counted. Struck for good, every attempt waits that long.
 */
const TIMEOUTS = { inPassing: { 'request-timeout': '6' }, forGood: { 'request-timeout': '1' } };

/** The client repeats three times. */
const ATTEMPTS = 4;

const always = (): boolean => true;
const isQuery = (request: LoggedRequest): boolean => request.operation === 'graphql';
export const isWrite = (request: LoggedRequest): boolean => request.method !== 'GET' && !isQuery(request);

/** The part of each query's answer that is lost: evidence without which no door opens. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  Evidence: ['repository', 'vetoes'],
  Records: ['repository', 'records'],
  CandidateRecords: ['repository', 'candidate'],
  Labelled: ['repository', 'issues'],
};

export const FAULTS: readonly FaultKind[] = [
  {
    name: '500',
    applies: always,
    inPassing: () => ({ status: 500, body: { message: 'Server Error' } }),
    effect: false,
    attempts: ATTEMPTS,
  },
  {
    name: '502, a page',
    applies: always,
    inPassing: () => ({ status: 502, body: '<html>\n<title>Unicorn!</title>\n</html>', headers: { 'content-type': 'text/html' } }),
    effect: false,
    attempts: ATTEMPTS,
  },
  {
    name: '403 primary limit',
    applies: always,
    inPassing: (now) => ({
      status: 403,
      body: { message: 'API rate limit exceeded for installation ID 1.' },
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(now / 1000) + 2) },
    }),
    // Until the hour ends: not worth waiting for.
    forGood: 'rate-limit',
    effect: false,
    attempts: 1,
  },
  {
    name: '429 secondary limit',
    applies: always,
    inPassing: () => ({
      status: 429,
      body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' },
      headers: { 'retry-after': '2' },
    }),
    effect: false,
    attempts: ATTEMPTS,
  },
  { name: 'reset', applies: always, inPassing: () => 'reset', effect: false, attempts: ATTEMPTS },
  { name: 'reset after the effect', applies: isWrite, inPassing: () => 'reset-after-effect', effect: true, attempts: ATTEMPTS },
  { name: 'body cut off', applies: always, inPassing: () => 'truncate', effect: true, attempts: ATTEMPTS },
  { name: 'no answer', applies: always, inPassing: () => 'hang', effect: false, attempts: ATTEMPTS, timeouts: TIMEOUTS },
  {
    name: 'no answer after the effect',
    applies: isWrite,
    inPassing: () => 'hang-after-effect',
    effect: true,
    attempts: ATTEMPTS,
    timeouts: TIMEOUTS,
  },
  { name: 'GraphQL error, all', applies: isQuery, inPassing: () => 'graphql-error', effect: false, attempts: ATTEMPTS },
  {
    name: 'GraphQL error, a part',
    applies: isQuery,
    inPassing: (_now, request) => ({ missingPart: PARTS[request.operationName ?? ''] ?? ['repository'] }),
    effect: false,
    attempts: ATTEMPTS,
  },
];
