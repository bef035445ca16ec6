import { describe, expect, test } from 'vitest';
import { decide } from '../../src/decision/decide.ts';
import { explain, isEnterable, missingSupplies, replay } from '../../src/decision/explain.ts';
import type { World } from './world.ts';
import {
  acceptance,
  DAY,
  freeze,
  gate,
  HOUR,
  hold,
  NOW,
  OFFICE_HOURS,
  OTHER,
  other,
  passedBefore,
  protection,
  read,
  record,
  rehearsal,
  rehearsed,
  team,
  UNREAD,
  veto,
  world,
} from './world.ts';

const release = protection([team('octo-org/release')]);
/** The example of the design: acceptance in uat, rehearsal in staging, a strict production. */
const rules = {
  uat: { gate: gate({ by: ['octo-org/release'] }), acceptance: acceptance('uat', { by: ['octo-org/product'] }) },
  staging: { accepts: ['accepted', 'current'], rehearsal: rehearsal(), verify: { run: 'npm run smoke' } },
  production: {
    gate: gate({ approvals: 2, by: ['octo-org/release'], exclude: ['initiator', 'author'] }),
    soak: [{ environment: 'staging', duration: 4 * HOUR }],
    windows: [OFFICE_HOURS],
  },
} as const;
const example = { rules, protection: { uat: release, production: release } };

function missingIn({ pipeline, evidence, now }: World, environment = 'production'): readonly string[] {
  return explain(pipeline, evidence, now, environment).missing.map((fact) => `${fact.environment ?? '-'}: ${fact.code}`);
}

/** Everything that was found opens the environment, and everything but one does not. */
function expectSmallest({ pipeline, evidence, now }: World, environment = 'production'): void {
  const { supplies, sufficient } = missingSupplies(pipeline, { evidence, now }, environment);
  expect(sufficient).toBe(true);
  expect(isEnterable(pipeline, replay({ evidence, now }, supplies), environment)).toBe(true);
  for (const one of supplies) {
    const without = supplies.filter((each) => each !== one);
    expect([one.fact.code, isEnterable(pipeline, replay({ evidence, now }, without), environment)]).toEqual([one.fact.code, false]);
  }
}

