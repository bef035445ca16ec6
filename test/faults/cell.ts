/** One cell of the matrix: a journey in a world of its own, with one fault on one of its requests. */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { LoggedRequest } from '../../sandbox/github/index.ts';
import { FAULTS, type FaultKind, isWrite } from './faults.ts';
import type { Attempt, Job, Journey, Stage } from './journeys.ts';
import { type Asked, kindOf } from './requests.ts';

export interface Cell {
  readonly stage: Stage;
  readonly asked: Asked;
  readonly fault: FaultKind;
  /** Requests of the journey when nothing goes wrong. */
  readonly usual: number;
}

/** Struck, once at most times: the journey ends as if nothing had been, for few requests more. @returns what to write into the table */
export async function inPassing(cell: Cell, how: 'once' | 'always' = 'once'): Promise<string> {
  const attempt = await cell.stage.begin();
  const { sandbox } = attempt.world;
  const injected = sandbox.inject({
    match: matcher(cell, how),
    fault: cell.fault.inPassing(sandbox.clock.now(), cell.asked.example),
    times: how === 'once' ? 1 : Number.POSITIVE_INFINITY,
  });
  const job = await attempt.job(cell.fault.timeouts?.[how === 'once' ? 'inPassing' : 'forGood']);
  const said = logOf(job);
  if (how === 'once') expect(injected.struck, 'the fault struck').toBe(1);
  else expect(injected.struck, 'the fault struck').toBeGreaterThanOrEqual(1);
  expect([job.main.exitCode, job.post?.exitCode ?? 0], said).toEqual([0, 0]);
  expectNothingUnfit(attempt, said);
  expectDone(attempt, cell.stage.journey, said);
  expect(attempt.executions(), said).toBe(cell.stage.journey.command === 'deploy' ? 1 : 0);
  // A write that had its effect twice is tidied up: one request to see it or to close it, one to look again.
  // After a repeated write nobody knows whether it had its effect twice, so `accept` looks; `deploy` looks at its queue anyway.
  const looks = (cell.stage.journey.command === 'accept' && isWrite(cell.asked.example)) || isVeto(cell) ? 1 : 0;
  const inVain = how === 'once' ? 0 : injected.struck;
  const more = inVain + (cell.fault.effect && isWrite(cell.asked.example) ? 3 : 1 + looks);
  const { count } = sandbox.requests;
  expect(count, sandbox.requests.lines().join('\n')).toBeLessThanOrEqual(cell.usual + more);
  await attempt.world.close();
  return `recovered (${count} requests)`;
}

/** A veto is looked for before it is filed again: each one has to be closed by a person. */
function isVeto({ asked }: Cell): boolean {
  return asked.example.operation === 'issues/create';
}

/** What had its effect although nobody heard of it is found: nothing has to be done again. */
function isLookedFor(cell: Cell): boolean {
  return cell.fault.effect && (isVeto(cell) || cell.asked.example.operation === 'repos/create-deployment-status');
}

/** Struck until the job is over: it ends without deploying what it cannot record, says why, and the next attempt comes through. */
export async function forGood(cell: Cell): Promise<string> {
  if (isLookedFor(cell)) return inPassing(cell, 'always');
  const { journey } = cell.stage;
  const attempt = await cell.stage.begin();
  const { sandbox } = attempt.world;
  const start = structuredClone(sandbox.state);
  const fault = cell.fault.forGood ?? cell.fault.inPassing(sandbox.clock.now(), cell.asked.example);
  const injected = sandbox.inject({ match: matcher(cell, 'always'), fault, times: Number.POSITIVE_INFINITY });
  // A success is waited for until the hour has ended, twice at most: here that takes seconds.
  const waits = cell.asked.name === 'post: create-deployment-status success' && fault === 'rate-limit';
  // What is not answered in time is asked in parts; where not even the first is, it ends.
  const inParts = cell.asked.name.includes('Evidence') && ['502, a page', 'no answer'].includes(cell.fault.name);
  const most = waits ? 3 : cell.fault.attempts * (inParts ? 2 : 1);
  const job = await attempt.job(waits ? { 'retry-wait': '0.001' } : cell.fault.timeouts?.forGood);
  const said = logOf(job);
  expectNothingUnfit(attempt, said);
  expect(injected.struck, said).toBeGreaterThanOrEqual(cell.fault.attempts);
  const { all } = sandbox.requests;
  for (const phase of [all.slice(0, job.main.requests), all.slice(job.main.requests)]) {
    const struck = phase.filter((request) => request.fault !== null).length;
    expect(struck, sandbox.requests.lines().join('\n')).toBeLessThanOrEqual(most);
  }
  const message = expectClosed(attempt, cell, job);
  injected.remove();
  // Where nothing at all was left, the next attempt is the journey without a fault, which is made once for each request only.
  const untouched = isDeepStrictEqual(start, { ...sandbox.state, lastId: start.lastId });
  if (untouched && cell.fault !== FAULTS[0]) return concluded(attempt, message);
  const before = attempt.executions();

  attempt.run.finish('failure');
  attempt.run.rerun();
  const next = await attempt.job();
  expect([next.main.exitCode, next.post?.exitCode ?? 0], `${said}\n--- the next attempt:\n${logOf(next)}`).toEqual([0, 0]);
  expectDone(attempt, journey, `${said}\n--- the next attempt:\n${logOf(next)}`);
  const expected = journey.command !== 'deploy' ? 0 : before + 1;
  expect(attempt.executions(), 'executions of the deploy command').toBe(expected);
  return concluded(attempt, message);
}

