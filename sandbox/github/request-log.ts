import type { LoggedRequest, Match, RequestLog } from './api.ts';

/** Keeps what was asked, in order. */
export class Requests implements RequestLog {
  #all: LoggedRequest[] = [];
  #sequence = 0;
  readonly listeners: ((line: string) => void)[] = [];

  get all(): readonly LoggedRequest[] {
    return this.#all;
  }

  get count(): number {
    return this.#all.length;
  }

  lines(): string[] {
    return this.#all.map(lineOf);
  }

  reset(): void {
    this.#all = [];
  }

  add(request: Omit<LoggedRequest, 'sequence' | 'status' | 'fault' | 'milliseconds'>): LoggedRequest {
    this.#sequence += 1;
    const logged = { ...request, sequence: this.#sequence, status: 0, fault: null, milliseconds: 0 };
    this.#all.push(logged);
    return logged;
  }

  /** The request was answered. */
  finish(request: LoggedRequest): void {
    for (const listener of this.listeners) listener(lineOf(request));
  }
}

function lineOf(request: LoggedRequest): string {
  const what = request.operationName === null ? '' : ` (${request.operationName})`;
  const fault = request.fault === null ? '' : ` [${request.fault}]`;
  return `${request.method} ${request.path}${request.query}${what} ${request.status}${fault}`;
}

/** Counts the requests that a pattern fits, so that `nth` can be told. */
export function createMatcher(match: Match): (request: LoggedRequest) => boolean {
  if (typeof match === 'function') return match;
  let seen = 0;
  return (request) => {
    const fits =
      (match.method === undefined || match.method === request.method) &&
      (match.path === undefined || match.path.test(request.path)) &&
      (match.operation === undefined || match.operation === request.operation) &&
      (match.operationName === undefined || match.operationName === request.operationName);
    if (!fits) return false;
    seen += 1;
    return match.nth === undefined || match.nth === seen;
  };
}
