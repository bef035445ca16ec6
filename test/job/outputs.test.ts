import { expect, it } from 'vitest';
import { decide } from '../../src/decision/decide.ts';
import { chainOutputs } from '../../src/job/outputs.ts';
import { acceptance, accepted, HOUR, NOW, other, record, type WorldOptions, world } from '../decision/world.ts';

const ASKED = { acceptance: 'uat-acceptance', 'acceptance-approvals': 2 };
const NOT_ASKED = { acceptance: '', 'acceptance-approvals': 0 };

/** What entering uat takes, where two people accept. */
function entryOfUat(options: WorldOptions): unknown {
  const { pipeline, evidence, now } = world({ rules: { uat: { acceptance: acceptance('uat', { approvals: 2 }) } }, ...options });
  const planned = { pipeline, evidence, now, storedArtifact: null };
  const { entries = '' } = chainOutputs(planned, decide(pipeline, evidence, now), 'uat');
  return JSON.parse(entries)['uat'];
}

const dev = [record('dev')];
const failed = [record('uat', { createdAt: NOW - 2 * HOUR }), record('uat', { outcome: 'failure' })];
const both = { approvedBy: ['mona', 'hubot'] };

it.each([
  ['the first time', { records: { dev } }, ASKED],
  ['again after a failure', { records: { dev, uat: failed } }, ASKED],
  ['again after a failure, with its acceptance on record', { records: { dev, uat: [...failed, accepted('uat', both)] } }, NOT_ASKED],
  ['again after a failure, with too few who accepted', { records: { dev, uat: [...failed, accepted('uat')] } }, ASKED],
  [
    'as a rollback',
    { records: { dev, uat: [record('uat', { createdAt: NOW - 3 * HOUR }), other('uat')] }, evidence: { intent: 'rollback' } },
    NOT_ASKED,
  ],
] as const)('whether anybody is asked to accept what enters %s', (_how, options, expected) => {
  expect(entryOfUat(options)).toMatchObject({ deploy: true, ...expected });
});
