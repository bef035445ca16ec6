import { describe, expect, test } from 'vitest';
import { decideAcceptance } from '../../src/decision/acceptance.ts';
import { decide } from '../../src/decision/decide.ts';
import { explain } from '../../src/decision/explain.ts';
import { REASON_MEANINGS } from '../../src/decision/reason-meanings.ts';
import { REASON_CODES, REASONS, type ReasonCode } from '../../src/decision/reasons.ts';
import { RULES } from '../../src/decision/rules/index.ts';
import { TABLES } from './rules/tables.ts';
import { acceptance, protection, read, record, team, veto, world } from './world.ts';

/** Codes that only `accept` and `explain` give; `acceptance.test.ts` and `explain.test.ts` have their tables. */
function beyondDecide(): readonly ReasonCode[] {
  const rules = { uat: { acceptance: acceptance('uat') } };
  const seen = { acceptanceProtection: { uat: protection([team('octo-org/product')]) } };
  const accepting = [
    world({ rules, records: { uat: [record('uat')] } }),
    world({ rules, ...seen, records: { uat: [record('uat')] } }),
    world({ rules, ...seen, records: { uat: [record('uat')] }, evidence: { moment: 'door' } }),
    world({ rules, ...seen }),
    world(),
  ].flatMap(({ pipeline, evidence, now }) => decideAcceptance(pipeline, evidence, now, 'uat').reasons.map(({ code }) => code));
  const { pipeline, evidence, now } = world({ evidence: { vetoes: read([veto([])]) } });
  return [...accepting, ...explain(pipeline, evidence, now, 'nowhere').missing.map(({ code }) => code)];
}

describe('the registry of reasons', () => {
  test('every code is given by some case, and no case gives another', () => {
    const given = new Set<ReasonCode>(beyondDecide());
    for (const { world: one } of TABLES.flatMap(({ cases }) => cases)) {
      const decision = decide(one.pipeline, one.evidence, one.now);
      for (const { code } of [...decision.reasons, ...decision.environments.flatMap(({ reasons }) => reasons)]) given.add(code);
    }
    expect([...given].toSorted()).toEqual([...REASON_CODES].toSorted());
  });

  test('every rule that the registry names exists, and every rule has a code', () => {
    expect(new Set(REASON_CODES.map((code) => REASONS[code].rule))).toEqual(new Set(RULES.map(({ name }) => name)));
  });

  test.each(REASON_CODES)('%s says what it means, what to do and who can', (code) => {
    const { fix, who } = REASONS[code];
    for (const text of [REASON_MEANINGS[code], fix, who]) expect(text).toMatch(/^[A-Z].*\.$/);
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
  });
});
