import { describe, expect, test } from 'vitest';
import { decideAcceptance } from '../../src/decision/acceptance.ts';
import type { DeploymentRecord, Protection, Review } from '../../src/decision/evidence.ts';
import type { ReasonCode } from '../../src/decision/reasons.ts';
import type { Acceptance } from '../../src/pipeline/model.ts';
import {
  acceptance,
  accepted,
  approved,
  HOUR,
  hold,
  NOW,
  other,
  passedBefore,
  protection,
  read,
  record,
  team,
  UNREAD,
  user,
  veto,
  type World,
  type WorldOptions,
  world,
} from './world.ts';

const product = protection([team('octo-org/product')]);

interface Given extends WorldOptions {
  readonly rules?: never;
  readonly asked?: Partial<Acceptance>;
  readonly uat?: readonly DeploymentRecord[] | typeof UNREAD;
  readonly seen?: Protection | null | typeof UNREAD;
  readonly reviews?: readonly Review[] | typeof UNREAD;
}

/** The candidate is in uat, its acceptance job runs, and mona has approved it. */
function accepting({ asked = {}, uat = [record('uat')], seen = product, ...options }: Given = {}): World {
  return world({
    reviews: [approved('mona', 'uat-acceptance')],
    ...options,
    rules: { uat: { acceptance: acceptance('uat', { by: ['octo-org/product'], ...asked }) } },
    records: { ...passedBefore('uat'), uat },
    acceptanceProtection: { uat: seen },
    evidence: { moment: 'door', ...options.evidence },
  });
}

/** What the world is, the world, the reasons, and the environment where it is not uat. */
type Refused = readonly [name: string, world: World, codes: readonly ReasonCode[], environment?: string];

const refused: readonly Refused[] = [
  ['nobody approved', accepting({ reviews: [] }), ['acceptance_unapproved']],
  ['nobody approved, at plan', accepting({ reviews: [], evidence: { moment: 'plan' } }), ['acceptance_required']],
  ['the gate of the environment itself was approved', accepting({ reviews: [approved('mona', 'uat')] }), ['acceptance_unapproved']],
  ['reviews unread', accepting({ reviews: UNREAD }), ['acceptance_unapproved']],
  ['one of two', accepting({ asked: { approvals: 2 } }), ['acceptance_unapproved']],
  [
    'the initiator, who may not',
    accepting({ asked: { exclude: ['initiator'] }, candidate: { initiator: 'MONA' } }),
    ['acceptance_unapproved'],
  ],
  [
    "GitHub's own hold is not proven",
    accepting({ asked: { evidence: 'enforced' }, reviews: UNREAD, held: 'uat' }),
    ['enforcement_unproven'],
  ],
  ['authors unread, who may not', accepting({ asked: { exclude: ['author'] }, candidate: { authors: UNREAD } }), ['authors_unread']],
  ['not a member for sure', accepting({ seen: protection([team('octo-org/product'), user('mona')]) }), ['acceptance_unprotected']],
  ['no acceptance environment', accepting({ seen: null }), ['acceptance_unprotected']],
  ['nobody reviews the acceptance', accepting({ seen: protection([]) }), ['acceptance_unprotected']],
  ['protection unread', accepting({ seen: UNREAD }), ['acceptance_unprotected']],
  ['records unread', accepting({ uat: UNREAD }), ['builds_unread', 'records_unread']],
  ['not there', accepting({ uat: [] }), ['acceptance_not_live']],
  ['another is live by now', accepting({ uat: [record('uat'), other('uat', { createdAt: NOW })] }), ['acceptance_not_live']],
  ['it failed since', accepting({ uat: [record('uat'), record('uat', { outcome: 'failure' })] }), ['acceptance_not_live']],
  [
    'another artifact of the commit is live',
    accepting({ uat: [record('uat', { digest: 'sha256:other' })] }),
    ['artifact_differs', 'acceptance_not_live'],
  ],
  ['vetoed', accepting({ evidence: { moment: 'door', vetoes: read([veto(['v2.0.0'])]) } }), ['vetoed']],
  [
    'vetoed after it was accepted',
    accepting({ uat: [record('uat'), accepted('uat')], evidence: { vetoes: read([veto([])]) } }),
    ['vetoed'],
  ],
  ['no route', accepting({ candidate: { ref: 'refs/heads/x' } }), ['no_route']],
  ['an environment without an acceptance', accepting(), ['acceptance_not_asked'], 'staging'],
  ['an environment beside the path', accepting(), ['not_on_path'], 'nowhere'],
];

describe('acceptance', () => {
  test.each(refused.map((one) => ({ title: one[0], one })))(
    '$title',
    ({ one: [, { pipeline, evidence, now }, codes, environment = 'uat'] }) => {
      const decided = decideAcceptance(pipeline, evidence, now, environment);
      expect(decided.reasons.map(({ code }) => code)).toEqual(codes);
      expect(decided.verdict).toBe(codes[0] === 'acceptance_required' ? 'ask' : 'blocked');
    },
  );

  test.each([
    ['accepted by a member of the team', accepting(), ['mona']],
    ['named in another case', accepting({ asked: { by: ['mona'] }, reviews: [approved('Mona', 'UAT-acceptance')] }), ['Mona']],
    ['the environment is on hold', accepting({ evidence: { moment: 'door', holds: read([hold([])]) } }), ['mona']],
    ['holds unread', accepting({ evidence: { moment: 'door', holds: UNREAD } }), ['mona']],
    [
      'a run by GitHub itself followed',
      accepting({ uat: [record('uat'), record('uat', { kind: 'foreign', digest: null, createdAt: NOW })] }),
      ['mona'],
    ],
    ["GitHub's own hold suffices", accepting({ asked: { evidence: 'enforced' }, reviews: UNREAD, held: 'uat-acceptance' }), []],
  ] as const)('%s', (_, { pipeline, evidence, now }, approvedBy) => {
    const decided = decideAcceptance(pipeline, evidence, now, 'UAT');
    expect(decided).toMatchObject({ verdict: 'deploy', reasons: [], approvedBy, required: 1, missing: 0 });
  });

  test('accepted already: nothing is left to do, and the record says who', () => {
    const { pipeline, evidence, now } = accepting({
      uat: [record('uat'), accepted('uat', { approvedBy: ['ana'], createdAt: NOW - HOUR })],
      reviews: [],
    });
    expect(decideAcceptance(pipeline, evidence, now, 'uat')).toMatchObject({ verdict: 'complete', reasons: [], approvedBy: ['ana'] });
  });
});
