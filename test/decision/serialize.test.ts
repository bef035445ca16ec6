import { describe, expect, test } from 'vitest';
import { decide } from '../../src/decision/decide.ts';
import type { Decision } from '../../src/decision/decision.ts';
import { parseDecision } from '../../src/decision/parse.ts';
import { MOST_BYTES, serializeDecision } from '../../src/decision/serialize.ts';
import { freeze, gate, hold, NOW, read, world } from './world.ts';

function wide(environments: number): Decision {
  const path = Array.from({ length: environments }, (_, index) => [`environment-${index}`]);
  const rules = Object.fromEntries(path.map(([name]) => [name ?? '', { gate: gate() }]));
  const { pipeline, evidence } = world({
    path,
    rules,
    freezes: [freeze(NOW - 1, NOW + 1)],
    evidence: { holds: read([hold([], { reason: 'ä'.repeat(300) })]) },
  });
  return decide(pipeline, evidence, NOW);
}

/** What is never left out. */
function essence(decision: Decision) {
  const { candidate, policyHash, route, verdict, targets, reasons, environments, liftsAt, decidedAt } = decision;
  const kept = environments.map(({ name, stage, state, verdict: its, reasons: why, liftsAt: lifts }) => [
    name,
    stage,
    state,
    its,
    why.map(({ code }) => code),
    lifts,
  ]);
  return { candidate, policyHash, route, verdict, targets, reasons: reasons.map(({ code }) => code), kept, liftsAt, decidedAt };
}

describe('serialise', () => {
  test('whole while it fits, and the same when it comes back', () => {
    const { pipeline, evidence, now } = world();
    const decision = decide(pipeline, evidence, now);
    expect(parseDecision(serializeDecision(decision))).toEqual({ decision, shortened: 'none' });
  });

  test.each([
    [10, 'none'],
    [32, 'texts'],
    [80, 'codes'],
    [600, 'table'],
  ] as const)('%i environments fit as %s, and no verdict or code is lost', (count, shortened) => {
    const decision = wide(count);
    const text = serializeDecision(decision);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES);
    const back = parseDecision(text);
    expect(back.shortened).toBe(shortened);
    expect(essence(back.decision)).toEqual(essence(decision));
  });

  test('beyond the limit it is as short as it can be, and still whole', () => {
    const decision = wide(3000);
    const back = parseDecision(serializeDecision(decision));
    expect(back.shortened).toBe('table');
    expect(essence(back.decision)).toEqual(essence(decision));
  });

  test.each([
    ['', /^Not a decision: /],
    ['{}', /^Not a decision of schema 1: /],
    ['{"schema":2,"shortened":"none"}', /^Not a decision of schema 1: /],
    [serializeDecision(wide(600)).replace('"codes":["', '"codes":["made_up","'), /^Not a decision of schema 1: /],
    [serializeDecision(wide(600)).replace(/"codes":\[[^\]]*\]/, '"codes":[]'), /^Not a decision: there is no code number 0\.$/],
  ])('%.40s is refused', (text, message) => {
    expect(() => parseDecision(text)).toThrow(message);
  });
});
