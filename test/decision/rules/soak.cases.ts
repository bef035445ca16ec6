import type { DeploymentRecord } from '../../../src/decision/evidence.ts';
import { DIGEST } from '../../digests.ts';
import { freeze, HOUR, NOW, other, passedBefore, record, UNREAD, type WorldOptions, world } from '../world.ts';
import type { Case } from './case.ts';

const rules = { staging: { verify: { run: 'smoke' } }, production: { soak: [{ environment: 'staging', duration: 4 * HOUR }] } };
const soaking = (staging: readonly DeploymentRecord[], options: WorldOptions = {}) =>
  world({ rules, ...options, records: { ...passedBefore('production'), staging } });
const ago = (hours: number) => ({ createdAt: NOW - hours * HOUR });

export const cases: readonly Case[] = [
  { name: 'long enough', world: soaking([record('staging', ago(4))]), codes: [], verdict: 'deploy' },
  {
    name: 'not long enough',
    world: soaking([record('staging', ago(1))]),
    codes: ['soak_running'],
    verdict: 'wait',
    liftsAt: NOW + 3 * HOUR,
    opensAt: NOW + 3 * HOUR,
    who: [],
    because: /^4h of healthy time in staging are asked for; the candidate has been there since 2026-11-10T09:00Z\.$/,
  },
  { name: 'a clock that went back', world: soaking([record('staging', ago(-1))]), codes: ['soak_running'], liftsAt: NOW + 5 * HOUR },
  {
    name: 'long enough before another took its place',
    world: soaking([record('staging', ago(9)), other('staging', ago(2))]),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'another took its place too early',
    world: soaking([record('staging', ago(9)), other('staging', ago(8))]),
    codes: ['soak_interrupted'],
    verdict: 'blocked',
    because: /ended after 1h\.$/,
    liftsAt: null,
  },
  {
    name: 'two short times do not add up',
    world: soaking([record('staging', ago(9)), other('staging', ago(7)), record('staging', ago(3))]),
    codes: ['soak_running'],
    liftsAt: NOW + HOUR,
  },
  {
    name: 'deployed again, the time goes on',
    world: soaking([record('staging', ago(5)), record('staging', ago(1))]),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'occupied, and not healthy: it failed in between',
    world: soaking([record('staging', ago(9)), record('staging', { ...ago(8), outcome: 'failure' }), record('staging', ago(1))]),
    codes: ['soak_running'],
  },
  {
    name: 'an attempt of another that failed does not interrupt',
    world: soaking([record('staging', ago(9)), other('staging', { ...ago(1), outcome: 'failure' })]),
    codes: [],
  },
  {
    name: 'somebody deployed by hand',
    world: soaking([record('staging', ago(9)), other('staging', { ...ago(8), kind: 'foreign', digest: null })]),
    codes: ['soak_interrupted'],
  },
  {
    name: 'somebody deployed by hand and claims the digest',
    world: soaking([record('staging', ago(9)), other('staging', { ...ago(8), kind: 'foreign', digest: DIGEST })]),
    codes: ['soak_interrupted'],
  },
  {
    name: "GitHub's own deployment for the same job interrupts nothing",
    world: soaking([record('staging', ago(9)), record('staging', { ...ago(8.9), kind: 'foreign', digest: null })]),
    codes: [],
    verdict: 'deploy',
  },
  { name: 'unverified is not healthy', world: soaking([record('staging', { ...ago(9), verified: false })]), codes: ['soak_missing'] },
  { name: 'never there', world: soaking([]), codes: ['soak_missing'], verdict: 'blocked', because: /has not been healthy there/ },
  {
    name: 'unread',
    world: world({ rules, records: { ...passedBefore('production'), staging: UNREAD } }),
    codes: ['soak_missing'],
    because: /could not be read/,
  },
  {
    name: 'in an environment beside the path',
    world: world({
      rules: { qa: {}, production: { soak: [{ environment: 'qa', duration: HOUR }] } },
      records: { ...passedBefore('production'), qa: [record('qa')] },
    }),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'in an environment that does not exist',
    world: world({ rules: { production: { soak: [{ environment: 'nowhere', duration: HOUR }] } }, records: passedBefore('production') }),
    codes: ['soak_missing'],
    because: /no such environment/,
  },
  {
    name: 'in two environments',
    world: world({
      rules: {
        production: {
          soak: [
            { environment: 'staging', duration: 4 * HOUR },
            { environment: 'uat', duration: 8 * HOUR },
          ],
        },
      },
      records: passedBefore('production'),
    }),
    codes: ['soak_running', 'soak_running'],
    opensAt: NOW + 7 * HOUR,
  },
  {
    name: 'and a freeze begins before it is over',
    world: soaking([record('staging', ago(1))], { freezes: [freeze(NOW + HOUR, NOW + 9 * HOUR)] }),
    codes: ['soak_running'],
    liftsAt: NOW + 3 * HOUR,
    opensAt: NOW + 9 * HOUR,
  },
];
