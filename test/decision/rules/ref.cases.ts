import { read, record, UNREAD, world } from '../world.ts';
import type { Case } from './case.ts';

const rolledBack = { evidence: { intent: 'rollback' as const } };

export const cases: readonly Case[] = [
  { name: 'a ref that the route takes', world: world(), environment: null, codes: [], verdict: 'deploy' },
  {
    name: 'a branch that no route takes',
    world: world({ candidate: { ref: 'refs/heads/feature/x' } }),
    environment: null,
    codes: ['no_route'],
    verdict: 'blocked',
    because: /^No route of \.github\/promote\.yml takes refs\/heads\/feature\/x\.$/,
    who: ['Whoever may change the pipeline file.'],
  },
  { name: 'a pull request ref', world: world({ candidate: { ref: 'refs/pull/7/merge' } }), environment: null, codes: ['no_route'] },
  { name: 'a fork', world: world({ candidate: { fork: true } }), environment: 'dev', codes: ['fork'], verdict: 'blocked' },
  {
    name: 'a fork whose branch no route takes',
    world: world({ candidate: { fork: true, ref: 'refs/heads/x' } }),
    environment: null,
    codes: ['no_route', 'fork'],
  },
  {
    name: 'a deleted branch',
    world: world({ candidate: { refState: read('gone') } }),
    environment: 'dev',
    codes: ['ref_gone'],
    verdict: 'blocked',
  },
  { name: 'a force-pushed branch', world: world({ candidate: { refState: read('moved') } }), environment: 'dev', codes: ['ref_moved'] },
  {
    name: 'a ref that could not be read',
    world: world({ candidate: { refState: UNREAD } }),
    environment: 'dev',
    codes: ['ref_unread'],
    verdict: 'blocked',
    because: /the answer was cut off/,
  },
  {
    name: 'a deleted branch whose candidate is everywhere already',
    world: world({
      candidate: { refState: read('gone') },
      records: { dev: [record('dev')], uat: [record('uat')], staging: [record('staging')], production: [record('production')] },
    }),
    environment: 'production',
    codes: [],
    verdict: 'complete',
  },
  {
    name: 'a rollback to a version whose branch is gone',
    world: world({ candidate: { refState: read('gone') }, ...rolledBack }),
    environment: null,
    codes: [],
  },
  { name: 'a rollback of a fork', world: world({ candidate: { fork: true }, ...rolledBack }), environment: null, codes: ['fork'] },
];
