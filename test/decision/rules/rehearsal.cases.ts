import type { DeploymentRecord } from '../../../src/decision/evidence.ts';
import { OTHER_DIGEST } from '../../digests.ts';
import { rehearsal as asks, DAY, freeze, HOUR, NOW, passedBefore, record, rehearsed, UNREAD, type WorldOptions, world } from '../world.ts';
import type { Case } from './case.ts';

const after = (rehearsals: readonly DeploymentRecord[], options: WorldOptions = {}) =>
  world({
    ...options,
    rules: { staging: { rehearsal: asks(options.migrations === undefined ? {} : { migrations: ['db'] }), owner: 'octo-org/operations' } },
    records: { ...passedBefore('production'), staging: [record('staging'), ...rehearsals] },
  });
const migrations = { evidence: { migrations: 'm2' } };

export const cases: readonly Case[] = [
  { name: 'none is asked for', world: world({ records: passedBefore('production') }), codes: [], verdict: 'deploy' },
  { name: 'passed', world: after([rehearsed('staging')]), codes: [], verdict: 'deploy' },
  { name: 'passed with warnings', world: after([rehearsed('staging', { verdict: 'warn' })]), codes: [], verdict: 'deploy' },
  { name: 'missing', world: after([]), codes: ['rehearsal_missing'], verdict: 'blocked', who: ['octo-org/operations'] },
  {
    name: 'missing, seen from inside',
    world: after([]),
    environment: 'staging',
    codes: ['rehearsal_missing'],
    state: 'entered',
    verdict: 'blocked',
  },
  { name: 'of another artifact', world: after([rehearsed('staging', {}, { digest: OTHER_DIGEST })]), codes: ['rehearsal_missing'] },
  { name: 'in progress', world: after([rehearsed('staging', {}, { outcome: 'open' })]), codes: ['rehearsal_missing'] },
  { name: 'without a result', world: after([record('staging', { kind: 'rehearsal' })]), codes: ['rehearsal_missing'] },
  { name: 'failed', world: after([rehearsed('staging', { verdict: 'fail' })]), codes: ['rehearsal_failed'], verdict: 'blocked' },
  {
    name: 'failed after it had passed',
    world: after([rehearsed('staging'), rehearsed('staging', {}, { outcome: 'failure' })]),
    codes: ['rehearsal_failed'],
  },
  {
    name: 'passed after it had failed',
    world: after([rehearsed('staging', { verdict: 'fail' }), rehearsed('staging')]),
    codes: [],
    verdict: 'deploy',
  },
  { name: 'as old as it may be', world: after([rehearsed('staging', { snapshotTakenAt: NOW - 7 * DAY })]), codes: [] },
  {
    name: 'on too old a snapshot',
    world: after([rehearsed('staging', { snapshotTakenAt: NOW - 7 * DAY - 1 })]),
    codes: ['rehearsal_stale'],
    verdict: 'blocked',
  },
  {
    name: 'on too old a snapshot, seen from inside: it is passed there',
    world: after([rehearsed('staging', { snapshotTakenAt: 0 })]),
    environment: 'staging',
    codes: [],
    state: 'passed',
  },
  {
    name: 'a runner whose clock is ahead makes no snapshot younger',
    world: after([rehearsed('staging', { snapshotTakenAt: NOW + 99 * DAY }, { createdAt: NOW - 8 * DAY })]),
    codes: ['rehearsal_stale'],
  },
  {
    name: 'one of two is fresh',
    world: after([rehearsed('staging'), rehearsed('staging', { snapshotTakenAt: 0 })]),
    codes: [],
    verdict: 'deploy',
  },
  { name: 'of other migrations', world: after([rehearsed('staging')], migrations), codes: ['rehearsal_differs'], verdict: 'blocked' },
  {
    name: 'of the same migrations',
    world: after([rehearsed('staging', { migrations: 'm2' })], migrations),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'of the files that the pipeline names',
    world: after([rehearsed('staging')], { migrations: { staging: 'm1' } }),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'of other files than the pipeline names',
    world: after([rehearsed('staging')], { migrations: { staging: 'm2' } }),
    codes: ['rehearsal_differs'],
    verdict: 'blocked',
    who: ['octo-org/operations'],
  },
  {
    name: 'of files that could not be read',
    world: after([rehearsed('staging')], { migrations: { staging: UNREAD } }),
    codes: ['migrations_unread'],
    verdict: 'blocked',
  },
  {
    name: 'of files that nobody asked for',
    world: after([rehearsed('staging')], { migrations: {} }),
    codes: ['migrations_unread'],
    verdict: 'blocked',
  },
  {
    name: 'missing, and of files that could not be read',
    world: after([], { migrations: { staging: UNREAD } }),
    codes: ['rehearsal_missing'],
    verdict: 'blocked',
  },
  {
    name: 'of what the job was told, which stands above the files',
    world: after([rehearsed('staging', { migrations: 'm2' })], { ...migrations, migrations: { staging: UNREAD } }),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'time opens the freeze and makes the rehearsal stale meanwhile',
    world: after([rehearsed('staging')], { freezes: [freeze(NOW - HOUR, NOW + 20 * DAY)] }),
    codes: [],
    verdict: 'wait',
    opensAt: null,
  },
  {
    name: 'not asked of a first stage',
    world: world({ path: [['staging'], ['production']], rules: { staging: { rehearsal: asks() } } }),
    environment: 'staging',
    codes: [],
    verdict: 'deploy',
  },
];
