import { DIGEST, OTHER_DIGEST } from '../../digests.ts';
import { other, passedBefore, record, SHA, UNREAD, world } from '../world.ts';
import type { Case } from './case.ts';

const unbuilt = { artifact: { kind: 'to-be-built' as const } };

export const cases: readonly Case[] = [
  { name: 'known', world: world(), environment: null, codes: [] },
  {
    name: 'unknown',
    world: world({ candidate: { artifact: { kind: 'unknown', why: 'two records disagree' } } }),
    environment: 'dev',
    codes: ['artifact_unknown'],
    verdict: 'blocked',
    because: /two records disagree/,
  },
  { name: 'to be built, at plan', world: world({ candidate: unbuilt }), environment: 'dev', codes: [], verdict: 'deploy' },
  {
    name: 'to be built, at the door',
    world: world({ candidate: unbuilt, evidence: { moment: 'door' } }),
    environment: 'dev',
    codes: ['artifact_unbuilt'],
    verdict: 'blocked',
  },
  {
    name: 'the same commit was deployed as another artifact',
    world: world({ records: { dev: [record('dev', { digest: OTHER_DIGEST })] } }),
    environment: 'uat',
    codes: ['artifact_differs'],
    verdict: 'blocked',
    because: new RegExp(`as ${OTHER_DIGEST}, and is now ${DIGEST}`),
    fix: new RegExp(OTHER_DIGEST),
  },
  {
    name: 'the same commit was deployed, and is to be built again',
    world: world({ candidate: unbuilt, records: { dev: [record('dev')] } }),
    environment: null,
    codes: ['artifact_differs'],
    because: /is to be built again/,
  },
  {
    name: 'nobody could read whether it was deployed as another artifact further on',
    world: world({ records: { production: UNREAD } }),
    environment: 'dev',
    codes: ['builds_unread'],
    verdict: 'blocked',
    because: /^The records of production could not be read/,
  },
  {
    name: 'another artifact of the commit failed and was never used',
    world: world({ records: { dev: [record('dev', { digest: OTHER_DIGEST, outcome: 'failure' })] } }),
    environment: null,
    codes: [],
  },
  {
    name: 'the first artifact stays the right one after a second was smuggled in',
    world: world({ records: { dev: [record('dev'), record('dev', { digest: OTHER_DIGEST })] } }),
    environment: null,
    codes: [],
  },
  {
    name: 'another commit with another artifact',
    world: world({ records: { ...passedBefore('production'), production: [other('production')] } }),
    environment: null,
    codes: [],
  },
  {
    name: 'a commit that is its own artifact passes nothing for another commit',
    world: world({
      candidate: { artifact: { kind: 'digest', digest: `git:${SHA}` } },
      records: { dev: [other('dev', { digest: `git:${SHA}` })] },
    }),
    environment: 'dev',
    codes: [],
    state: 'next',
  },
  {
    name: 'something built is the same on another commit',
    world: world({ records: { dev: [other('dev', { digest: DIGEST })] } }),
    environment: 'dev',
    codes: [],
    state: 'passed',
  },
  {
    name: 'a rollback to the second artifact of a commit',
    world: world({
      records: { production: [record('production', { digest: OTHER_DIGEST }), record('production')] },
      evidence: { intent: 'rollback' },
    }),
    environment: null,
    codes: [],
  },
];
