import fc from 'fast-check';
import type { Artifact, DeploymentRecord, EnvironmentEvidence, Evidence, Protection, Read, Relation } from '../../src/decision/evidence.ts';
import type { Environment, Gate, Pipeline, VersionPolicy } from '../../src/pipeline/model.ts';
import { DIGEST, OTHER_DIGEST } from '../digests.ts';
import { acceptance, environment, HOUR, NOW, rehearsal, SHA, UNREAD, type World } from './world.ts';

/** Random pipelines with random histories, clocks and evidence; mostly sensible, so that doors do open. */

const rarely = <T>(value: T, otherwise: T, weight = 12) =>
  fc.oneof({ weight, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary: fc.constant(value) });
const mostly = <T>(value: T, arbitrary: fc.Arbitrary<T>, weight = 4): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(value) }, { weight: 1, arbitrary });
const LOGINS = ['octocat', 'hubot', 'mona', 'ana', 'Mona'] as const;
const login = fc.constantFrom(...LOGINS);
const TEAMS = ['octo-org/release', 'octo-org/qa'] as const;

/** Other versions, and how the candidate stands to each. */
const VERSIONS = ['1', '2', '3', '4', '5'].map((digit) => digit.repeat(40));
const RELATIONS: readonly (Relation | undefined)[] = ['contains', 'contains', 'contained', 'diverged', undefined];

const gateRules: fc.Arbitrary<Gate> = fc.record({
  approvals: fc.constantFrom(1, 1, 2),
  by: fc.constantFrom([], [], ['octo-org/release'], ['mona', 'ana'], ['octo-org/release', 'mona', 'ana']),
  exclude: fc.constantFrom([], [], ['initiator'] as const, ['author'] as const, ['initiator', 'author'] as const),
  evidence: mostly<'seen' | 'enforced'>('seen', fc.constant('enforced')),
});
const POLICIES: readonly (readonly VersionPolicy[])[] = [['accepted'], ['accepted', 'current'], ['new'], ['current']];
const office = { days: [1, 2, 3, 4, 5], opens: 480, closes: 1080, zone: 'UTC', text: 'mon-fri 08:00-18:00 UTC' } as const;
const night = { days: [2, 6], opens: 1320, closes: 240, zone: 'UTC', text: 'tue,sat 22:00-04:00 UTC' } as const;

const environmentRules = fc.record({
  gate: fc.option(gateRules, { freq: 2 }),
  accepting: fc.option(gateRules, { freq: 3 }),
  rehearsing: fc.option(fc.constantFrom(null, 24 * HOUR, 240 * HOUR), { nil: undefined, freq: 2 }),
  migrations: fc.constantFrom<readonly string[]>([], ['db/migrations']),
  verify: fc.boolean(),
  soak: fc.option(fc.tuple(fc.nat(3), fc.constantFrom(HOUR, 6 * HOUR, 30 * HOUR)), { freq: 2 }),
  windows: mostly<Environment['windows']>([], fc.constantFrom([office], [night], [office, night])),
  accepts: mostly<readonly VersionPolicy[]>(['new', 'accepted', 'current'], fc.constantFrom(...POLICIES), 6),
  downgrade: rarely<'refuse' | 'allow'>('allow', 'refuse', 5),
  divergence: rarely<'refuse' | 'allow'>('allow', 'refuse', 5),
});
type Rules = typeof environmentRules extends fc.Arbitrary<infer R> ? R : never;

const NAMES = ['dev', 'uat', 'qa', 'staging', 'production'] as const;
const PATHS: readonly (readonly (readonly string[])[])[] = [
  [['dev'], ['uat'], ['staging'], ['production']],
  [['dev'], ['uat', 'qa'], ['staging'], ['production']],
  [['staging'], ['uat', 'production']],
  [['staging'], ['production']],
];

function ruled(name: string, rules: Rules, before: readonly string[]): Environment {
  const [position, duration] = rules.soak ?? [0, 0];
  const where = before[position % Math.max(1, before.length)];
  return environment(name, {
    gate: rules.gate,
    acceptance: rules.accepting === null || name === 'production' ? null : acceptance(name, rules.accepting),
    rehearsal: rules.rehearsing === undefined ? null : rehearsal({ maxAge: rules.rehearsing, migrations: rules.migrations }),
    verify: rules.verify ? { run: 'npm run smoke' } : null,
    soak: rules.soak === null || where === undefined ? [] : [{ environment: where, duration }],
    windows: rules.windows,
    accepts: rules.accepts,
    downgrade: rules.downgrade,
    divergence: rules.divergence,
  });
}

