import { freeze, gate, HOUR, hold, NOW, OFFICE_HOURS, other, protection, read, record, user, world } from '../world.ts';
import type { Case } from './case.ts';

const back = { intent: 'rollback' as const };
const before = record('production', { createdAt: NOW - 3 * HOUR });

export const cases: readonly Case[] = [
  {
    name: 'to what succeeded here before',
    world: world({ records: { production: [before, other('production')] }, relations: {}, evidence: back }),
    codes: [],
    verdict: 'deploy',
    state: 'next',
  },
  {
    name: 'to what never succeeded here',
    world: world({ records: { production: [record('production', { outcome: 'failure' }), other('production')] }, evidence: back }),
    codes: ['rollback_unproven'],
    verdict: 'blocked',
    because: /^v2\.0\.0 \(c0ffee12\) never succeeded in production\.$/,
  },
  {
    name: 'to what is live already: nothing is left to do',
    world: world({ records: { production: [record('production')] }, evidence: back }),
    codes: [],
    verdict: 'complete',
    state: 'passed',
  },
  {
    name: 'to what is live and failed since',
    world: world({ records: { production: [record('production', { failedAt: NOW })] }, evidence: back }),
    codes: ['rollback_live'],
    verdict: 'blocked',
  },
  {
    name: 'past order, ancestry, windows and freezes',
    world: world({
      rules: { production: { windows: [OFFICE_HOURS], soak: [{ environment: 'staging', duration: HOUR }] } },
      freezes: [freeze(NOW - HOUR, NOW + 20 * HOUR)],
      now: NOW + 10 * HOUR,
      records: { production: [before, other('production')] },
      evidence: { ...back, relations: new Map() },
    }),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'not past a gate',
    world: world({
      rules: { production: { gate: gate() } },
      protection: { production: protection([user('mona')]) },
      records: { production: [before, other('production')] },
      evidence: back,
    }),
    codes: [],
    verdict: 'ask',
  },
  {
    name: 'not past a hold',
    world: world({ records: { production: [before, other('production')] }, evidence: { ...back, holds: read([hold(['production'])]) } }),
    codes: [],
    verdict: 'wait',
  },
  {
    name: 'a foreign success proves nothing',
    world: world({ records: { production: [record('production', { kind: 'foreign', digest: null })] }, evidence: back }),
    codes: ['rollback_unproven'],
  },
  { name: 'asked for by nobody', world: world(), environment: 'dev', codes: [] },
];
