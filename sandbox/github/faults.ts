/** What goes wrong on purpose. */
import type { Fault, GraphqlPartFault, Injected, Injection, LoggedRequest, Match, Snapshot } from './api.ts';
import type { Reply } from './context.ts';
import { createMatcher } from './request-log.ts';

interface Armed<T> {
  readonly matches: (request: LoggedRequest) => boolean;
  readonly what: T;
  left: number;
  struck: number;
}

/** Things that strike a limited number of matching requests, in the order in which they were armed. */
class Arsenal<T> {
  readonly #armed = new Set<Armed<T>>();

  arm(match: Match, what: T, times: number): Injected {
    const armed: Armed<T> = { matches: createMatcher(match), what, left: times, struck: 0 };
    this.#armed.add(armed);
    return {
      get struck() {
        return armed.struck;
      },
      remove: () => this.#armed.delete(armed),
    };
  }

  /** Everything that strikes this request. */
  strike(request: LoggedRequest): T[] {
    const struck: T[] = [];
    for (const armed of this.#armed) {
      if (armed.left <= 0 || !armed.matches(request)) continue;
      armed.left -= 1;
      armed.struck += 1;
      struck.push(armed.what);
    }
    return struck;
  }
}

export type Action = () => void | Promise<void>;

/** What was injected into one sandbox. */
export class Injections {
  readonly faults = new Arsenal<PlannedFault>();
  readonly before = new Arsenal<Action>();
  readonly after = new Arsenal<Action>();

  inject(injection: Injection, stale: () => Snapshot): Injected {
    return this.faults.arm(injection.match, plan(injection.fault, stale), injection.times ?? 1);
  }
}

export interface PlannedFault {
  readonly name: string;
  /** Whether the request has its effect all the same. */
  readonly effect: boolean;
  readonly latencyMs: number;
  /** Answers from this moment. */
  readonly snapshot: Snapshot | null;
  /** Instead of the answer; `null`: the answer itself. */
  readonly reply: ((now: number) => Reply) | null;
  /** Changes the answer itself. */
  readonly alter: ((answer: Reply) => Reply) | null;
  readonly delivery: 'whole' | 'reset' | 'truncate' | 'hang';
}

const NO_FAULT: PlannedFault = { name: 'none', effect: true, latencyMs: 0, snapshot: null, reply: null, alter: null, delivery: 'whole' };

function plan(fault: Fault, stale: () => Snapshot): PlannedFault {
  if (typeof fault === 'string') return planKind(fault, stale);
  if ('latencyMs' in fault) return { ...NO_FAULT, name: `latency ${fault.latencyMs} ms`, latencyMs: fault.latencyMs };
  if ('stale' in fault) return { ...NO_FAULT, name: 'stale', snapshot: fault.stale };
  if ('missingPart' in fault) return { ...NO_FAULT, name: 'graphql-part', alter: (answer) => withoutPart(answer, fault) };
  const { status, body = { message: `Injected ${status}` }, headers = {}, when = 'before' } = fault;
  return { ...NO_FAULT, name: String(status), effect: when === 'after', reply: () => ({ status, body, headers }) };
}

function planKind(kind: Extract<Fault, string>, stale: () => Snapshot): PlannedFault {
  switch (kind) {
    case 'reset':
      return { ...NO_FAULT, name: kind, effect: false, delivery: 'reset' };
    case 'reset-after-effect':
      return { ...NO_FAULT, name: kind, delivery: 'reset' };
    case 'truncate':
      return { ...NO_FAULT, name: kind, delivery: 'truncate' };
    case 'hang':
      return { ...NO_FAULT, name: kind, effect: false, delivery: 'hang' };
    case 'hang-after-effect':
      return { ...NO_FAULT, name: kind, delivery: 'hang' };
    case 'graphql-error':
      return { ...NO_FAULT, name: kind, effect: false, reply: graphqlError };
    case 'rate-limit':
      return { ...NO_FAULT, name: kind, effect: false, reply: primaryLimit };
    case 'secondary-rate-limit':
      return { ...NO_FAULT, name: kind, effect: false, reply: secondaryLimit };
    case 'stale':
      return { ...NO_FAULT, name: kind, snapshot: stale() };
  }
}

const WENT_WRONG = 'Something went wrong while executing your query. Please include `SANDBOX` when reporting this issue.';

function graphqlError(): Reply {
  return { status: 200, body: { data: null, errors: [{ message: WENT_WRONG }] } };
}

function withoutPart(answer: Reply, { missingPart, message = WENT_WRONG, type }: GraphqlPartFault): Reply {
  const body = structuredClone(answer.body) as { data: unknown; errors?: unknown[] };
  const last = missingPart.at(-1);
  const holder = missingPart.slice(0, -1).reduce<unknown>((at, key) => (isHolder(at) ? Reflect.get(at, key) : null), body.data);
  if (last === undefined || !isHolder(holder)) throw new Error(`sandbox: the answer has no part ${missingPart.join('.')}`);
  Reflect.set(holder, last, null);
  body.errors = [...(body.errors ?? []), { message, path: missingPart, ...(type === undefined ? {} : { type }) }];
  return { ...answer, body };
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The primary limit, used up; it comes back at the next full hour. */
export function primaryLimit(now: number): Reply {
  const reset = Math.ceil((now + 1) / 3_600_000) * 3600;
  return {
    status: 403,
    body: {
      message: 'API rate limit exceeded for installation ID 1.',
      documentation_url: 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api',
      status: '403',
    },
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
  };
}

function secondaryLimit(): Reply {
  return {
    status: 403,
    body: {
      message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      documentation_url: 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits',
      status: '403',
    },
    headers: { 'retry-after': '1' },
  };
}

/** Several faults on one request: latencies add up, of the rest the first counts. */
export function combined(faults: readonly PlannedFault[]): PlannedFault {
  const main = faults.find((fault) => fault.latencyMs === 0) ?? faults[0] ?? NO_FAULT;
  return { ...main, latencyMs: faults.reduce((total, fault) => total + fault.latencyMs, 0) };
}