const pipelines: fc.Arbitrary<Pipeline> = fc
  .record({
    path: fc.constantFrom(...PATHS),
    rules: fc.tuple(environmentRules, environmentRules, environmentRules, environmentRules, environmentRules),
    freezes: mostly<Pipeline['freezes']>(
      [],
      fc.array(
        fc.record({
          environments: fc.constantFrom([], ['production'], ['UAT', 'staging']),
          from: fc.integer({ min: -40, max: 40 }).map((hours) => NOW + hours * HOUR),
          until: fc.integer({ min: 1, max: 80 }).map((hours) => NOW + hours * HOUR),
          reason: fc.constant('year-end'),
          text: fc.constant('a while'),
        }),
        { maxLength: 3 },
      ),
    ),
  })
  .map(({ path, rules, freezes }) => {
    const environments = new Map(
      NAMES.map((name, index) => {
        const before = path
          .slice(
            0,
            Math.max(
              0,
              path.findIndex((stage) => stage.includes(name)),
            ),
          )
          .flat();
        return [name, ruled(name, rules[index] as Rules, before)] as const;
      }),
    );
    const route = { name: 'mainline', branches: ['main'], tags: [], path, environments, relaxations: [] };
    return {
      version: 1,
      source: 'file',
      path: '.github/promote.yml',
      hash: 'f00d',
      build: null,
      environments,
      routes: [route],
      freezes,
      pipelines: [],
    };
  });

/** What happened once in an environment; `who` counts the candidate, a second build of it, and other versions. */
const happening = fc.record({
  kind: fc.constantFrom('promotion', 'promotion', 'promotion', 'rollback', 'foreign', 'acceptance', 'rehearsal') as fc.Arbitrary<
    DeploymentRecord['kind']
  >,
  who: fc.constantFrom(0, 0, 1, 2, 2, 3, 4, 5, 6),
  outcome: fc.constantFrom('success', 'success', 'success', 'failure', 'open', 'withdrawn') as fc.Arbitrary<DeploymentRecord['outcome']>,
  hours: fc.integer({ min: -72, max: 2 }),
  failedLater: rarely(true, false),
  verified: mostly(true, fc.boolean()),
  approvedBy: fc.array(login, { maxLength: 2 }),
  run: fc.constantFrom(null, { id: 1, attempt: 1 }, { id: 9, attempt: 1 }),
  verdict: fc.constantFrom('pass', 'pass', 'warn', 'fail') as fc.Arbitrary<'pass' | 'warn' | 'fail'>,
  migrations: fc.constantFrom('m1', 'm1', 'm2'),
  shout: rarely(true, false),
});
type Happening = typeof happening extends fc.Arbitrary<infer R> ? R : never;

function digestOf({ kind, who }: Happening, sha: string, digest: string): string | null {
  if (kind === 'foreign') return null;
  if (who === 0) return digest;
  return who === 1 ? OTHER_DIGEST : `sha256:${sha}`;
}

/** When a record failed; a success may be marked as failed an hour later. */
function failedAt({ outcome, failedLater }: Happening, at: number): number | null {
  if (outcome === 'failure') return at;
  return outcome === 'success' && failedLater ? at + HOUR : null;
}

function recordOf(name: string, id: number, one: Happening, digest: string): DeploymentRecord {
  const at = NOW + one.hours * HOUR;
  const sha = VERSIONS[one.who - 2] ?? SHA;
  return {
    id,
    kind: one.kind,
    environment: one.shout ? name.toUpperCase() : name,
    sha,
    ref: 'main',
    version: `v${one.who}`,
    digest: digestOf(one, sha, digest),
    createdAt: at - 60_000,
    creator: 'octocat',
    outcome: one.outcome,
    finishedAt: one.outcome === 'success' || one.outcome === 'failure' ? at : null,
    failedAt: failedAt(one, at),
    verified: one.verified,
    run: one.run,
    approvedBy: one.approvedBy,
    policyHash: null,
    route: null,
    rehearsal:
      one.kind === 'rehearsal'
        ? { verdict: one.verdict, migrations: one.migrations, snapshot: 's1', snapshotTakenAt: at - 5 * HOUR }
        : null,
  };
}

