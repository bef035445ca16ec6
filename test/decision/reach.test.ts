import { describe, expect, test } from 'vitest';
import { decide } from '../../src/decision/decide.ts';
import { reachOf } from '../../src/decision/reach.ts';
import type { World } from './world.ts';
import {
  acceptance,
  freeze,
  gate,
  HOUR,
  hold,
  NOW,
  OTHER,
  other,
  passedBefore,
  protection,
  read,
  record,
  rehearsal,
  team,
  veto,
  world,
} from './world.ts';

const reviewers = protection([team('octo-org/release')]);
const gated = { gate: gate({ by: ['octo-org/release'] }) } as const;

/** `dev · uat(1) · staging · production(2) | production: soak_missing`: the way of one run, and what ends it. */
function way({ pipeline, evidence, now }: World, environment: string | null = null): string {
  const { stages, barred } = reachOf(pipeline, decide(pipeline, evidence, now), environment);
  const said = stages.map((entries) =>
    entries.map((entry) => `${entry.environment}${entry.deploy ? '' : '!'}${entry.approvals > 0 ? `(${entry.approvals})` : ''}`).join('+'),
  );
  const ends = barred.map(({ environment: { name }, reasons }) => `${name}: ${reasons.map(({ code }) => code).join(', ')}`);
  return [said.join(' · '), ...ends].join(' | ');
}

describe('how far one run can bring a candidate', () => {
  test('to the end of the path, with the approvals that are missing', () => {
    const rules = { uat: gated, production: { gate: gate({ approvals: 2, by: ['octo-org/release'] }) } };
    expect(way(world({ rules, protection: { uat: reviewers, production: reviewers } }))).toBe('dev · uat(1) · staging · production(2)');
  });

  test('only what is not passed yet', () => {
    expect(way(world({ rules: { production: gated }, protection: { production: reviewers }, records: passedBefore('staging') }))).toBe(
      'staging · production(1)',
    );
  });

  test('an acceptance and a rehearsal on the way are the run’s own business', () => {
    const rules = {
      uat: { ...gated, acceptance: acceptance('uat', { by: ['octo-org/product'] }) },
      staging: { accepts: ['accepted', 'current'], rehearsal: rehearsal() },
      production: gated,
    } as const;
    expect(way(world({ rules, protection: { uat: reviewers, production: reviewers } }))).toBe('dev · uat(1) · staging · production(1)');
  });

  test('not into an environment that takes accepted versions only, where nobody on the way accepts', () => {
    expect(way(world({ rules: { staging: { accepts: ['accepted'] } } }))).toBe('dev · uat | staging: version_refused');
  });

  test('where the candidate is already, its acceptance is all that is asked for', () => {
    const rules = { uat: { ...gated, acceptance: acceptance('uat', { by: ['octo-org/product'] }) } };
    const records = { ...passedBefore('staging') };
    expect(way(world({ rules, protection: { uat: reviewers }, records }))).toBe('uat! · staging · production');
  });

  test('not past an environment that the candidate is in without the rehearsal it asks for: nothing rehearses it there again', () => {
    const rules = { staging: { rehearsal: rehearsal() }, production: gated };
    const entered = world({ rules, protection: { production: reviewers }, records: passedBefore('production') });
    expect(way(entered)).toBe(' | staging: rehearsal_missing');
    const records = { ...passedBefore('production'), uat: [] };
    const again = world({ rules, protection: { production: reviewers }, records });
    expect(way(again)).toBe('uat | staging: rehearsal_missing');
  });

  test('an acceptance that is missing as well does not bring the rehearsal about', () => {
    const rules = { uat: { acceptance: acceptance('uat', { by: ['octo-org/product'] }), rehearsal: rehearsal() } };
    expect(way(world({ rules, records: { ...passedBefore('staging'), dev: [] } }))).toBe('dev | uat: rehearsal_missing');
  });

  test('an entry without its verification is entered again, with it', () => {
    const rules = { dev: { verify: { run: 'smoke' } } };
    const records = { dev: [record('dev', { verified: false })], uat: [record('uat')] };
    expect(way(world({ rules, records }))).toBe('dev · staging · production');
  });

  test('not beyond a soak that is still to come', () => {
    const rules = { production: { soak: [{ environment: 'staging', duration: 4 * HOUR }] } };
    expect(way(world({ rules }))).toBe('dev · uat · staging | production: soak_missing');
  });

  test('not into a freeze, nor past a hold', () => {
    expect(way(world({ freezes: [freeze(NOW - HOUR, NOW + HOUR, ['production'])] }))).toBe('dev · uat · staging | production: frozen');
    expect(way(world({ evidence: { holds: read([hold(['staging'])]) } }))).toBe('dev · uat | staging: held');
  });

  test('nowhere with a veto', () => {
    expect(way(world({ evidence: { vetoes: read([veto([])]) } }))).toBe(' | dev: vetoed');
  });

  test('nowhere when something newer is there', () => {
    expect(way(world({ records: { dev: [other('dev')] }, relations: { [OTHER]: 'contained' } }))).toBe(' | dev: superseded');
  });

  test('one environment alone, when it is the one that was asked about', () => {
    const passed = world({ records: passedBefore('staging') });
    expect(way(passed, 'staging')).toBe('staging');
    expect(way(passed, 'production')).toBe(' | production: earlier_not_passed');
  });
});
