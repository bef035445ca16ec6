import { afterEach, describe, expect, it } from 'vitest';
import { CALLER, openShop, SHORT, type Shop } from './shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const GATE = 'Stage 2 (production) / Deploy to production';
const SOAKING = SHORT.replace('    role: production\n', '    role: production\n    soak: { in: dev, for: 8h }\n');
/** The sandbox begins on a Monday, 2 March 2026, at 10:00 UTC. */
const OFFICE = SHORT.replace(
  '    role: production\n',
  "    role: production\n    windows: [{ days: mon-fri, hours: '09:00-16:00', zone: UTC }]\n",
);

describe('waiting for time', () => {
  it('ends the run before a soak, and a schedule takes it up the next morning, once', async () => {
    shop = await openShop({ pipeline: SOAKING });
    const run = await shop.push('main', 'over night');
    expect(shop.run(run)).toMatchObject({ status: 'completed', conclusion: 'success', attempt: 1, jobs: { 'Stage 2': 'skipped' } });
    await shop.advance(22);
    expect(shop.timesTakenUp(run)).toBe(0);
    await shop.advance(2);
    const next = shop.goesOnAs(run);
    expect(shop.run(next)).toMatchObject({
      status: 'waiting',
      jobs: { Build: 'skipped', 'Stage 1 (production) / Deploy to production': 'waiting' },
    });
    await shop.approve(next, 'production', 'mona');
    await shop.advance(24);
    expect(shop.run(next)).toMatchObject({ conclusion: 'success' });
    expect(shop.timesTakenUp(run)).toBe(1);
    expect(shop.history()).toEqual(['dev over night', 'production over night']);
    expect(shop.live('production')?.build).toBe(shop.live('dev')?.build);
  });

  it('is taken up once, also when two schedules look at the same time', async () => {
    const twice = CALLER.replace("[{ cron: '17 9 * * *' }]", "[{ cron: '17 9 * * *' }, { cron: '17 9 * * 1-5' }]");
    shop = await openShop({ pipeline: SOAKING, caller: twice });
    const run = await shop.push('main', 'only once');
    await shop.advance(24);
    expect(shop.run(shop.goesOnAs(run))).toMatchObject({ status: 'waiting' });
    expect(shop.timesTakenUp(run)).toBe(1);
    await shop.approve(shop.goesOnAs(run), 'production', 'mona');
    expect(shop.history().filter((line) => line.startsWith('production'))).toHaveLength(1);
  });

  it('takes up the newest where several wait for the same environment', async () => {
    shop = await openShop({ pipeline: OFFICE, now: '2026-03-02T17:00:00Z' });
    const older = await shop.push('main', 'older');
    const newer = await shop.push('main', 'newer');
    await shop.advance(17);
    expect([shop.timesTakenUp(older), shop.timesTakenUp(newer)]).toEqual([0, 1]);
    expect(shop.run(shop.goesOnAs(newer)).status).toBe('waiting');
  });

  it('a window that closes while a reviewer thinks keeps the candidate out until it opens again', async () => {
    shop = await openShop({ pipeline: OFFICE });
    const run = await shop.push('main', 'thought over');
    expect(shop.run(run)).toMatchObject({ status: 'waiting', jobs: { [GATE]: 'waiting' } });
    await shop.advance(7);
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', attempt: 1 });
    expect(shop.log(run, GATE)).toContain('outside_window');
    expect(shop.live('production')).toBeNull();
    await shop.advance(17);
    expect(shop.timesTakenUp(run)).toBe(1);
    await shop.approve(shop.goesOnAs(run), 'production', 'mona');
    expect(shop.live('production')?.message).toBe('thought over');
  });

  it('goes no further either when GitHub drops what the job said, because a secret hides the word', async () => {
    const window = "gate: { approvals: 1 }, windows: [{ days: mon-fri, hours: '09:00-16:00', zone: UTC }], ";
    const pipeline = SHORT.replace('{ role: development, ', `{ role: development, ${window}`);
    // Each line of a secret is hidden wherever it occurs, and an output in which something is hidden does not leave the job.
    shop = await openShop({ pipeline, secrets: { PROMOTE_ENV: "NOTE='first\nwait\nlast'" } });
    shop.sandbox.given.environment('dev', { reviewers: ['mona'] });
    const run = await shop.push('main', 'late');
    await shop.advance(7);
    await shop.approve(run, 'dev', 'mona');
    expect(shop.log(run, 'Stage 1 (dev) / Deploy to dev')).toContain('outside_window');
    expect(shop.run(run)).toMatchObject({
      status: 'completed',
      conclusion: 'success',
      jobs: { 'Stage 2': 'skipped' },
    });
    expect(shop.history()).toEqual([]);
  });

  it('and a record that somebody writes about such a run does not make it one that went in', async () => {
    const window = "gate: { approvals: 1 }, windows: [{ days: mon-fri, hours: '09:00-16:00', zone: UTC }], ";
    shop = await openShop({ pipeline: SHORT.replace('{ role: development, ', `{ role: development, ${window}`) });
    shop.sandbox.given.environment('dev', { reviewers: ['mona'] });
    const run = await shop.push('main', 'late');
    await shop.advance(7);
    await shop.approve(run, 'dev', 'mona');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success' });
    const sha = shop.repository.sha('main');
    shop.forge({ sha, environment: 'dev', run });
    const byHand = await shop.byHand({ environment: 'production', ref: 'refs/heads/main', sha });
    expect(shop.run(byHand)).toMatchObject({ status: 'completed', conclusion: 'failure' });
    expect(shop.log(byHand, 'Plan')).toContain('record_unverified');
    expect(shop.history()).toEqual([]);
  });

  it('a freeze that begins while people think, and a hold, keep it out as well', async () => {
    const frozen = `${SHORT}freezes:\n  - { environments: [production], from: 2026-03-02T12:00, until: 2026-03-03T12:00, zone: UTC, reason: audit }\n`;
    shop = await openShop({ pipeline: frozen });
    const run = await shop.push('main', 'too late');
    await shop.advance(3);
    await shop.approve(run, 'production', 'mona');
    expect(shop.run(run).conclusion).toBe('success');
    expect(shop.log(run, GATE)).toContain('audit');
    shop.sandbox.given.issue({ title: 'production: database upgrade', labels: ['promote:hold'], author: 'mona' });
    const held = await shop.push('main', 'held');
    expect(shop.run(held)).toMatchObject({ conclusion: 'success', jobs: { 'Stage 2': 'skipped' } });
    expect(shop.live('production')).toBeNull();
  });
});

