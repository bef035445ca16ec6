import type { Hold } from '../../../src/decision/evidence.ts';
import { hold as held, passedBefore, read, UNREAD, world } from '../world.ts';
import type { Case } from './case.ts';

const holding = (...holds: readonly Hold[]) =>
  world({ rules: { production: { owner: 'octo-org/operations' } }, records: passedBefore('production'), evidence: { holds: read(holds) } });

export const cases: readonly Case[] = [
  { name: 'none', world: holding(), codes: [], verdict: 'deploy' },
  {
    name: 'on this environment',
    world: holding(held(['production'])),
    codes: ['held'],
    verdict: 'wait',
    because: /^mona has held it since 2026-11-10T09:00Z: database upgrade \(https:.*7\)\.$/,
    fix: /^Close https:.*7 when production is free again\.$/,
    who: ['mona', 'octo-org/operations'],
    liftsAt: null,
    opensAt: null,
  },
  { name: 'on this environment in other case', world: holding(held(['PRODUCTION'])), codes: ['held'] },
  { name: 'on another environment', world: holding(held(['uat'])), codes: [], verdict: 'deploy' },
  { name: 'on all', world: holding(held([])), codes: ['held'], because: /names no environment, so it counts for all/ },
  {
    name: 'on a name that is no environment: it may be misspelt',
    world: holding(held(['prodution'])),
    codes: ['held'],
    because: /It names prodution, which is no environment of the pipeline/,
  },
  { name: 'on a known and an unknown name', world: holding(held(['uat', 'prodution'])), codes: ['held'] },
  { name: 'two', world: holding(held(['production']), held(['production'])), codes: ['held', 'held'] },
  {
    name: 'does not keep a candidate from being accepted inside',
    world: world({ records: { ...passedBefore('production'), ...passedBefore('staging') }, evidence: { holds: read([held(['dev'])]) } }),
    environment: 'dev',
    codes: [],
    verdict: 'complete',
  },
  { name: 'unread', world: world({ evidence: { holds: UNREAD } }), environment: 'dev', codes: ['holds_unread'], verdict: 'blocked' },
];