const SMOOTH: Happening = {
  kind: 'promotion',
  who: 0,
  outcome: 'success',
  hours: -8,
  failedLater: false,
  verified: true,
  approvedBy: ['mona', 'ana'],
  run: null,
  verdict: 'pass',
  migrations: 'm1',
  shout: false,
};

/** As it goes when nothing goes wrong: something older is there, then the candidate comes, is accepted and rehearsed. */
const smooth: readonly Happening[] = [
  { ...SMOOTH, who: 2, hours: -50 },
  SMOOTH,
  { ...SMOOTH, kind: 'acceptance', hours: -7 },
  { ...SMOOTH, kind: 'rehearsal', hours: -7 },
];

const history: fc.Arbitrary<readonly Happening[]> = fc.oneof(
  { weight: 18, arbitrary: fc.constant(smooth) },
  { weight: 2, arbitrary: fc.tuple(happening).map((more) => [...smooth, ...more]) },
  { weight: 3, arbitrary: fc.array(happening, { maxLength: 7 }) },
);
/** Production has usually not seen the candidate. */
const lastHistory: fc.Arbitrary<readonly Happening[]> = fc.oneof(
  { weight: 5, arbitrary: fc.constant(smooth.slice(0, 1)) },
  { weight: 3, arbitrary: fc.array(happening, { maxLength: 5 }) },
);

const unreadOr = <T>(arbitrary: fc.Arbitrary<T>, weight = 40): fc.Arbitrary<Read<T>> =>
  fc.oneof(
    { weight, arbitrary: arbitrary.map((value) => ({ read: true as const, value })) },
    { weight: 1, arbitrary: fc.constant(UNREAD as Read<T>) },
  );

const reviewer = fc.oneof(
  login.map((name) => ({ kind: 'user' as const, name })),
  fc.constantFrom(...TEAMS).map((name) => ({ kind: 'team' as const, name })),
);
const protections: fc.Arbitrary<Protection | null> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      reviewers: fc.oneof(
        { weight: 3, arbitrary: fc.constant([{ kind: 'team' as const, name: 'Octo-Org/release' }]) },
        { weight: 2, arbitrary: fc.array(reviewer, { minLength: 1, maxLength: 4 }) },
        { weight: 1, arbitrary: fc.array(reviewer, { maxLength: 1 }) },
      ),
      unnamed: mostly(0, fc.integer({ min: 0, max: 2 })),
      preventSelfReview: fc.boolean(),
      waitTimer: fc.constant(0),
    }),
  },
  { weight: 1, arbitrary: fc.constant(null) },
);

const reviews = fc.array(
  fc.record({
    state: mostly<'approved' | 'rejected'>('approved', fc.constant('rejected')),
    user: login,
    comment: fc.constant(''),
    environments: fc.constantFrom(['production', 'uat', 'staging', 'dev', 'qa'], ['PRODUCTION'], ['uat', 'dev']),
  }),
  { maxLength: 5 },
);

const people = {
  by: login,
  since: fc.constant(NOW),
  reason: fc.constant('a reason'),
};
const urls = fc.nat(99).map((number) => `https://github.com/octo-org/shop/issues/${number}`);
const hold = fc.record({ ...people, url: urls, environments: fc.constantFrom(['production'], ['UAT'], ['dev', 'qa'], [], ['prodution']) });
const named = fc.record({
  ...people,
  url: urls,
  candidates: fc.constantFrom([SHA.slice(0, 9)], ['V1'], [OTHER_DIGEST], [], ['v0'], ['1111111']),
});
const veto = fc.oneof(
  { weight: 3, arbitrary: named },
  { weight: 1, arbitrary: named.map((one) => ({ ...one, unclear: 'please do not' })) },
);

