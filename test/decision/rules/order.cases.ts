import { DIGEST, OTHER_DIGEST } from '../../digests.ts';
import { acceptance, HOUR, NOW, other, passedBefore, record, rehearsal, UNREAD, world } from '../world.ts';
import type { Case } from './case.ts';

const legs = [['dev'], ['uat', 'qa'], ['production']];

export const cases: readonly Case[] = [
  { name: 'the first stage', world: world(), environment: 'dev', codes: [], state: 'next', verdict: 'deploy' },
  {
    name: 'nothing is passed',
    world: world(),
    codes: ['earlier_not_passed'],
    state: 'later',
    verdict: 'blocked',
    because: /^dev is not passed: this artifact has not been deployed there\.$/,
  },
  { name: 'everything is passed', world: world({ records: passedBefore('production') }), codes: [], verdict: 'deploy', state: 'next' },
  {
    name: 'the stage before is being deployed: a no-op commit does not overtake it',
    world: world({ records: { ...passedBefore('production'), staging: [record('staging', { outcome: 'open' })] } }),
    codes: ['earlier_not_passed'],
    verdict: 'blocked',
  },
  {
    name: 'the stage before is being deployed again',
    world: world({ records: { ...passedBefore('production'), staging: [record('staging'), record('staging', { outcome: 'open' })] } }),
    codes: ['earlier_not_passed'],
    because: /a deployment of the candidate is in progress there/,
  },
  {
    name: 'passed by another artifact',
    world: world({ records: { ...passedBefore('production'), staging: [other('staging')] } }),
    codes: ['earlier_not_passed'],
    verdict: 'blocked',
  },
  {
    name: 'passed by another artifact of the same commit',
    world: world({ records: { ...passedBefore('production'), staging: [record('staging', { digest: OTHER_DIGEST })] } }),
    codes: ['earlier_not_passed'],
    verdict: 'blocked',
  },
  {
    name: 'deployed there by somebody else: a foreign record passes nothing',
    world: world({ records: { ...passedBefore('production'), staging: [record('staging', { kind: 'foreign', digest: null })] } }),
    codes: ['earlier_not_passed'],
  },
  {
    name: 'a foreign record that claims the digest passes nothing either',
    world: world({ records: { ...passedBefore('production'), staging: [record('staging', { kind: 'foreign', digest: DIGEST })] } }),
    codes: ['earlier_not_passed'],
  },
  {
    name: 'passed, and others came and went since',
    world: world({
      records: { ...passedBefore('production'), staging: [record('staging'), other('staging', { createdAt: NOW - 10 })] },
    }),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'a success followed by a failure of the same candidate',
    world: world({
      records: {
        ...passedBefore('production'),
        staging: [record('staging'), record('staging', { outcome: 'failure', createdAt: NOW - 9 })],
      },
    }),
    codes: ['earlier_failed'],
    verdict: 'blocked',
    because: /^staging is not passed: the candidate failed there\.$/,
  },
  {
    name: 'a failure followed by a success of the same candidate',
    world: world({
      records: {
        ...passedBefore('production'),
        staging: [record('staging', { outcome: 'failure', createdAt: NOW - 2 * HOUR }), record('staging')],
      },
    }),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'a failure filed later although its clock was behind',
    world: world({
      records: {
        ...passedBefore('production'),
        staging: [record('staging'), record('staging', { outcome: 'failure', createdAt: NOW - 3 * HOUR })],
      },
    }),
    codes: ['earlier_failed'],
  },
  {
    name: 'a failure of somebody else',
    world: world({
      records: { ...passedBefore('production'), staging: [record('staging'), other('staging', { outcome: 'failure', createdAt: NOW })] },
    }),
    codes: [],
  },
  {
    name: 'a withdrawn record says nothing',
    world: world({
      records: { ...passedBefore('production'), staging: [record('staging'), record('staging', { outcome: 'withdrawn' })] },
    }),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'a success that was marked as failed',
    world: world({ records: { ...passedBefore('production'), staging: [record('staging', { failedAt: NOW })] } }),
    codes: ['earlier_failed'],
  },
  {
    name: 'a failure and, in the same second and a later record, the success of the next attempt',
    world: world({
      records: {
        ...passedBefore('production'),
        staging: [record('staging', { id: 901, outcome: 'failure', createdAt: NOW }), record('staging', { id: 902, createdAt: NOW })],
      },
    }),
    codes: [],
  },
  {
    name: 'a success and, in the same second and a later record, a failure',
    world: world({
      records: {
        ...passedBefore('production'),
        staging: [record('staging', { id: 901, createdAt: NOW }), record('staging', { id: 902, outcome: 'failure', createdAt: NOW })],
      },
    }),
    codes: ['earlier_failed'],
  },
  {
    name: 'somebody rolled back from it',
    world: world({
      records: {
        ...passedBefore('production'),
        staging: [record('staging'), other('staging', { kind: 'rollback', createdAt: NOW - 5 })],
      },
    }),
    codes: ['earlier_not_passed'],
    because: /rolled back/,
  },
  {
    name: 'rolled back to it',
    world: world({
      records: {
        ...passedBefore('production'),
        staging: [record('staging'), other('staging', { createdAt: NOW - 9 }), record('staging', { kind: 'rollback', createdAt: NOW - 5 })],
      },
    }),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'not accepted yet',
    world: world({ rules: { uat: { acceptance: acceptance('uat') } }, records: passedBefore('production') }),
    codes: ['earlier_not_passed'],
    because: /^uat is not passed: the candidate has not been accepted there\.$/,
  },
  {
    name: 'not rehearsed yet',
    world: world({ rules: { staging: { rehearsal: rehearsal() } }, records: passedBefore('production') }),
    codes: ['earlier_not_passed'],
    because: /the rehearsal is missing there/,
  },
  {
    name: 'unread',
    world: world({ records: { ...passedBefore('production'), dev: UNREAD } }),
    codes: ['earlier_not_passed'],
    because: /^dev is not passed: its records could not be read\.$/,
  },
  {
    name: 'one leg of a parallel stage is passed',
    world: world({ path: legs, records: { dev: [record('dev')], uat: [record('uat')] } }),
    codes: ['earlier_not_passed'],
    because: /^qa is not passed/,
    verdict: 'blocked',
  },
  {
    name: 'the other leg may go on meanwhile',
    world: world({ path: legs, records: { dev: [record('dev')], uat: [record('uat')] } }),
    environment: 'qa',
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'one leg failed',
    world: world({
      path: legs,
      rules: { qa: { owner: 'octo-org/qa' } },
      records: { dev: [record('dev')], uat: [], qa: [record('qa', { outcome: 'failure' })] },
    }),
    codes: ['earlier_failed'],
    because: /^uat is not passed: .*; qa is not passed: the candidate failed there\.$/,
    who: ['octo-org/qa'],
  },
  {
    name: 'a wide stage is told in short',
    world: world({ path: [['a', 'b', 'c', 'd', 'e', 'f'], ['production']] }),
    codes: ['earlier_not_passed'],
    because: /; and 2 more\.$/,
  },
];
