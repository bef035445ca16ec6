import { passedBefore, record, UNREAD, world } from '../world.ts';
import type { Case } from './case.ts';

const missing = world();
const unknown = { ...missing, evidence: { ...missing.evidence, environments: new Map() } };

export const cases: readonly Case[] = [
  { name: 'records that were read', world: world(), environment: 'dev', codes: [], verdict: 'deploy' },
  {
    name: 'records that could not be read',
    world: world({ records: { dev: UNREAD } }),
    environment: 'dev',
    codes: ['records_unread'],
    verdict: 'blocked',
    because: /^The records of dev could not be read: the answer was cut off\.$/,
  },
  { name: 'an environment that nobody asked about', world: unknown, environment: 'dev', codes: ['records_unread'], verdict: 'blocked' },
  {
    name: 'an unread environment on the way',
    world: world({ records: { ...passedBefore('production'), uat: UNREAD } }),
    environment: 'uat',
    codes: ['records_unread'],
    verdict: 'blocked',
  },
  {
    name: 'a rollback',
    world: world({ records: { production: UNREAD }, evidence: { intent: 'rollback' } }),
    codes: ['records_unread'],
    verdict: 'blocked',
  },
  {
    name: 'records of another environment in the list count for nothing',
    world: world({ records: { dev: [record('uat')] } }),
    environment: 'dev',
    codes: [],
    state: 'next',
  },
  {
    name: 'an environment spelt in another case is the same',
    world: world({ records: { dev: [record('DEV')] } }),
    environment: 'dev',
    codes: [],
    state: 'passed',
    verdict: 'complete',
  },
];
