import type { DeploymentRecord } from '../../../src/decision/evidence.ts';
import { other, record, world } from '../world.ts';
import type { Case } from './case.ts';

const waiting = (dev: readonly DeploymentRecord[], ownRecord: number | null, moment: 'plan' | 'door' = 'door') =>
  world({ records: { dev }, evidence: { moment, ownRecord } });
const own = record('dev', { id: 50, outcome: 'open' });
const environment = 'dev';

export const cases: readonly Case[] = [
  { name: 'empty', world: waiting([], null), environment, codes: [], verdict: 'deploy' },
  {
    name: 'this job is the first',
    world: waiting([own, other('dev', { id: 51, outcome: 'open' })], 50),
    environment,
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'somebody is ahead',
    world: waiting([own, other('dev', { id: 49, outcome: 'open', run: { id: 7, attempt: 1 } })], 50),
    environment,
    codes: ['queue_busy'],
    verdict: 'wait',
    because: /^Record 49 of run 7 for v1\.9\.0/,
    who: ['Nobody has to: the queue serves the lowest record first.'],
    liftsAt: null,
  },
  {
    name: 'this job has not joined yet',
    world: waiting([other('dev', { id: 49, outcome: 'open' })], null),
    environment,
    codes: ['queue_busy'],
  },
  {
    name: 'looking ahead, the queue does not matter',
    world: waiting([other('dev', { id: 49, outcome: 'open' })], null, 'plan'),
    environment,
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'closed ones are not in the queue',
    world: waiting([own, other('dev', { id: 48, outcome: 'withdrawn' }), other('dev', { id: 49, outcome: 'failure' })], 50),
    environment,
    codes: [],
  },
  {
    name: 'an open rehearsal is not in the queue',
    world: waiting([own, other('dev', { id: 49, kind: 'rehearsal', outcome: 'open' })], 50),
    environment,
    codes: [],
  },
  {
    name: 'a foreign deployment is not in the queue',
    world: waiting([own, other('dev', { id: 49, kind: 'foreign', outcome: 'open' })], 50),
    environment,
    codes: [],
  },
  { name: "the answer is older than this job's record", world: waiting([], 50), environment, codes: ['record_unseen'], verdict: 'wait' },
  {
    name: "this job's record is in another environment",
    world: world({ records: { dev: [], uat: [record('uat', { id: 50, outcome: 'open' })] }, evidence: { moment: 'door', ownRecord: 50 } }),
    environment,
    codes: [],
  },
  {
    name: 'somebody took this job for dead',
    world: waiting([{ ...own, outcome: 'failure', finishedAt: 1, failedAt: 1 }], 50),
    environment,
    codes: ['record_closed'],
    verdict: 'blocked',
  },
  {
    name: "this job's record was withdrawn",
    world: waiting([{ ...own, outcome: 'withdrawn' }], 50),
    environment,
    codes: ['record_closed'],
  },
];
