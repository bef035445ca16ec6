import type { DeploymentRecord, Protection, Review } from '../../../src/decision/evidence.ts';
import type { Gate } from '../../../src/pipeline/model.ts';
import { OTHER_DIGEST } from '../../digests.ts';
import { approved, gate, other, protection, record, team, UNREAD, user, type WorldOptions, world } from '../world.ts';
import type { Case } from './case.ts';

const people = protection([user('mona'), user('hubot'), user('octocat'), user('ana')]);
const release = protection([team('octo-org/release')]);

const asked = (rules: Partial<Gate>, reviews: readonly Review[] | typeof UNREAD, options: WorldOptions & { seen?: Protection } = {}) =>
  world({ ...options, rules: { dev: { gate: gate(rules) } }, protection: { dev: options.seen ?? people }, reviews });
const atDoor = (rules: Partial<Gate>, reviews: readonly Review[] | typeof UNREAD, options: WorldOptions & { seen?: Protection } = {}) =>
  asked(rules, reviews, { held: 'dev', ...options, evidence: { moment: 'door', ...options.evidence } });
const rerun = (before: DeploymentRecord, ...reviews: readonly Review[]) => atDoor({}, reviews, { attempt: 2, records: { dev: [before] } });
const firstAttempt = { run: { id: 1, attempt: 1 }, approvedBy: ['Mona'] };
const environment = 'dev';

