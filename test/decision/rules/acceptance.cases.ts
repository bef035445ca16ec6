import type { DeploymentRecord } from '../../../src/decision/evidence.ts';
import type { Acceptance } from '../../../src/pipeline/model.ts';
import { accepted, acceptance as asks, NOW, other, passedBefore, record, type WorldOptions, world } from '../world.ts';
import type { Case } from './case.ts';

const at = (rules: Partial<Acceptance>, uat: readonly DeploymentRecord[], options: WorldOptions = {}) =>
  world({ ...options, rules: { uat: { acceptance: asks('uat', rules) } }, records: { ...passedBefore('uat'), uat } });
const environment = 'uat';

export const cases: readonly Case[] = [
  { name: 'none is asked for', world: world({ records: passedBefore('staging') }), environment, codes: [], state: 'passed' },
  { name: 'not there yet', world: at({}, []), environment, codes: [], state: 'next', verdict: 'deploy' },
  {
    name: 'there, and not accepted',
    world: at({ by: ['octo-org/product'] }, [record('uat')]),
    environment,
    codes: ['acceptance_missing'],
    state: 'entered',
    verdict: 'wait',
    who: ['octo-org/product'],
    liftsAt: null,
    opensAt: null,
  },
  { name: 'accepted', world: at({}, [record('uat'), accepted('uat')]), environment, codes: [], state: 'passed', verdict: 'complete' },
  {
    name: 'another version was accepted',
    world: at({}, [record('uat'), other('uat', { kind: 'acceptance', approvedBy: ['mona'] })]),
    environment,
    codes: ['acceptance_missing'],
  },
  {
    name: 'an acceptance that did not succeed',
    world: at({}, [record('uat'), accepted('uat', { outcome: 'failure' })]),
    environment,
    codes: ['acceptance_missing'],
  },
  {
    name: 'fewer people than the pipeline asks for now',
    world: at({ approvals: 2 }, [record('uat'), accepted('uat')]),
    environment,
    codes: ['acceptance_missing'],
  },
  {
    name: 'the same person twice',
    world: at({ approvals: 2 }, [record('uat'), accepted('uat', { approvedBy: ['mona', 'Mona'] })]),
    environment,
    codes: ['acceptance_missing'],
  },
  {
    name: "GitHub's own hold stands for one who is not named",
    world: at({ evidence: 'enforced' }, [record('uat'), accepted('uat', { approvedBy: [] })]),
    environment,
    codes: [],
    state: 'passed',
  },
  {
    name: 'another version took the place before it was accepted',
    world: at({}, [record('uat'), other('uat', { createdAt: NOW })], { relations: { [other('uat').sha]: 'contained' } }),
    environment,
    codes: [],
    state: 'next',
    verdict: 'superseded',
  },
  {
    name: "GitHub's own deployment for the same job takes nobody's place",
    world: at({}, [record('uat'), record('uat', { kind: 'foreign', digest: null, createdAt: NOW })]),
    environment,
    codes: ['acceptance_missing'],
    state: 'entered',
  },
  {
    name: 'accepted, and failed since',
    world: at({}, [record('uat'), accepted('uat'), record('uat', { outcome: 'failure' })]),
    environment,
    codes: [],
    state: 'next',
    verdict: 'deploy',
  },
];
