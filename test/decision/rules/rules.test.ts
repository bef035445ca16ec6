import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decide } from '../../../src/decision/decide.ts';
import type { Decision, EnvironmentDecision, Reason } from '../../../src/decision/decision.ts';
import { REASONS } from '../../../src/decision/reasons.ts';
import { RULES } from '../../../src/decision/rules/index.ts';
import type { Case } from './case.ts';
import { TABLES } from './tables.ts';

/** What a case looks at: one environment of the decision, or the whole. */
function lookedAt(decision: Decision, row: Case): Decision | EnvironmentDecision {
  if (row.environment === null) return decision;
  const found = decision.environments.find(({ name }) => name === (row.environment ?? 'production'));
  if (found === undefined) throw new Error(`The decision says nothing about ${row.environment}`);
  return found;
}

function expectTold(reason: Reason | undefined, row: Case): void {
  if (row.because !== undefined) expect(reason?.because).toMatch(row.because);
  if (row.fix !== undefined) expect(reason?.fix).toMatch(row.fix);
  if (row.who !== undefined) expect(reason?.who).toEqual(row.who);
  if (row.liftsAt !== undefined) expect(reason?.liftsAt).toBe(row.liftsAt);
}

describe.each(TABLES)('$rule', ({ rule, cases }) => {
  test.each(cases.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const { pipeline, evidence, now } = row.world;
    const found = lookedAt(decide(pipeline, evidence, now), row);
    const reasons = found.reasons.filter((reason) => REASONS[reason.code].rule === rule);
    expect(reasons.map(({ code }) => code)).toEqual(row.codes);
    expectTold(reasons[0], row);
    if (row.verdict !== undefined) expect(found.verdict).toBe(row.verdict);
    if (row.state !== undefined) expect('state' in found && found.state).toBe(row.state);
    if (row.opensAt !== undefined) expect(found.liftsAt).toBe(row.opensAt);
  });
});

test('every table is of a rule, and none is empty', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.cases.ts'));
  expect(files.sort()).toEqual(RULES.map(({ name }) => `${name}.cases.ts`).sort());
  for (const { rule, cases } of TABLES) expect(cases.length, rule).toBeGreaterThan(1);
});

test('every reason that any case gives says why, what to do and who, and every rule is the one that the registry names', () => {
  let seen = 0;
  for (const { cases } of TABLES) {
    for (const { world } of cases) {
      const decision = decide(world.pipeline, world.evidence, world.now);
      for (const reason of [...decision.reasons, ...decision.environments.flatMap(({ reasons }) => reasons)]) {
        seen += 1;
        expect(reason.because).toMatch(/^\S.*[.)]$/);
        expect(reason.fix).toMatch(/^[A-Z].*\.$/);
        expect(reason.who.length > 0 || reason.liftsAt !== null).toBe(true);
      }
    }
  }
  expect(seen).toBeGreaterThan(200);
});