const artifacts: fc.Arbitrary<Artifact> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Artifact>({ kind: 'digest', digest: DIGEST }) },
  { weight: 3, arbitrary: fc.constant<Artifact>({ kind: 'digest', digest: `git:${SHA}` }) },
  { weight: 1, arbitrary: fc.constantFrom<Artifact>({ kind: 'to-be-built' }, { kind: 'unknown', why: 'two records disagree' }) },
);

const evidenceParts = fc.record({
  moment: fc.constantFrom<Evidence['moment']>('plan', 'door'),
  intent: mostly<Evidence['intent']>('promote', fc.constant('rollback'), 6),
  artifact: artifacts,
  initiator: login,
  earlier: rarely<readonly string[]>(['hubot'], [], 6),
  authors: unreadOr(fc.array(login, { maxLength: 2 })),
  fork: rarely(true, false, 40),
  refState: unreadOr(rarely<'holds' | 'moved' | 'gone'>('gone', 'holds', 30)),
  attempt: fc.constantFrom(1, 1, 1, 2),
  reviews: unreadOr(reviews),
  held: unreadOr(fc.constantFrom(...NAMES)),
  own: rarely(true, false, 5),
  holds: unreadOr(mostly<Evidence['holds'] extends Read<infer H> ? H : never>([], fc.array(hold, { maxLength: 2 }), 6)),
  vetoes: unreadOr(mostly<Evidence['vetoes'] extends Read<infer V> ? V : never>([], fc.array(veto, { maxLength: 2 }), 6)),
  migrations: fc.constantFrom(null, null, 'm1', 'm1'),
});

const places = fc.tuple(
  ...NAMES.map((name) =>
    fc.record({
      history: name === 'production' ? lastHistory : history,
      protection: unreadOr(protections),
      authors: unreadOr(fc.array(login, { maxLength: 1 })),
      unread: rarely(true, false, 40),
      migrations: mostly<Read<string> | null>(
        { read: true, value: 'm1' },
        fc.constantFrom<Read<string> | null>({ read: true, value: 'm2' }, UNREAD, null),
      ),
    }),
  ),
);

/** A world to decide in. Ids are unique and in the order of what happened; times are not. */
export const worlds: fc.Arbitrary<World> = fc
  .record({
    pipeline: pipelines,
    parts: evidenceParts,
    places,
    now: mostly(
      NOW,
      fc.integer({ min: -30, max: 200 }).map((hours) => NOW + hours * HOUR),
      2,
    ),
  })
  .map(({ pipeline, parts, places: at, now }) => {
    const digest = parts.artifact.kind === 'digest' ? parts.artifact.digest : DIGEST;
    const environments = new Map<string, EnvironmentEvidence>();
    for (const [index, name] of NAMES.entries()) {
      const place = at[index];
      if (place === undefined) continue;
      const records = place.history.map((one, order) => recordOf(name, index * 100 + order + 1, one, digest));
      environments.set(name, {
        protection: place.protection,
        acceptanceProtection: place.protection,
        authors: place.authors,
        records: place.unread ? UNREAD : { read: true, value: records },
        ...(place.migrations === null ? {} : { migrations: place.migrations }),
      });
    }
    const production = environments.get('production')?.records;
    const open = production?.read === true ? production.value.find(({ outcome }) => outcome === 'open') : undefined;
    const relations = new Map<string, Relation>();
    for (const [index, sha] of VERSIONS.entries()) {
      const relation = RELATIONS[index];
      if (relation !== undefined) relations.set(sha, relation);
    }
    const evidence: Evidence = {
      moment: parts.moment,
      intent: parts.intent,
      candidate: {
        sha: SHA,
        ref: 'refs/heads/main',
        version: 'v1',
        artifact: parts.artifact,
        initiator: parts.initiator,
        initiators: [...new Set([parts.initiator, ...parts.earlier])],
        authors: parts.authors,
        fork: parts.fork,
        refState: parts.refState,
      },
      run: { id: 1, attempt: parts.attempt, reviews: parts.reviews, held: parts.held },
      ownRecord: parts.own ? (open?.id ?? null) : null,
      policy: { candidateCopy: { read: true, value: 'same' } },
      environments,
      relations,
      holds: parts.holds,
      vetoes: parts.vetoes,
      migrations: parts.migrations,
    };
    return { pipeline, evidence, now };
  });
