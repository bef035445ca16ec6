import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/decision/decide.ts';
import type { Decision, EnvironmentDecision, Verdict } from '../../src/decision/decision.ts';
import type { DeploymentRecord, EnvironmentEvidence, Evidence } from '../../src/decision/evidence.ts';
import { isEnterable, missingSupplies, replay } from '../../src/decision/explain.ts';
import { parseDecision } from '../../src/decision/parse.ts';
import { serializeDecision } from '../../src/decision/serialize.ts';
import { worlds } from './histories.ts';
import { Oracle } from './oracle.ts';
import { HOUR, SHA, UNREAD, type World } from './world.ts';

const RUNS = { numRuns: 3000 };

const decideIn = ({ pipeline, evidence, now }: World): Decision => decide(pipeline, evidence, now);
const isOpen = (verdict: Verdict): boolean => verdict === 'deploy' || verdict === 'ask';
const rank = (verdict: Verdict): number => (verdict === 'deploy' ? 2 : verdict === 'ask' ? 1 : 0);
const inside = (decision: Decision, name: string): EnvironmentDecision | undefined =>
  decision.environments.find((one) => one.name === name);
const withEvidence = (world: World, changed: Partial<Evidence>): World => ({ ...world, evidence: { ...world.evidence, ...changed } });

function withEnvironment(world: World, name: string, changed: Partial<EnvironmentEvidence>): World {
  const present = world.evidence.environments.get(name);
  if (present === undefined) return world;
  return withEvidence(world, { environments: new Map(world.evidence.environments).set(name, { ...present, ...changed }) });
}

function mapRecords(world: World, change: (records: readonly DeploymentRecord[]) => readonly DeploymentRecord[]): World {
  const environments = new Map(
    [...world.evidence.environments].map(([name, one]) => [
      name,
      one.records.read ? { ...one, records: { read: true as const, value: change(one.records.value) } } : one,
    ]),
  );
  return withEvidence(world, { environments });
}

/** `expect` is too slow to be asked a million times. */
function demand(holds: boolean, otherwise: () => string): void {
  if (!holds) throw new Error(otherwise());
}

const rankIn = (decision: Decision, name: string): number => rank(inside(decision, name)?.verdict ?? 'blocked');

/** Every way to know one thing less. */
function withLess(world: World): readonly World[] {
  const { evidence } = world;
  const { candidate, run, environments, relations } = evidence;
  const fewer = [
    withEvidence(world, { candidate: { ...candidate, authors: UNREAD } }),
    withEvidence(world, { candidate: { ...candidate, refState: UNREAD } }),
    withEvidence(world, { run: { ...run, reviews: UNREAD } }),
    withEvidence(world, { holds: UNREAD }),
    withEvidence(world, { vetoes: UNREAD }),
    withEvidence(world, { policy: { candidateCopy: UNREAD } }),
  ];
  for (const name of environments.keys()) {
    const without = new Map(environments);
    without.delete(name);
    fewer.push(withEvidence(world, { environments: without }));
    fewer.push(withEnvironment(world, name, { records: UNREAD }));
    fewer.push(withEnvironment(world, name, { protection: UNREAD }));
    fewer.push(withEnvironment(world, name, { acceptanceProtection: UNREAD }));
  }
  for (const sha of relations.keys()) {
    const without = new Map(relations);
    without.delete(sha);
    fewer.push(withEvidence(world, { relations: without }));
  }
  return fewer;
}

/** No door is further open after than before. */
function expectNoWider(before: Decision, after: Decision, except: string | null = null): void {
  for (const { name, verdict } of after.environments) {
    if (name !== except)
      demand(rank(verdict) <= rankIn(before, name), () => `${name} was ${inside(before, name)?.verdict} and is ${verdict}`);
  }
}

const isNarrower = (before: Decision, after: Decision): boolean =>
  after.environments.some(({ name, verdict }) => rank(verdict) < rankIn(before, name));

/** Records that prove the candidate's artifact good, each with its environment. */
function speakingRecords({ evidence }: World): readonly (readonly [string, DeploymentRecord])[] {
  const { artifact } = evidence.candidate;
  const digest = artifact.kind === 'digest' ? artifact.digest : 'nothing was built';
  const speaks = (one: DeploymentRecord): boolean =>
    one.digest === digest &&
    one.sha === SHA &&
    one.outcome === 'success' &&
    one.failedAt === null &&
    one.verified &&
    one.rehearsal?.verdict !== 'fail';
  return [...evidence.environments].flatMap(([name, { records }]) =>
    records.read ? records.value.filter(speaks).map((one) => [name, one] as const) : [],
  );
}

