import { gate, NOW, other, passedBefore, protection, record, user, world } from '../world.ts';
import type { Case } from './case.ts';

const doubted = (name: string) =>
  record(name, { kind: 'foreign', digest: null, doubt: 'GitHub has no run 7, or none any more, and no confirmed record rests on it' });

const back = { intent: 'rollback' as const };
/** Confirmed by nothing but its age. */
const aged = record('production', { createdAt: NOW - 400 * 86_400_000, aged: true });

export const cases: readonly Case[] = [
  { name: 'every record is confirmed', world: world({ records: passedBefore('production') }), codes: [], verdict: 'deploy' },
  {
    name: 'the one of the stage before is not: that stage comes next again',
    world: world({ records: { ...passedBefore('production'), staging: [doubted('staging')] } }),
    codes: ['record_unverified'],
    verdict: 'blocked',
    because: /^Record \d+ says that the candidate succeeded in staging, and does not count: GitHub has no run 7, or none any more/,
    fix: /^Start a new run/,
  },
  {
    name: 'the stage whose record is in doubt may be entered again',
    world: world({ records: { ...passedBefore('production'), staging: [doubted('staging')] } }),
    environment: 'staging',
    codes: [],
    verdict: 'deploy',
    state: 'next',
  },
  {
    name: 'one in doubt beside one that counts does no harm',
    world: world({ records: { ...passedBefore('production'), staging: [doubted('staging'), record('staging')] } }),
    codes: [],
    verdict: 'deploy',
  },
  {
    name: 'of another version: nothing is said about this one',
    world: world({
      records: { ...passedBefore('production'), staging: [other('staging', { kind: 'foreign', digest: null, doubt: 'x' })] },
    }),
    codes: [],
    verdict: 'blocked',
  },
  {
    name: 'a rollback to what claims that it succeeded here',
    world: world({ records: { production: [doubted('production'), other('production')] }, evidence: back }),
    codes: ['record_unverified'],
    verdict: 'blocked',
    because: /^Record \d+ says that the candidate succeeded in production, and does not count/,
  },
  {
    name: 'a rollback to what is older than the memory of runs, where no gate asks a person',
    world: world({ records: { production: [aged, other('production')] }, relations: {}, evidence: back }),
    codes: ['record_unverified'],
    verdict: 'blocked',
    because:
      /^GitHub has no run any more that confirms that v2\.0\.0 \(c0ffee12\) succeeded in production \(record \d+\), and no gate asks/,
    fix: /give the environment a gate/,
  },
  {
    name: 'a rollback to the same, where people decide',
    world: world({
      rules: { production: { gate: gate() } },
      protection: { production: protection([user('mona')]) },
      records: { production: [aged, other('production')] },
      relations: {},
      evidence: back,
    }),
    codes: [],
    verdict: 'ask',
  },
];