export const cases: readonly Case[] = [
  { name: 'no gate', world: world(), environment, codes: [], verdict: 'deploy' },
  {
    name: 'at plan, nobody yet',
    world: asked({ approvals: 2, by: ['octo-org/release'], exclude: ['initiator'] }, [], { seen: release }),
    environment,
    codes: ['approval_required'],
    verdict: 'ask',
    because: /^2 approvals are asked for, and nobody has given one that counts; the initiator may not\.$/,
    who: ['octo-org/release'],
  },
  {
    name: 'at plan, without names: the configured reviewers',
    world: asked({}, [], { seen: release }),
    environment,
    codes: ['approval_required'],
    who: ['octo-org/release'],
  },
  { name: 'at plan, already approved', world: asked({}, [approved('mona', 'dev')]), environment, codes: [], verdict: 'deploy' },
  { name: 'at plan, reviews unread', world: asked({}, UNREAD), environment, codes: ['approval_required'], verdict: 'ask' },
  { name: 'at the door, approved', world: atDoor({}, [approved('mona', 'dev')]), environment, codes: [], verdict: 'deploy' },
  { name: 'at the door, nobody', world: atDoor({}, []), environment, codes: ['approval_missing'], verdict: 'blocked' },
  { name: 'at the door, reviews unread', world: atDoor({}, UNREAD), environment, codes: ['approvals_unread'], verdict: 'blocked' },
  { name: 'for another environment', world: atDoor({}, [approved('mona', 'uat')]), environment, codes: ['approval_missing'] },
  { name: 'for this environment in other case', world: atDoor({}, [approved('mona', 'uat', 'DEV')]), environment, codes: [] },
  { name: 'rejected', world: atDoor({}, [{ ...approved('mona', 'dev'), state: 'rejected' }]), environment, codes: ['approval_missing'] },
  { name: 'by nobody with a name', world: atDoor({}, [approved('', 'dev')]), environment, codes: ['approval_missing'] },
  {
    name: 'whoever approved and is excluded is named',
    world: atDoor({ approvals: 1, exclude: ['initiator'] }, [approved('octocat', 'dev')]),
    environment,
    codes: ['approval_missing'],
    because: /^One approval is asked for, and nobody has given one that counts; octocat approved, and the initiator may not\.$/,
  },
  {
    name: 'the same person twice',
    world: atDoor({ approvals: 2 }, [approved('mona', 'dev'), approved('mona', 'dev')]),
    environment,
    codes: ['approval_missing'],
    because: /only mona gave one/,
  },
  {
    name: 'the same person in two spellings',
    world: atDoor({ approvals: 2 }, [approved('mona', 'dev'), approved('MONA', 'dev')]),
    environment,
    codes: ['approval_missing'],
  },
  {
    name: 'two people',
    world: atDoor({ approvals: 2 }, [approved('mona', 'dev'), approved('hubot', 'dev')]),
    environment,
    codes: [],
    verdict: 'deploy',
  },
  { name: 'the initiator, who may', world: atDoor({}, [approved('octocat', 'dev')]), environment, codes: [] },
  {
    name: 'the initiator, who may not',
    world: atDoor({ exclude: ['initiator'] }, [approved('OctoCat', 'dev')]),
    environment,
    codes: ['approval_missing'],
  },
  {
    name: 'the author, who may not',
    world: atDoor({ exclude: ['author'] }, [approved('Hubot', 'dev')]),
    environment,
    codes: ['approval_missing'],
  },
  { name: 'somebody else than the author', world: atDoor({ exclude: ['author'] }, [approved('mona', 'dev')]), environment, codes: [] },
  {
    name: 'the author of another commit that enters, who may not',
    world: atDoor({ exclude: ['author'] }, [approved('mona', 'dev')], { authors: { dev: ['Mona'] } }),
    environment,
    codes: ['approval_missing'],
  },
  {
    name: 'the author of a commit that enters elsewhere',
    world: atDoor({ exclude: ['author'] }, [approved('mona', 'dev')], { authors: { uat: ['mona'] } }),
    environment,
    codes: [],
  },
  {
    name: 'authors of other commits unread',
    world: atDoor({ exclude: ['author'] }, [approved('mona', 'dev')], { authors: { dev: UNREAD } }),
    environment,
    codes: ['authors_unread'],
    verdict: 'blocked',
  },
  {
    name: 'authors unread, who may not',
    world: atDoor({ exclude: ['author'] }, [approved('mona', 'dev')], { candidate: { authors: UNREAD } }),
    environment,
    codes: ['authors_unread'],
    verdict: 'blocked',
  },
  {
    name: 'authors unread at plan: asking would be in vain',
    world: asked({ exclude: ['author'] }, [], { candidate: { authors: UNREAD } }),
    environment,
    codes: ['authors_unread'],
    verdict: 'blocked',
  },
  { name: 'somebody named', world: atDoor({ by: ['mona', 'ana'] }, [approved('Mona', 'dev')]), environment, codes: [] },
  {
    name: 'somebody not named',
    world: atDoor({ by: ['mona', 'ana'] }, [approved('hubot', 'dev')]),
    environment,
    codes: ['approval_missing'],
    who: ['mona', 'ana'],
  },
  {
    name: 'a member of the only reviewing team',
    world: atDoor({ by: ['octo-org/release'] }, [approved('ana', 'dev')], { seen: release }),
    environment,
    codes: [],
  },
  {
    name: 'perhaps a member of the team, perhaps not',
    world: atDoor({ by: ['octo-org/release'] }, [approved('ana', 'dev')]),
    environment,
    codes: ['approval_missing'],
  },
  {
    name: "GitHub's own hold counts for one",
    world: atDoor({ evidence: 'enforced' }, []),
    environment,
    codes: [],
    verdict: 'deploy',
  },
  {
    name: "GitHub's own hold is not proven, as by a job without an environment",
    world: atDoor({ evidence: 'enforced' }, [], { held: null }),
    environment,
    codes: ['enforcement_unproven'],
    verdict: 'blocked',
  },
  {
    name: "GitHub's own hold was that of a job for another environment",
    world: atDoor({ evidence: 'enforced' }, [], { held: 'uat' }),
    environment,
    codes: ['enforcement_unproven'],
    because: /a job for uat/,
  },
  {
    name: "GitHub's own hold is not proven, and somebody is seen to have approved",
    world: atDoor({ evidence: 'enforced' }, [approved('mona', 'dev')], { held: null }),
    environment,
    codes: [],
  },
  {
    name: "GitHub's own hold proves nothing before the door",
    world: asked({ evidence: 'enforced' }, []),
    environment,
    codes: ['approval_required'],
    verdict: 'ask',
  },
  {
    name: "GitHub's own hold and unread reviews",
    world: atDoor({ evidence: 'enforced' }, UNREAD),
    environment,
    codes: [],
    verdict: 'deploy',
  },
  {
    name: "GitHub's own hold and one name may be the same person",
    world: atDoor({ evidence: 'enforced', approvals: 2 }, [approved('mona', 'dev')]),
    environment,
    codes: ['approval_missing'],
  },
  {
    name: "whoever GitHub's hold asked may be the initiator, who may not",
    world: atDoor({ evidence: 'enforced', exclude: ['initiator'] }, []),
    environment,
    codes: ['approval_missing'],
  },
  {
    name: 'a bot started it, and the initiator may not',
    world: atDoor({ exclude: ['initiator'] }, [approved('mona', 'dev')], { candidate: { bot: 'github-actions[bot]' } }),
    environment,
    codes: ['initiator_unknown'],
    verdict: 'blocked',
    because: /github-actions\[bot\] started this run/,
  },
  {
    name: 'a bot started it, and asking would be in vain',
    world: asked({ exclude: ['initiator'] }, [], { candidate: { bot: 'github-actions[bot]' } }),
    environment,
    codes: ['initiator_unknown'],
    verdict: 'blocked',
  },
  {
    name: 'a bot started it, and the initiator may',
    world: atDoor({}, [approved('mona', 'dev')], { candidate: { bot: 'github-actions[bot]' } }),
    environment,
    codes: [],
  },
  {
    name: "a bot started it, and whoever GitHub's hold asked may have had it do so",
    world: atDoor({ evidence: 'enforced', exclude: ['initiator'] }, [], {
      seen: { ...people, preventSelfReview: true },
      candidate: { bot: 'github-actions[bot]' },
    }),
    environment,
    codes: ['initiator_unknown'],
  },
  {
    name: 'somebody who started an earlier attempt of the run',
    world: atDoor({ exclude: ['initiator'] }, [approved('mona', 'dev')], { candidate: { initiators: ['octocat', 'Mona'] } }),
    environment,
    codes: ['approval_missing'],
  },
  {
    name: "whoever GitHub's hold asked cannot be the initiator",
    world: atDoor({ evidence: 'enforced', exclude: ['initiator'] }, [], { seen: { ...people, preventSelfReview: true } }),
    environment,
    codes: [],
  },
  {
    name: "whoever GitHub's hold asked may be who started an earlier attempt, whom GitHub does not keep out",
    world: atDoor({ evidence: 'enforced', exclude: ['initiator'] }, [], {
      seen: { ...people, preventSelfReview: true },
      candidate: { initiators: ['octocat', 'mona'] },
    }),
    environment,
    codes: ['approval_missing'],
  },
  {
    name: "whoever GitHub's hold asked may be the author, who may not",
    world: atDoor({ evidence: 'enforced', exclude: ['author'] }, [], { seen: { ...people, preventSelfReview: true } }),
    environment,
    codes: ['approval_missing'],
  },
  {
    name: 'a re-run of a job that succeeded, after others took its place',
    world: rerun(other('dev', { ...firstAttempt }), approved('mona', 'dev')),
    environment,
    codes: ['approval_stale'],
    verdict: 'blocked',
    because: /What mona approved let another promotion of this run enter already\.$/,
  },
  {
    name: 'a re-run that was approved once more',
    world: rerun(other('dev', { ...firstAttempt }), approved('mona', 'dev'), approved('mona', 'dev')),
    environment,
    codes: [],
  },
  {
    name: 'a re-run after a failure of the same artifact',
    world: rerun(record('dev', { ...firstAttempt, outcome: 'failure' }), approved('mona', 'dev')),
    environment,
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'a re-run that built something else than was approved',
    world: rerun(record('dev', { ...firstAttempt, outcome: 'failure', digest: OTHER_DIGEST }), approved('mona', 'dev')),
    environment,
    codes: ['approval_stale'],
  },
  {
    name: 'a record of another run uses nothing up',
    world: rerun(other('dev', { ...firstAttempt, run: { id: 2, attempt: 1 } }), approved('mona', 'dev')),
    environment,
    codes: [],
  },
  {
    name: 'a withdrawn record uses nothing up',
    world: rerun(other('dev', { ...firstAttempt, outcome: 'withdrawn' }), approved('mona', 'dev')),
    environment,
    codes: [],
  },
];