/** There are records of the same digest in the environment: a deployment, and whatever else the pipeline asks for there. */
function expectProven({ pipeline, evidence }: World, name: string): void {
  const { artifact } = evidence.candidate;
  expect(artifact.kind).toBe('digest');
  const records = evidence.environments.get(name)?.records;
  const same = records?.read === true ? records.value.filter((one) => artifact.kind === 'digest' && one.digest === artifact.digest) : [];
  const kinds = new Set(same.filter(({ outcome }) => outcome === 'success').map(({ kind }) => kind));
  expect(kinds.has('promotion') || kinds.has('rollback')).toBe(true);
  const rules = pipeline.environments.get(name);
  if (rules?.acceptance) expect(kinds).toContain('acceptance');
  if (rules?.rehearsal) expect(kinds).toContain('rehearsal');
}

const AGREEMENTS = 6000;

/** Every environment of the path with what the decision and the oracle say about its door, which must be the same. */
function doorsComparedIn(world: World): readonly { name: string; stage: number; door: 'deploy' | 'ask' | 'shut' }[] {
  const route = world.pipeline.routes[0];
  if (route === undefined) throw new Error('every pipeline has a route');
  const oracle = new Oracle(world.pipeline, world.evidence, world.now, route);
  return decideIn(world).environments.map(({ name, stage, verdict }) => {
    const door = verdict === 'deploy' || verdict === 'ask' ? verdict : 'shut';
    demand(door === oracle.door(name), () => `${name} is ${verdict}, and should be ${oracle.door(name)}`);
    return { name, stage, door };
  });
}