async function concluded(attempt: Attempt, message: string): Promise<string> {
  await attempt.world.close();
  return `closed: ${message.slice(0, 60)}`;
}

/** Once: the one meant. Always: that one and everything like it from then on, in the post phase too. */
function matcher({ asked }: Cell, how: 'once' | 'always'): (request: LoggedRequest) => boolean {
  const { example, nth } = asked;
  let seen = 0;
  return (request) => {
    const meant = kindOf(request) === kindOf(example);
    if (meant) seen += 1;
    if (how === 'once') return meant && seen === nth;
    // What is down is the service: a status that cannot be set to this cannot be set to that.
    return seen >= nth && request.operation === example.operation && request.operationName === example.operationName;
  };
}

/** What people see: the runner keeps to itself which values it hides. */
function logOf(job: Job): string {
  const all = `${job.main.log}${job.post === null ? '' : `\n--- post:\n${job.post.log}`}`;
  return all.replaceAll(/^::add-mask::.*\n/gm, '');
}

/** Nothing is printed that a person should not see. */
function expectNothingUnfit(attempt: Attempt, said: string): void {
  expect(said).not.toContain(attempt.world.token);
  expect(said).not.toMatch(/^\s+at .+[:(]\d+:\d+\)?$/m);
  expect(said).not.toMatch(/\bundefined\b|\[object |TypeError|ReferenceError/);
}

/** The job did not come through, and a person learns what, why and what to do. @returns the message */
function expectClosed(attempt: Attempt, { stage, asked, fault }: Cell, job: Job): string {
  const { journey } = stage;
  const said = logOf(job);
  const failed = job.main.exitCode !== 0 || (job.post !== null && job.post.exitCode !== 0);
  // A plan is an answer: that a part of the evidence cannot be read is one.
  const closed = failed || (journey.command === 'plan' && job.main.outputs['proceed'] === 'false');
  expect(closed, said).toBe(true);
  expect(attempt.executions(), said).toBe(asked.phase === 'post' ? 1 : 0);
  expect(doneRecords(attempt, journey), said).toEqual([]);
  const messages = annotations(said);
  expect(messages.length, said).toBeGreaterThan(0);
  for (const message of messages) {
    expect(message.length, message).toBeGreaterThan(40);
    expect(message, 'what to do is said').toMatch(/\bagain\b|next (?:run|attempt)/i);
  }
  if (fault.name === '403 primary limit' && failed) expect(said).toContain('2026-03-02T11:00:00.000Z');
  if (failed) expect(messages[0], 'what it means is said').toMatch(CONSEQUENCE[asked.phase === 'post' ? 'post' : journey.command]);
  return messages[0] ?? '';
}

/** How messages begin: with what the failure means. */
const CONSEQUENCE = {
  plan: /^Nothing could be decided/,
  deploy: /^Nothing could be decided|^Nothing was touched in|^\S+ (?:may not enter|waits for) /,
  accept: /^Nothing could be decided|^The acceptance in uat could not be recorded|^\S+ is not accepted in uat/,
  post: /^The job succeeded, and its record \d+ in dev could not be closed, so it does not count/,
} as const;

/** Titles and texts of everything the step marked as a warning or an error. */
function annotations(said: string): readonly string[] {
  return [...said.matchAll(/^::(?:error|warning)(?: title=([^:]*))?::(.*)$/gm)].map(([, title, text]) =>
    `${title === undefined ? '' : `${title}: `}${text}`
      .replaceAll('%0A', '\n')
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',')
      .replaceAll('%25', '%'),
  );
}

type RecordSeen = ReturnType<Attempt['world']['records']>[number];

/** The journey's records that count. */
function doneRecords(attempt: Attempt, journey: Journey): readonly RecordSeen[] {
  if (journey.leaves === null) return [];
  return attempt.world
    .records()
    .filter(
      ({ task, sha, environment, outcome }) =>
        task === `promote:${journey.leaves}` && sha === attempt.run.sha && environment === journey.environment && outcome === 'success',
    );
}

/** One record counts, it is the one that is live, and nothing is left open. */
function expectDone(attempt: Attempt, journey: Journey, said: string): void {
  if (journey.leaves === null) return;
  const records = attempt.world
    .records()
    .filter(({ environment, task }) => environment === journey.environment && task.startsWith('promote:'));
  expect(
    doneRecords(attempt, journey).map(({ environment }) => environment),
    said,
  ).toEqual([journey.environment]);
  expect(
    records.filter(({ outcome }) => outcome === 'open').map(({ id, task }) => `${task} ${id}`),
    said,
  ).toEqual([]);
  const last = attempt.world.sandbox.state.deployments
    .flatMap(({ sha, environment, statuses }) => statuses.map((status) => ({ ...status, sha, environment })))
    .filter(({ environment, state }) => environment === journey.environment && state === 'success')
    .at(-1);
  expect(last?.sha).toBe(attempt.run.sha);
}
