import type { Protection } from '../../../src/decision/evidence.ts';
import type { Gate } from '../../../src/pipeline/model.ts';
import { approved, gate, protection, team, UNREAD, user, world } from '../world.ts';
import type { Case } from './case.ts';

const gated = (asked: Partial<Gate>, seen: Protection | null | typeof UNREAD, ...approvers: readonly string[]) =>
  world({
    rules: { dev: { gate: gate(asked) } },
    protection: { dev: seen },
    reviews: approvers.map((login) => approved(login, 'dev')),
  });
const mona = protection([user('mona')]);
const release = protection([team('octo-org/release')]);

export const cases: readonly Case[] = [
  { name: 'no gate is asked for, and none is there', world: world(), environment: 'dev', codes: [], verdict: 'deploy' },
  { name: 'the gate is there', world: gated({}, mona), environment: 'dev', codes: [], verdict: 'ask' },
  {
    name: 'GitHub has no such environment, and would create it open',
    world: gated({}, null),
    environment: 'dev',
    codes: ['environment_missing'],
    verdict: 'blocked',
  },
  {
    name: 'nobody is a required reviewer',
    world: gated({}, protection([])),
    environment: 'dev',
    codes: ['reviewers_missing'],
    verdict: 'blocked',
  },
  {
    name: 'a gate that vanished bars although somebody approved before',
    world: gated({}, protection([]), 'mona'),
    environment: 'dev',
    codes: ['reviewers_missing'],
    verdict: 'blocked',
  },
  { name: 'unread', world: gated({}, UNREAD), environment: 'dev', codes: ['protection_unread'], verdict: 'blocked', because: /cut off/ },
  {
    name: 'fewer people than approvals',
    world: gated({ approvals: 2 }, mona),
    environment: 'dev',
    codes: ['reviewers_insufficient'],
    verdict: 'blocked',
    because: /2 approvals are asked for, and 1 of the required reviewers may give one/,
  },
  {
    name: 'the same person under two spellings is one',
    world: gated({ approvals: 2 }, protection([user('mona'), user('MONA')])),
    environment: 'dev',
    codes: ['reviewers_insufficient'],
  },
  {
    name: 'the only reviewer is the initiator',
    world: gated({ exclude: ['initiator'] }, protection([user('Octocat')])),
    environment: 'dev',
    codes: ['reviewers_insufficient'],
  },
  {
    name: 'the only reviewer is the author',
    world: gated({ exclude: ['author'] }, protection([user('hubot')])),
    environment: 'dev',
    codes: ['reviewers_insufficient'],
  },
  { name: 'a team may have enough members', world: gated({ approvals: 3 }, release), environment: 'dev', codes: [], verdict: 'ask' },
  {
    name: 'a reviewer is a team without a name, which may have enough members',
    world: gated({ approvals: 3 }, { ...mona, unnamed: 1 }),
    environment: 'dev',
    codes: [],
    verdict: 'ask',
  },
  {
    name: 'a team is named, and somebody else is a reviewer too',
    world: gated({ by: ['octo-org/release'] }, protection([team('octo-org/release'), user('mona')])),
    environment: 'dev',
    codes: ['reviewers_insufficient'],
    because: /mona is a required reviewer too/,
  },
  {
    name: 'a team is named and seen, and another reviewer is a team without a name',
    world: gated({ by: ['octo-org/release'] }, { ...release, unnamed: 1 }),
    environment: 'dev',
    codes: ['reviewers_insufficient'],
    because:
      /one of the required reviewers is a team that this job's token may not name \(it lacks the organisation's permission "members: read"\)/,
    fix: /let one team guard the environment.*or give the input reviewers-token/,
  },
  {
    name: 'one team is named, and the only reviewer is a team without a name',
    world: gated({ by: ['octo-org/release'] }, protection([], { unnamed: 1 })),
    environment: 'dev',
    codes: [],
    verdict: 'ask',
  },
  {
    name: 'one team and a person are named, and the reviewers are the person and a team without a name',
    world: gated({ by: ['octo-org/release', 'mona'] }, protection([user('mona')], { unnamed: 1 })),
    environment: 'dev',
    codes: [],
    verdict: 'ask',
  },
  {
    name: 'one team is named, and somebody else is a reviewer beside a team without a name',
    world: gated({ by: ['octo-org/release'] }, protection([user('mona')], { unnamed: 1 })),
    environment: 'dev',
    codes: ['reviewers_insufficient'],
    because: /mona is a required reviewer too/,
  },
  {
    name: 'two teams are named, and the reviewers are two teams without names',
    world: gated({ by: ['octo-org/release', 'octo-org/qa'] }, protection([], { unnamed: 2 })),
    environment: 'dev',
    codes: ['reviewers_insufficient'],
    because: /2 of the required reviewers are teams/,
  },
  {
    name: 'two teams are named, and the only reviewer is a team without a name, which may be neither',
    world: gated({ by: ['octo-org/release', 'octo-org/qa'] }, protection([], { unnamed: 1 })),
    environment: 'dev',
    codes: ['reviewers_insufficient'],
  },
  {
    name: 'only people are named, and the only reviewer is a team without a name',
    world: gated({ by: ['mona'], approvals: 2 }, protection([], { unnamed: 1 })),
    environment: 'dev',
    codes: ['reviewers_insufficient'],
  },
  {
    name: 'a team is named in other case',
    world: gated({ by: ['octo-org/release'] }, protection([team('Octo-Org/Release')])),
    environment: 'dev',
    codes: [],
    verdict: 'ask',
  },
  {
    name: 'enough people are named among other reviewers',
    world: gated({ by: ['octo-org/release', 'mona'] }, protection([user('mona'), user('hubot')])),
    environment: 'dev',
    codes: [],
    verdict: 'ask',
  },
  {
    name: "GitHub's own hold suffices where the pipeline says so",
    world: gated({ evidence: 'enforced', exclude: ['initiator'] }, protection([user('octocat')], { preventSelfReview: true })),
    environment: 'dev',
    codes: [],
    verdict: 'ask',
  },
];