describe('explain', () => {
  test('a first push, all the way', () => {
    const first = world({ ...example, candidate: { artifact: { kind: 'to-be-built' } } });
    expect(missingIn(first)).toEqual([
      'dev: earlier_not_passed',
      'uat: approval_required',
      'uat: earlier_not_passed',
      'uat: acceptance_missing',
      'staging: earlier_not_passed',
      'staging: rehearsal_missing',
      'production: soak_running',
      'production: approval_required',
    ]);
    expectSmallest(first);
  });

  test('says what, who and when', () => {
    const { pipeline, evidence, now } = world({ ...example, records: { ...passedBefore('production') } });
    const facts = explain(pipeline, evidence, now, 'Production');
    expect(facts).toMatchObject({ environment: 'production', verdict: 'blocked', sufficient: true });
    expect(facts.missing.map(({ what, who, when }) => ({ what, who, when }))).toEqual([
      { what: 'Try it, and approve uat-acceptance on the page of the run.', who: ['octo-org/product'], when: null },
      { what: 'Run the rehearsal in staging.', who: ['Whoever may start a run.'], when: null },
      { what: 'Wait until 2026-11-10T13:00Z.', who: [], when: NOW + 3 * HOUR },
      { what: 'Approve the waiting deployment on the page of the run.', who: ['octo-org/release'], when: null },
    ]);
  });

  test('nothing is missing where the candidate may enter, or is done', () => {
    expect(missingIn(world(), 'dev')).toEqual([]);
    expect(missingIn(world({ records: passedBefore('production') }), 'staging')).toEqual([]);
  });

  test('time is one fact, however many rules ask for it, and counts up to where they agree', () => {
    const timed = world({
      ...example,
      rules: { production: rules.production },
      records: passedBefore('production'),
      freezes: [freeze(NOW, NOW + 5 * DAY)],
    });
    const { pipeline, evidence, now } = timed;
    const waits = explain(pipeline, evidence, now, 'production').missing.filter(({ when }) => when !== null);
    // The freeze ends on Sunday; the window opens on Monday at nine.
    expect(waits.map(({ code, when }) => ({ code, when }))).toEqual([{ code: 'frozen', when: Date.UTC(2026, 10, 16, 8, 0) }]);
    expectSmallest(timed);
  });

  test('a rehearsal that would go stale while waiting is run after the wait, once', () => {
    const frozen = world({
      rules: { staging: { rehearsal: rehearsal() } },
      records: passedBefore('production'),
      freezes: [freeze(NOW, NOW + 30 * DAY, ['production'])],
    });
    expect(missingIn(frozen)).toEqual(['production: frozen', 'staging: rehearsal_stale']);
    expectSmallest(frozen);
  });

  test.each([
    [
      'a hold, a veto and a hotfix that is not contained',
      world({
        records: { ...passedBefore('production'), production: [other('production')] },
        evidence: {
          relations: new Map([[OTHER, 'diverged']]),
          holds: read([hold(['production']), hold(['uat'])]),
          vetoes: read([veto(['v2.0.0']), veto(['v1'])]),
        },
      }),
      ['-: vetoed', 'production: diverged', 'production: held'],
    ],
    [
      'everything unread',
      world({
        ...example,
        records: { dev: UNREAD, uat: UNREAD, staging: UNREAD, production: UNREAD },
        protection: { uat: UNREAD, production: UNREAD },
        candidate: { authors: UNREAD, refState: UNREAD },
        evidence: { holds: UNREAD, vetoes: UNREAD },
      }),
      null,
    ],
    [
      'a failure in the stage before',
      world({ records: { ...passedBefore('production'), staging: [record('staging', { outcome: 'failure' })] } }),
      ['staging: earlier_failed'],
    ],
    [
      'an unverified entry',
      world({
        rules: { staging: { verify: { run: 'x' } } },
        records: { ...passedBefore('production'), staging: [record('staging', { verified: false })] },
      }),
      ['staging: verification_missing'],
    ],
    [
      'parallel legs',
      world({ path: [['dev'], ['uat', 'qa'], ['production']], records: { dev: [record('dev')], uat: [record('uat')] } }),
      ['qa: earlier_not_passed'],
    ],
    [
      'a hotfix route beside the acceptance',
      world({ path: [['staging'], ['production']], rules: { uat: rules.uat, staging: { accepts: ['accepted'] } } }),
      null,
    ],
    [
      'a soak that was interrupted',
      world({
        rules: { production: rules.production },
        protection: { production: release },
        records: {
          ...passedBefore('production'),
          staging: [record('staging', { createdAt: NOW - 9 * HOUR }), other('staging', { createdAt: NOW - 8 * HOUR })],
        },
      }),
      null,
    ],
    [
      'migrations that could not be read',
      world({
        rules: { staging: { rehearsal: rehearsal({ migrations: ['db'] }) } },
        records: { ...passedBefore('production'), staging: [record('staging'), rehearsed('staging')] },
        migrations: { staging: UNREAD },
      }),
      ['staging: migrations_unread'],
    ],
    [
      'a failed rehearsal of other migrations',
      world({
        rules: { staging: { rehearsal: rehearsal() } },
        records: { ...passedBefore('production'), staging: [record('staging'), rehearsed('staging', { verdict: 'fail' })] },
        evidence: { migrations: 'm9' },
      }),
      null,
    ],
  ] as const)('%s', (_, given, expected) => {
    if (expected !== null) expect(missingIn(given)).toEqual(expected);
    expectSmallest(given);
  });

  test('at the door, the queue and what is missing behind the gate', () => {
    const door = world({
      ...example,
      rules: { production: rules.production },
      now: NOW + 3 * HOUR,
      records: { ...passedBefore('production'), production: [other('production', { outcome: 'open' })] },
      evidence: { moment: 'door' },
    });
    expect(missingIn(door)).toEqual(['production: queue_busy', 'production: approval_missing']);
    expectSmallest(door);
  });

  test.each([
    ['no route', world({ candidate: { ref: 'refs/heads/x' } }), 'production', 'no_route'],
    ['beside the path', world({ rules: { qa: {} } }), 'qa', 'not_on_path'],
    [
      'a window that never opens',
      world({ path: [['production']], rules: { production: { windows: [{ ...OFFICE_HOURS, days: [] }] } } }),
      'production',
      'outside_window',
    ],
    ['a rollback to what never was there', world({ evidence: { intent: 'rollback' } }), 'production', 'rollback_unproven'],
    [
      'only new versions, and it is accepted',
      world({ path: [['staging']], rules: { staging: { accepts: ['current'] } } }),
      'staging',
      'version_refused',
    ],
  ])('what nobody can supply is said to be so: %s', (_, { pipeline, evidence, now }, environment, code) => {
    const explained = explain(pipeline, evidence, now, environment);
    expect(explained).toMatchObject({ sufficient: false, verdict: expect.stringMatching(/blocked|wait/) });
    expect(explained.missing.at(-1)?.code).toBe(code);
  });

  test('the real evidence stays as it is', () => {
    const { pipeline, evidence, now } = world({ ...example });
    const before = JSON.stringify(decide(pipeline, evidence, now));
    explain(pipeline, evidence, now, 'production');
    expect(JSON.stringify(decide(pipeline, evidence, now))).toBe(before);
  });
});
