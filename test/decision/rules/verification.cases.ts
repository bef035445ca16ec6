import { passedBefore, record, world } from '../world.ts';
import type { Case } from './case.ts';

const rules = { staging: { verify: { run: 'npm run smoke' } } };
const unverified = { ...passedBefore('production'), staging: [record('staging', { id: 7, verified: false })] };

export const cases: readonly Case[] = [
  { name: 'verified', world: world({ rules, records: passedBefore('production') }), codes: [], verdict: 'deploy' },
  {
    name: 'deployed without the verification',
    world: world({ rules, records: unverified }),
    codes: ['verification_missing'],
    verdict: 'blocked',
    because: /^Record 7 in staging/,
  },
  {
    name: 'the environment may be entered again to be verified',
    world: world({ rules, records: unverified }),
    environment: 'staging',
    codes: [],
    verdict: 'deploy',
  },
  { name: 'no verification is asked for', world: world({ records: unverified }), codes: [], verdict: 'deploy' },
  {
    name: 'an earlier success was verified, the latest was not',
    world: world({ rules, records: { ...unverified, staging: [record('staging'), record('staging', { verified: false })] } }),
    codes: ['verification_missing'],
  },
  {
    name: 'two legs, one unverified',
    world: world({
      path: [['staging', 'qa'], ['production']],
      rules,
      records: { staging: [record('staging', { verified: false })], qa: [record('qa', { verified: false })] },
    }),
    codes: ['verification_missing'],
  },
];
