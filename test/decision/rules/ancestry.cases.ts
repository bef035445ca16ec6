import type { Relation } from '../../../src/decision/evidence.ts';
import type { Environment } from '../../../src/pipeline/model.ts';
import { HOUR, NOW, OTHER, other, passedBefore, record, SHA, world } from '../world.ts';
import type { Case } from './case.ts';

const against = (relation: Relation | undefined, production: Partial<Environment> = {}) => {
  const made = world({ rules: { production }, records: { ...passedBefore('production'), production: [other('production')] } });
  const relations = new Map(relation === undefined ? [] : [[OTHER, relation]]);
  return { ...made, evidence: { ...made.evidence, relations } };
};

export const cases: readonly Case[] = [
  { name: 'nothing is live', world: world({ records: passedBefore('production') }), codes: [], verdict: 'deploy' },
  { name: 'the candidate contains what is live', world: against('contains'), codes: [], verdict: 'deploy' },
  { name: 'another name for the same commit', world: against('same'), codes: [], verdict: 'deploy' },
  {
    name: 'what is live contains the candidate',
    world: against('contained'),
    codes: ['superseded'],
    verdict: 'superseded',
    because: /^v1\.9\.0 \(0ddba112\) is live in production and contains c0ffee12\.$/,
  },
  { name: 'contained, and downgrades are allowed', world: against('contained', { downgrade: 'allow' }), codes: [], verdict: 'deploy' },
  {
    name: 'a hotfix that the candidate does not contain',
    world: against('diverged'),
    codes: ['diverged'],
    verdict: 'blocked',
    fix: /^Merge 0ddba112 into/,
  },
  { name: 'diverged, and divergence is allowed', world: against('diverged', { divergence: 'allow' }), codes: [], verdict: 'deploy' },
  { name: 'diverged, and only downgrades are allowed', world: against('diverged', { downgrade: 'allow' }), codes: ['diverged'] },
  { name: 'contained, and only divergence is allowed', world: against('contained', { divergence: 'allow' }), codes: ['superseded'] },
  { name: 'nobody knows', world: against(undefined), codes: ['ancestry_unread'], verdict: 'blocked' },
  {
    name: 'nobody knows, and only divergence is allowed',
    world: against(undefined, { divergence: 'allow' }),
    codes: ['ancestry_unread'],
  },
  {
    name: 'nobody knows, and either way it is allowed',
    world: against(undefined, { divergence: 'allow', downgrade: 'allow' }),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'what is live was deployed by somebody else',
    world: world({
      records: { ...passedBefore('production'), production: [other('production', { kind: 'foreign', digest: null })] },
      relations: { [OTHER]: 'contained' },
    }),
    codes: ['superseded'],
  },
  {
    name: 'a deployment that never succeeded is not live',
    world: world({
      records: {
        ...passedBefore('production'),
        production: [other('production', { outcome: 'failure' }), other('production', { outcome: 'open' })],
      },
      relations: { [OTHER]: 'contained' },
    }),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'the time of the success decides what is live, not the id',
    world: world({
      records: {
        ...passedBefore('production'),
        production: [
          other('production', { id: 900, createdAt: NOW - 9 * HOUR }),
          other('production', { id: 1, sha: SHA, createdAt: NOW - HOUR }),
        ],
      },
      relations: { [OTHER]: 'contained' },
    }),
    codes: [],
  },
  {
    name: 'the same commit is live as something else, and needs no relation',
    world: {
      ...world({ records: { ...passedBefore('production'), production: [record('production', { kind: 'foreign', digest: null })] } }),
    },
    codes: [],
    verdict: 'deploy',
  },
];