describe('the decision', () => {
  test('agrees with a second statement of itself, at every door', () => {
    const seen = { deploy: 0, ask: 0, shut: 0, production: 0, later: 0 };
    fc.assert(
      fc.property(worlds, (world) => {
        for (const { name, stage, door } of doorsComparedIn(world)) {
          seen[door] += 1;
          seen.production += name === 'production' && door !== 'shut' ? 1 : 0;
          seen.later += stage > 1 && door === 'deploy' ? 1 : 0;
        }
      }),
      { numRuns: AGREEMENTS },
    );
    // Otherwise the agreement would be about shut doors.
    expect(seen.production).toBeGreaterThan(AGREEMENTS / 30);
    expect(seen.deploy).toBeGreaterThan(AGREEMENTS / 10);
    expect(seen.ask).toBeGreaterThan(AGREEMENTS / 40);
    expect(seen.later).toBeGreaterThan(AGREEMENTS / 20);
  });

  test('production opens only when every earlier environment was passed by the same digest', () => {
    let opened = 0;
    fc.assert(
      fc.property(worlds, (world) => {
        const production = inside(decideIn(world), 'production');
        if (world.evidence.intent === 'rollback' || production === undefined || !isOpen(production.verdict)) return;
        opened += 1;
        const earlier = (world.pipeline.routes[0]?.path ?? []).slice(0, production.stage - 1).flat();
        expect(earlier.length).toBeGreaterThan(0);
        for (const name of earlier) expectProven(world, name);
      }),
      RUNS,
    );
    expect(opened).toBeGreaterThan(60);
  });

  test('missing evidence never opens a door', () => {
    let closed = 0;
    fc.assert(
      fc.property(worlds, (world) => {
        const before = decideIn(world);
        for (const less of withLess(world)) {
          const after = decideIn(less);
          expectNoWider(before, after);
          if (isNarrower(before, after)) closed += 1;
        }
      }),
      { numRuns: 1500 },
    );
    expect(closed).toBeGreaterThan(300);
  });

  test('a record that speaks for the candidate, taken away, opens no door but its own', () => {
    let taken = 0;
    fc.assert(
      fc.property(worlds, (world) => {
        // Only for a version that must be new, an acceptance or a deployment speaks against it.
        if ([...world.pipeline.environments.values()].some(({ accepts }) => accepts.includes('new') && accepts.length < 3)) return;
        const before = decideIn(world);
        for (const [name, one] of speakingRecords(world)) {
          taken += 1;
          const after = decideIn(mapRecords(world, (all) => all.filter((each) => each !== one)));
          const isDeployment = one.kind === 'promotion' || one.kind === 'rollback';
          // What was done there is to be done again: that is its own door.
          expectNoWider(before, after, isDeployment || inside(before, name)?.verdict === 'complete' ? name : null);
        }
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(1000);
  });

  test('adding an approval never closes a door', () => {
    let opened = 0;
    const approval = fc.record({
      state: fc.constant('approved' as const),
      user: fc.constantFrom('octocat', 'hubot', 'mona', 'ana', 'zoe'),
      comment: fc.constant(''),
      environments: fc.constantFrom(['production'], ['uat', 'staging'], ['Dev', 'production', 'qa', 'uat', 'staging']),
    });
    fc.assert(
      fc.property(worlds, approval, (world, more) => {
        const { run } = world.evidence;
        if (!run.reviews.read) return;
        const before = decideIn(world);
        const reviews = { read: true as const, value: [...run.reviews.value, more] };
        const after = decideIn(withEvidence(world, { run: { ...run, reviews } }));
        expectNoWider(after, before);
        if (isNarrower(after, before)) opened += 1;
      }),
      RUNS,
    );
    expect(opened).toBeGreaterThan(20);
  });

  test('the same evidence in any order gives the same decision, again and again', () => {
    fc.assert(
      fc.property(worlds, fc.infiniteStream(fc.nat()), (world, random) => {
        const decision = decideIn(world);
        const shuffled = mapRecords(world, (records) => {
          const keyed = records.map((one) => [random.next().value ?? 0, one] as const);
          return keyed.toSorted(([one], [other]) => one - other).map(([, record]) => record);
        });
        const reversed = withEvidence(shuffled, { environments: new Map([...shuffled.evidence.environments].reverse()) });
        const text = JSON.stringify(decision);
        demand(JSON.stringify(decideIn(world)) === text, () => 'deciding twice differs');
        demand(JSON.stringify(decideIn(reversed)) === text, () => `the order of records matters: ${text}`);
      }),
      { numRuns: 1000 },
    );
  });

  test('names count without regard to case', () => {
    const shout = (text: string): string => text.toUpperCase();
    fc.assert(
      fc.property(worlds, (world) => {
        const { run, candidate, holds } = world.evidence;
        const reviews = run.reviews.read
          ? {
              read: true as const,
              value: run.reviews.value.map((one) => ({ ...one, user: shout(one.user), environments: one.environments.map(shout) })),
            }
          : run.reviews;
        const loud = withEvidence(
          mapRecords(world, (records) =>
            records.map((one) => ({ ...one, environment: shout(one.environment), approvedBy: one.approvedBy.map(shout) })),
          ),
          {
            run: { ...run, reviews },
            candidate: { ...candidate, initiator: shout(candidate.initiator), initiators: candidate.initiators.map(shout) },
            holds: holds.read
              ? { read: true, value: holds.value.map((one) => ({ ...one, environments: one.environments.map(shout) })) }
              : holds,
          },
        );
        const essence = (decision: Decision) =>
          decision.environments.map(({ verdict, state, reasons }) => [verdict, state, reasons.map(({ code }) => code)]);
        expect(essence(decideIn(loud))).toEqual(essence(decideIn(world)));
      }),
      { numRuns: 1000 },
    );
  });

  test('a superseded candidate never deploys', () => {
    let superseded = 0;
    fc.assert(
      fc.property(worlds, (world) => {
        const { relations, intent } = world.evidence;
        for (const { name, live, verdict, state } of decideIn(world).environments) {
          const rules = world.pipeline.environments.get(name);
          if (intent === 'rollback' || rules?.downgrade === 'allow' || live === null || relations.get(live.sha) !== 'contained') continue;
          superseded += 1;
          demand(!isOpen(verdict), () => `${name} is ${verdict}`);
          if (state === 'next') demand(verdict === 'superseded', () => `${name} is ${verdict}`);
        }
      }),
      RUNS,
    );
    expect(superseded).toBeGreaterThan(35);
  });

  test('time alone opens the door at the instant that is named, and not before', () => {
    let waited = 0;
    fc.assert(
      fc.property(worlds, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (world, part) => {
        for (const { name, liftsAt, verdict } of decideIn(world).environments) {
          if (liftsAt === null) continue;
          waited += 1;
          expect(verdict).toBe('wait');
          expect(liftsAt).toBeGreaterThan(world.now);
          const then = inside(decideIn({ ...world, now: liftsAt }), name);
          expect([name, isOpen(then?.verdict ?? 'blocked')]).toEqual([name, true]);
          const before = world.now + Math.floor((liftsAt - world.now) * part);
          expect([name, inside(decideIn({ ...world, now: before }), name)?.verdict]).toEqual([name, 'wait']);
        }
      }),
      RUNS,
    );
    expect(waited).toBeGreaterThan(60);
  });

  test('the overall verdict is that of the best target, and only the first stage not passed is a target', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { targets, environments, verdict } = decideIn(world);
        const rest = environments.filter(({ state }) => state !== 'passed');
        if (world.evidence.intent === 'promote')
          expect(new Set(rest.filter(({ name }) => targets.includes(name)).map(({ stage }) => stage)).size).toBeLessThan(2);
        expect(verdict === 'complete').toBe(rest.length === 0);
        expect(Math.max(0, ...rest.filter(({ name }) => targets.includes(name)).map((one) => rank(one.verdict)))).toBe(rank(verdict));
        for (const one of environments) {
          demand(
            (one.reasons.length === 0) === (one.verdict === 'deploy' || one.verdict === 'complete'),
            () => `${one.name} is ${one.verdict}`,
          );
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('it comes back from JSON as it was', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(60_000, 3000, 10), (world, limit) => {
        const decision = decideIn(world);
        const { decision: back, shortened } = parseDecision(serializeDecision(decision, limit));
        if (shortened === 'none') expect(back).toEqual(decision);
        const essence = (one: Decision) =>
          one.environments.map(({ name, verdict, reasons }) => [name, verdict, reasons.map(({ code }) => code)]);
        expect([back.verdict, essence(back)]).toEqual([decision.verdict, essence(decision)]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the explanation', () => {
  test('is enough, and nothing in it is left out unpunished', () => {
    let explained = 0;
    let facts = 0;
    fc.assert(
      fc.property(worlds, fc.constantFrom('production', 'staging', 'uat'), ({ pipeline, evidence, now }, target) => {
        const world = { evidence, now };
        const { supplies, sufficient } = missingSupplies(pipeline, world, target);
        if (!sufficient) return;
        expect(isEnterable(pipeline, replay(world, supplies), target)).toBe(true);
        explained += 1;
        for (const one of supplies) {
          facts += 1;
          const without = replay(
            world,
            supplies.filter((each) => each !== one),
          );
          expect([one.fact.code, isEnterable(pipeline, without, target)]).toEqual([one.fact.code, false]);
        }
      }),
      { numRuns: 800 },
    );
    expect(explained).toBeGreaterThan(150);
    expect(facts).toBeGreaterThan(250);
  });
});

describe('evidence that makes no sense', () => {
  const odd = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_VALUE, -1, 0), fc.integer());
  const text = fc.oneof(fc.string(), fc.constantFrom('', '__proto__', 'production', SHA));
  const nonsense = fc.record({
    id: odd,
    kind: fc.constantFrom<DeploymentRecord['kind']>('promotion', 'rollback', 'acceptance', 'rehearsal', 'foreign'),
    environment: text,
    sha: text,
    ref: fc.option(text),
    version: text,
    digest: fc.option(text),
    createdAt: odd,
    creator: fc.option(text),
    outcome: fc.constantFrom<DeploymentRecord['outcome']>('open', 'success', 'failure', 'withdrawn'),
    finishedAt: fc.option(odd),
    failedAt: fc.option(odd),
    verified: fc.boolean(),
    run: fc.option(fc.record({ id: odd, attempt: odd })),
    approvedBy: fc.array(text, { maxLength: 3 }),
    policyHash: fc.option(text),
    route: fc.option(text),
    rehearsal: fc.option(
      fc.record({ verdict: fc.constantFrom('pass', 'warn', 'fail'), migrations: text, snapshot: text, snapshotTakenAt: odd }),
    ),
  });

  test('is decided without a throw, and explained', () => {
    fc.assert(
      fc.property(worlds, fc.array(nonsense, { maxLength: 6 }), text, odd, odd, (world, records, word, now, own) => {
        const strange = withEvidence(
          mapRecords(world, (all) => [...all, ...records, ...records.map((one) => ({ ...one, environment: 'production' }))]),
          {
            candidate: { ...world.evidence.candidate, version: word, initiator: word, artifact: { kind: 'digest', digest: word } },
            ownRecord: own,
            vetoes: { read: true, value: [{ candidates: [word], by: word, since: now, reason: word, url: word }] },
          },
        );
        const decision = decide(world.pipeline, strange.evidence, now);
        expect(decision.environments.length).toBeGreaterThan(1);
        missingSupplies(world.pipeline, { evidence: strange.evidence, now }, 'production');
        serializeDecision(decision);
      }),
      { numRuns: 500 },
    );
  });

  test('a moment that is no number opens nothing that depends on time', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        for (const { name, verdict } of decideIn({ ...world, now: Number.NaN }).environments) {
          const rules = world.pipeline.environments.get(name);
          const timed = (rules?.windows.length ?? 0) > 0 || (rules?.soak.length ?? 0) > 0;
          if (timed && world.evidence.intent === 'promote' && isOpen(verdict)) {
            // Only a soak that had ended long enough before is independent of the moment.
            expect(rules?.windows).toEqual([]);
            expect(isOpen(inside(decideIn({ ...world, now: world.now - 1000 * HOUR }), name)?.verdict ?? 'deploy')).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
