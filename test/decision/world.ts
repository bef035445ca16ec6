import type { Live } from '../../src/decision/decision.ts';
import type {
  Candidate,
  DeploymentRecord,
  EnvironmentEvidence,
  Evidence,
  Hold,
  Protection,
  Read,
  RehearsalResult,
  Relation,
  Review,
  Reviewer,
  Veto,
} from '../../src/decision/evidence.ts';
import type { Acceptance, Environment, Freeze, Gate, Pipeline, Rehearsal, Role, Route, Stage } from '../../src/pipeline/model.ts';
import { DEFAULT_REHEARSAL } from '../../src/pipeline/roles.ts';
import { DIGEST, OTHER_DIGEST } from '../digests.ts';

/** Worlds to decide in: a pipeline, evidence and a moment, where everything not mentioned is in order. */

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** Tuesday, 10 November 2026, 10:00 UTC. */
export const NOW = Date.UTC(2026, 10, 10, 10, 0);
export const SHA = 'c0ffee1234567890abcdef1234567890abcdef12';
export const OTHER = '0ddba11234567890abcdef1234567890abcdef12';

const ROLE_OF: Readonly<Record<string, Role>> = { dev: 'development', uat: 'uat', staging: 'staging', production: 'production' };

export function environment(name: string, rules: Partial<Environment> = {}): Environment {
  return {
    name,
    role: ROLE_OF[name] ?? 'qa',
    data: 'none',
    owner: null,
    url: null,
    accepts: ['new', 'accepted', 'current'],
    gate: null,
    acceptance: null,
    rehearsal: null,
    soak: [],
    windows: [],
    downgrade: 'refuse',
    divergence: 'refuse',
    migrate: null,
    deploy: null,
    verify: null,
    ...rules,
  };
}

export function gate(rules: Partial<Gate> = {}): Gate {
  return { approvals: 1, by: [], exclude: [], evidence: 'seen', ...rules };
}

export function acceptance(name: string, rules: Partial<Acceptance> = {}): Acceptance {
  return { environment: `${name}-acceptance`, ...gate(), ...rules };
}

export function rehearsal(rules: Partial<Rehearsal> = {}): Rehearsal {
  return { ...DEFAULT_REHEARSAL, database: 'postgres', maxAge: 7 * DAY, migrate: 'migrate', ...rules };
}

export const OFFICE_HOURS = {
  days: [1, 2, 3, 4],
  opens: 540,
  closes: 960,
  zone: 'Europe/Berlin',
  text: 'mon-thu 09:00-16:00 Europe/Berlin',
} as const;

export function freeze(from: number, until: number, environments: readonly string[] = []): Freeze {
  return { environments, from, until, reason: 'year-end', text: 'a span of time Europe/Berlin' };
}

export const FOUR: readonly Stage[] = [['dev'], ['uat'], ['staging'], ['production']];

export interface PipelineOptions {
  readonly path?: readonly Stage[];
  /** By environment; those of the path exist anyway. */
  readonly rules?: Readonly<Record<string, Partial<Environment>>>;
  readonly freezes?: readonly Freeze[];
  readonly changed?: Partial<Pipeline>;
  readonly route?: Partial<Route>;
}

export function pipelineOf({ path = FOUR, rules = {}, freezes = [], changed = {}, route = {} }: PipelineOptions): Pipeline {
  const names = new Set([...path.flat(), ...Object.keys(rules)]);
  const environments = new Map([...names].map((name) => [name, environment(name, rules[name])]));
  const mainline: Route = { name: 'mainline', branches: ['main'], tags: ['v*'], path, environments, relaxations: [], ...route };
  return {
    version: 1,
    source: 'file',
    path: '.github/promote.yml',
    hash: 'f00d',
    build: null,
    environments,
    routes: [mainline],
    freezes,
    pipelines: [],
    ...changed,
  };
}

export function read<T>(value: T): Read<T> {
  return { read: true, value };
}

export const UNREAD = { read: false, why: 'the answer was cut off' } as const;

let lastId = 100;

/** A promotion of the candidate that succeeded an hour ago. Ids count up from call to call. */
export function record(name: string, changed: Partial<DeploymentRecord> = {}): DeploymentRecord {
  lastId += 1;
  const createdAt = changed.createdAt ?? NOW - HOUR;
  const outcome = changed.outcome ?? 'success';
  const finishedAt = outcome === 'open' || outcome === 'withdrawn' ? null : createdAt;
  return {
    id: lastId,
    kind: 'promotion',
    environment: name,
    sha: SHA,
    ref: 'main',
    version: 'v2.0.0',
    digest: DIGEST,
    createdAt,
    creator: 'octocat',
    outcome,
    finishedAt,
    failedAt: outcome === 'failure' ? finishedAt : null,
    verified: true,
    run: null,
    approvedBy: [],
    policyHash: null,
    route: null,
    rehearsal: null,
    ...changed,
  };
}

/** The same of another version, two hours ago. */
export function other(name: string, changed: Partial<DeploymentRecord> = {}): DeploymentRecord {
  return record(name, { sha: OTHER, version: 'v1.9.0', digest: OTHER_DIGEST, createdAt: NOW - 2 * HOUR, ...changed });
}

