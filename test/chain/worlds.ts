/** The twelve scenarios that matter most, played wherever nobody knows how GitHub is: with each of the sandbox's switches flipped alone, and with all of them favourable. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_SIDES, FAVOURABLE, type Switches } from '../../sandbox/github/index.ts';
import { CALLER, openShop, type Shop, type ShopOptions } from './shop.ts';

export interface Scenario {
  readonly name: string;
  readonly options: ShopOptions;
  play(shop: Shop): Promise<void>;
}

/** Nothing is built and one environment entered, so that a scenario takes no longer than it must. */
const LEAN = `version: 1
environments:
  production:
    role: production
    gate: { approvals: 1, by: [octo-org/release] }
    deploy: { run: 'mkdir -p dist; git rev-parse HEAD > dist/commit; cp message.txt dist/message; echo once > dist/build; bash scripts/deploy.sh' }
routes:
  - { name: mainline, branches: [main], path: [production] }
`;
const DEV = LEAN.replace(
  'environments:\n',
  "environments:\n  dev: { role: development, deploy: { run: 'mkdir -p dist; git rev-parse HEAD > dist/commit; cp message.txt dist/message; echo once > dist/build; bash scripts/deploy.sh' } }\n",
).replace('path: [production]', 'path: [dev, production]');
const PRODUCTION = 'Stage 1 (production) / Deploy to production';
const went = (shop: Shop, environment = 'production') => shop.history().filter((line) => line.startsWith(`${environment} `));
const WINDOW = "    windows: [{ days: mon-fri, hours: '09:00-16:00', zone: UTC }]\n";

export const PROMOTIONS: readonly Scenario[] = [
  {
    name: 'goes from a push to production, and asks whoever guards it',
    options: { pipeline: DEV },
    async play(shop) {
      const run = await shop.push('main', 'umbrellas');
      expect([went(shop, 'dev'), went(shop)]).toEqual([['dev umbrellas'], []]);
      await shop.approve(run, 'production', 'mona');
      expect(shop.run(run).conclusion).toBe('success');
      expect(went(shop)).toEqual(['production umbrellas']);
    },
  },
  {
    name: 'asks as many people as the gate wants',
    options: { pipeline: LEAN.replace('approvals: 1', 'approvals: 2') },
    async play(shop) {
      const run = await shop.push('main', 'for two');
      await shop.approve(run, 'production', 'mona');
      expect(went(shop)).toEqual([]);
      await shop.approve(run, 'production', 'hubot');
      expect(went(shop)).toEqual(['production for two']);
    },
  },
  {
    name: 'keeps out what a reviewer rejects',
    options: { pipeline: LEAN },
    async play(shop) {
      const run = await shop.push('main', 'no');
      await shop.reject(run, 'production', 'mona');
      expect(shop.run(run).conclusion).toBe('failure');
      expect(went(shop)).toEqual([]);
    },
  },
  {
    name: 'has a version accepted before it goes on',
    options: {
      pipeline: DEV.replace('dev: { role: development,', 'dev: { role: development, acceptance: { approvals: 1, by: [octo-org/qa] },'),
    },
    async play(shop) {
      shop.sandbox.given.environment('dev-acceptance', { reviewers: ['octo-org/qa'] });
      const run = await shop.push('main', 'try it');
      await shop.approve(run, 'dev-acceptance', 'hubot');
      await shop.approve(run, 'production', 'mona');
      expect(went(shop)).toEqual(['production try it']);
    },
  },
  {
    name: 'takes up in the morning what soaked over night',
    options: { pipeline: DEV.replace('    role: production\n', '    role: production\n    soak: { in: dev, for: 8h }\n') },
    async play(shop) {
      const run = await shop.push('main', 'soaked');
      await shop.advance(24);
      expect(shop.timesTakenUp(run)).toBe(1);
      await shop.approve(shop.goesOnAs(run), 'production', 'mona');
      expect(went(shop)).toEqual(['production soaked']);
    },
  },
  {
    name: 'promotes by hand what another branch holds, once',
    options: { pipeline: LEAN.replace('branches: [main]', "branches: ['**']") },
    async play(shop) {
      shop.repository.commit('topic', { 'message.txt': 'of a branch' }, 'of a branch', 'octocat', 'main');
      const inputs = { environment: 'production', ref: 'refs/heads/topic' };
      const run = await shop.byHand(inputs);
      await shop.approve(run, 'production', 'mona');
      const again = await shop.byHand(inputs);
      expect([shop.run(run).conclusion, shop.run(again).conclusion]).toEqual(['success', 'success']);
      expect(went(shop)).toEqual(['production of a branch']);
    },
  },
];

