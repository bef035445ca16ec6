import type { VersionPolicy } from '../../../src/pipeline/model.ts';
import { acceptance, accepted, other, passedBefore, record, UNREAD, type WorldOptions, world } from '../world.ts';
import type { Case } from './case.ts';

const taking = (accepts: readonly VersionPolicy[], options: WorldOptions = {}) =>
  world({
    ...options,
    rules: { staging: { accepts }, uat: { acceptance: acceptance('uat', { by: ['octo-org/product'] }) }, ...options.rules },
    records: { ...passedBefore('staging'), uat: [record('uat'), accepted('uat')], ...options.records },
  });
const notAccepted = { uat: [record('uat')] };
/** A hotfix goes straight to staging; the acceptance environment is beside its path. */
const straight = { path: [['staging'], ['production']] };

export const cases: readonly Case[] = [
  { name: 'takes everything', world: taking(['new', 'accepted', 'current']), environment: 'staging', codes: [], verdict: 'deploy' },
  { name: 'accepted, and it is', world: taking(['accepted']), environment: 'staging', codes: [], verdict: 'deploy' },
  {
    name: 'accepted, and it is not',
    world: taking(['accepted', 'current'], { records: notAccepted }),
    environment: 'staging',
    codes: ['version_refused'],
    verdict: 'blocked',
    because: /^staging takes accepted and current versions only, and v2\.0\.0 \(c0ffee12\) is new\.$/,
    who: ['octo-org/product'],
  },
  {
    name: 'accepted, and another version is',
    world: taking(['accepted'], { records: { uat: [record('uat'), other('uat', { kind: 'acceptance', approvedBy: ['mona'] })] } }),
    environment: 'staging',
    codes: ['version_refused'],
  },
  {
    name: 'current, and it is live in production',
    world: taking(['current'], { records: { production: [record('production')] } }),
    environment: 'staging',
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'current, and it was live in production',
    world: taking(['current'], {
      records: { production: [record('production'), other('production', { createdAt: Number.MAX_SAFE_INTEGER })] },
    }),
    environment: 'staging',
    codes: ['version_refused'],
    fix: /live in production/,
  },
  {
    name: 'new, and it is accepted already',
    world: taking(['new']),
    environment: 'staging',
    codes: ['version_refused'],
    fix: /not been accepted/,
  },
  {
    name: 'new, and it is',
    world: taking(['new'], { ...straight, records: notAccepted }),
    environment: 'staging',
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'new, and nobody could read the acceptances',
    world: taking(['new'], { ...straight, records: { uat: UNREAD } }),
    environment: 'staging',
    codes: ['version_unread'],
    verdict: 'blocked',
    because: /the records of uat could not be read/,
  },
  {
    name: 'new, and nobody could read what is live in production',
    world: taking(['new'], { ...straight, records: { uat: [], production: UNREAD } }),
    environment: 'staging',
    codes: ['version_unread'],
  },
  {
    name: 'accepted in an environment beside the path',
    world: taking(['accepted'], straight),
    environment: 'staging',
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'accepted in an environment that asks for no acceptance',
    world: taking(['accepted'], { records: { uat: [record('uat')], dev: [record('dev'), accepted('dev')] } }),
    environment: 'staging',
    codes: [],
  },
  {
    name: 'to be built, so it is new',
    world: taking(['new'], { ...straight, candidate: { artifact: { kind: 'to-be-built' } }, records: { uat: [], staging: [] } }),
    environment: 'staging',
    codes: [],
    verdict: 'deploy',
  },
];