export function accepted(name: string, changed: Partial<DeploymentRecord> = {}): DeploymentRecord {
  return record(name, { kind: 'acceptance', approvedBy: ['mona'], ...changed });
}

export function rehearsed(name: string, result: Partial<RehearsalResult> = {}, changed: Partial<DeploymentRecord> = {}): DeploymentRecord {
  const told = { verdict: 'pass', migrations: 'm1', snapshot: 's1', snapshotTakenAt: NOW - DAY, ...result } as const;
  return record(name, { kind: 'rehearsal', rehearsal: told, ...changed });
}

export function user(name: string): Reviewer {
  return { kind: 'user', name };
}

export function team(name: string): Reviewer {
  return { kind: 'team', name };
}

export function protection(reviewers: readonly Reviewer[], changed: Partial<Protection> = {}): Protection {
  return { reviewers, unnamed: 0, preventSelfReview: false, waitTimer: 0, ...changed };
}

export function approved(login: string, ...environments: readonly string[]): Review {
  return { state: 'approved', user: login, comment: '', environments };
}

export function hold(environments: readonly string[], changed: Partial<Hold> = {}): Hold {
  return {
    environments,
    by: 'mona',
    since: NOW - HOUR,
    reason: 'database upgrade',
    url: 'https://github.com/octo-org/shop/issues/7',
    ...changed,
  };
}

export function veto(candidates: readonly string[], changed: Partial<Veto> = {}): Veto {
  return {
    candidates,
    by: 'mona',
    since: NOW - HOUR,
    reason: 'corrupts invoices',
    url: 'https://github.com/octo-org/shop/issues/8',
    ...changed,
  };
}

export interface WorldOptions extends PipelineOptions {
  readonly now?: number;
  readonly candidate?: Partial<Candidate>;
  readonly records?: Readonly<Record<string, readonly DeploymentRecord[] | typeof UNREAD>>;
  readonly protection?: Readonly<Record<string, Protection | null | typeof UNREAD>>;
  readonly acceptanceProtection?: Readonly<Record<string, Protection | null | typeof UNREAD>>;
  /** Who wrote what enters beside the candidate's own commit. */
  readonly authors?: Readonly<Record<string, readonly string[] | typeof UNREAD>>;
  /** Identity of the migrations that the environment's rehearsal names. */
  readonly migrations?: Readonly<Record<string, string | typeof UNREAD>>;
  readonly reviews?: readonly Review[] | typeof UNREAD;
  readonly attempt?: number;
  /** The environment that GitHub is proven to have held the job for. */
  readonly held?: string | null;
  readonly relations?: Readonly<Record<string, Relation>>;
  readonly evidence?: Partial<Evidence>;
}

export interface World {
  readonly pipeline: Pipeline;
  readonly evidence: Evidence;
  readonly now: number;
}

/** Stages before this one, all passed, so that a case is about the environment it names. */
export function passedBefore(name: string, path: readonly Stage[] = FOUR): Record<string, readonly DeploymentRecord[]> {
  const before = path.slice(
    0,
    path.findIndex((stage) => stage.includes(name)),
  );
  return Object.fromEntries(before.flat().map((one) => [one, [record(one)]]));
}

export function world(options: WorldOptions = {}): World {
  const pipeline = pipelineOf(options);
  const environments = new Map([...pipeline.environments.keys()].map((name) => [name, environmentEvidence(name, options)]));
  const evidence: Evidence = {
    moment: 'plan',
    intent: 'promote',
    candidate: {
      sha: SHA,
      ref: 'refs/heads/main',
      version: 'v2.0.0',
      artifact: { kind: 'digest', digest: DIGEST },
      initiator: 'octocat',
      initiators: [options.candidate?.initiator ?? 'octocat'],
      authors: read(['hubot']),
      fork: false,
      refState: read('holds'),
      ...options.candidate,
    },
    run: {
      id: 1,
      attempt: options.attempt ?? 1,
      reviews: readOr(options.reviews, []),
      ...(options.held == null ? {} : { held: read(options.held) }),
    },
    ownRecord: null,
    policy: { candidateCopy: read('same') },
    environments,
    relations: new Map(Object.entries({ [OTHER]: 'contains', ...options.relations })),
    holds: read([]),
    vetoes: read([]),
    migrations: null,
    ...options.evidence,
  };
  return { pipeline, evidence, now: options.now ?? NOW };
}

function environmentEvidence(name: string, options: WorldOptions): EnvironmentEvidence {
  return {
    protection: readOr(options.protection?.[name], null),
    acceptanceProtection: readOr(options.acceptanceProtection?.[name], null),
    authors: readOr(options.authors?.[name], []),
    records: readOr(options.records?.[name], []),
    ...(options.migrations?.[name] === undefined ? {} : { migrations: readOr(options.migrations[name], '') }),
  };
}

function readOr<T>(given: T | typeof UNREAD | undefined, otherwise: T): Read<T> {
  if (given === undefined) return read(otherwise);
  return isUnread(given) ? given : read(given);
}

function isUnread(given: unknown): given is typeof UNREAD {
  return given === UNREAD;
}

/** What is live according to a record. */
export function liveOf(from: DeploymentRecord): Live {
  return { sha: from.sha, version: from.version, digest: from.digest, since: from.finishedAt ?? from.createdAt, record: from.id };
}
