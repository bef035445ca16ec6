/** What every endpoint is given. */
import type { Clock, RunnerHooks } from './api.ts';
import type { GitRepository } from './git-repository.ts';
import type { QueryValues } from './openapi.ts';
import type { State } from './state.ts';
import type { Switches } from './switches.ts';
import type { Identity } from './tokens.ts';

/** The repository that a sandbox serves, and where. */
export interface Place {
  readonly owner: string;
  readonly name: string;
  /** `owner/name`. */
  readonly fullName: string;
  readonly defaultBranch: string;
  /** Base of web addresses, without a slash at the end. */
  readonly webUrl: string;
  /** Base of API addresses. */
  readonly apiUrl: string;
  readonly git: GitRepository;
  readonly clock: Clock;
  readonly payloadEncoding: 'once' | 'twice';
  readonly rateLimit: number;
  readonly switches: Switches;
  /** See `SandboxOptions`. */
  readonly mostNodes: number;
  readonly tooCostly: 'in part' | 502;
}

export interface Context {
  readonly place: Place;
  /** Live, or an earlier moment when a stale read was asked for. */
  readonly state: State;
  /** Refs of the earlier moment; `undefined`: as they are. */
  readonly refs: ReadonlyMap<string, string> | undefined;
  readonly identity: Identity;
  /** What runs workflows; `null` when nothing does. */
  readonly runner: RunnerHooks | null;
}

export interface RestContext extends Context {
  readonly path: Readonly<Record<string, string>>;
  readonly query: QueryValues;
  readonly body: unknown;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that says no, in GitHub's own shape. */
export class Refusal extends Error {
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }

  get reply(): Reply {
    return {
      status: this.status,
      body: { message: this.message, ...this.details, documentation_url: 'https://docs.github.com/rest', status: String(this.status) },
    };
  }
}

export function notFound(): Refusal {
  return new Refusal(404, 'Not Found');
}

/** `422`, one error a field. */
export function invalid(resource: string, field: string, message: string): Refusal {
  return new Refusal(422, 'Validation Failed', { errors: [{ resource, field, code: 'custom', message }] });
}

/** The request is right and GitHub would answer it; the sandbox cannot. */
export class NotServed extends Error {}

/** A request or an answer is not what GitHub describes. */
export class Violation extends Error {}