describe('what a schedule takes up', () => {
  const WINDOW_FIRST = OFFICE.replace('path: [dev, production] }', 'path: [production] }');

  it('is also what waited before its first stage, for a window or for a hold that was lifted', async () => {
    shop = await openShop({ pipeline: WINDOW_FIRST, now: '2026-03-02T17:00:00Z' });
    const run = await shop.push('main', 'at night');
    expect(shop.run(run)).toMatchObject({ conclusion: 'success', jobs: { Build: 'skipped', 'Stage 1': 'skipped' } });
    const hold = shop.sandbox.given.issue({ title: 'production: audit', labels: ['promote:hold'], author: 'mona' });
    await shop.advance(17);
    expect(shop.timesTakenUp(run)).toBe(0);
    shop.sandbox.given.closeIssue(hold.number);
    await shop.advance(24);
    expect(shop.timesTakenUp(run)).toBe(1);
    expect(shop.run(shop.goesOnAs(run))).toMatchObject({ status: 'waiting', jobs: { 'Build / Build': 'success' } });
  });

  it('is not what a person rejected, nor what failed', async () => {
    shop = await openShop({ pipeline: OFFICE });
    const run = await shop.push('main', 'rejected');
    await shop.reject(run, 'production', 'mona');
    await shop.advance(24);
    expect(shop.run(run).conclusion).toBe('failure');
    expect(shop.timesTakenUp(run)).toBe(0);
    expect(shop.log(shop.lastRun(), 'Take up what waited for time')).toContain('No candidate waits');
  });
});