export const DETOURS: readonly Scenario[] = [
  {
    name: 'repeats a deploy that failed',
    options: { pipeline: LEAN },
    async play(shop) {
      shop.breakServer('production');
      const run = await shop.push('main', 'second try');
      await shop.approve(run, 'production', 'mona');
      expect(shop.run(run).conclusion).toBe('failure');
      shop.mendServer('production');
      await shop.rerun(run, { failedOnly: true });
      await shop.approve(run, 'production', 'hubot');
      expect(shop.run(run).conclusion).toBe('success');
      expect(went(shop)).toEqual(['production second try']);
    },
  },
  {
    name: 'takes no approval for another commit than it was given for',
    options: { pipeline: LEAN.replace('branches: [main]', "branches: ['**']").replace('approvals: 1', 'approvals: 2') },
    async play(shop) {
      shop.repository.commit('topic', { 'message.txt': 'reviewed' }, 'reviewed', 'octocat', 'main');
      const run = await shop.byHand({ environment: 'production', ref: 'refs/heads/topic' });
      await shop.approve(run, 'production', 'mona');
      await shop.runner.cancel(run);
      await shop.runner.settled();
      shop.repository.commit('topic', { 'message.txt': 'slipped in' }, 'slipped in');
      await shop.rerun(run);
      expect(shop.log(run, 'Plan')).toContain('approval_stale');
      expect(went(shop)).toEqual([]);
    },
  },
  {
    name: 'keeps out what was approved after its window, until that opens again',
    options: { pipeline: LEAN.replace('    role: production\n', `    role: production\n${WINDOW}`) },
    async play(shop) {
      const run = await shop.push('main', 'thought over');
      await shop.advance(7);
      await shop.approve(run, 'production', 'mona');
      expect(shop.log(run, PRODUCTION)).toContain('outside_window');
      expect(went(shop)).toEqual([]);
      await shop.advance(17);
      await shop.approve(shop.goesOnAs(run), 'production', 'mona');
      expect(went(shop)).toEqual(['production thought over']);
    },
  },
  {
    name: 'goes back to the version before, and vetoes the one it leaves',
    options: { pipeline: LEAN },
    async play(shop) {
      const good = await shop.push('main', 'good');
      await shop.approve(good, 'production', 'mona');
      const sha = shop.repository.sha('main');
      const bad = await shop.push('main', 'bad');
      await shop.approve(bad, 'production', 'mona');
      const back = await shop.byHand({ environment: 'production', ref: 'refs/heads/main', sha, rollback: 'true' });
      await shop.approve(back, 'production', 'mona');
      expect(went(shop)).toEqual(['production good', 'production bad', 'production good']);
      expect(shop.sandbox.state.issues.map(({ labels }) => labels)).toEqual([['promote:veto']]);
    },
  },
  {
    name: 'believes no record that somebody wrote',
    options: { pipeline: DEV },
    async play(shop) {
      shop.repository.commit('main', { 'message.txt': 'never in dev' }, 'never in dev');
      const run = shop.sandbox.given.run({ headSha: shop.repository.sha('main'), status: 'completed', conclusion: 'success' });
      shop.forge({ sha: shop.repository.sha('main'), environment: 'dev', run: run.id });
      const byHand = await shop.byHand({ environment: 'production', ref: 'refs/heads/main' });
      expect(shop.log(byHand, 'Plan')).toContain('record_unverified');
      expect(went(shop)).toEqual([]);
    },
  },
  {
    name: 'shows no secret, and says whose it got',
    options: {
      pipeline: LEAN.replace('echo once', 'echo "$PASSWORD"; echo once'),
      secrets: { PROMOTE_ENV: 'PASSWORD=of-repository\n' },
      environmentSecrets: { production: { PROMOTE_ENV: 'PASSWORD=of-production\n' } },
    },
    async play(shop) {
      const run = await shop.push('main', 'with secrets');
      await shop.approve(run, 'production', 'mona');
      expect(went(shop)).toEqual(['production with secrets']);
      expect(shop.log(run, PRODUCTION)).toContain('PROMOTE_ENV is the secret');
      expect(JSON.stringify([shop.log(run, PRODUCTION), shop.sandbox.state])).not.toMatch(/of-(?:repository|production)/);
    },
  },
];

/** On the other side of `manyJobs` no run starts; that is a scenario of its own. */
const FLIPPED = (Object.keys(DEFAULT_SIDES) as (keyof Switches)[]).filter((name) => name !== 'manyJobs');

const WORLDS: readonly (readonly [string, Partial<Switches>])[] = [
  ['everything is favourable', FAVOURABLE],
  ['teamsInGraphql is null', { teamsInGraphql: 'null' }],
  ...FLIPPED.map((name) => [`${name} is ${FAVOURABLE[name]}`, { [name]: FAVOURABLE[name] }] as const),
];

export function playEverywhere(scenarios: readonly Scenario[]): void {
  describe.each(WORLDS)('where %s', (_, switches) => {
    it.each(scenarios)('$name', async ({ options, play }) => {
      const shop = await openShop({ caller: CALLER, ...options, switches });
      try {
        await play(shop);
        expect(shop.sandbox.violations).toEqual([]);
      } finally {
        await shop.close();
      }
    });
  });
}
