import { describe, expect, it } from 'vitest';
import { explanation, refusal } from '../../src/report/refusal.ts';
import { asking, barred, decision, reason, step, subject } from './samples.ts';

describe('a refusal', () => {
  it('names version, environment and code in its title, and every reason with fix, who and when below', () => {
    expect(refusal(barred({ environment: 'production', moment: 'door' }))).toEqual({
      title: 'v1.4.2 waits for production: outside_window',
      message: `v1.4.2 waits for production until Tue 2026-11-03 09:00 Europe/Berlin (08:00 UTC), in 22h.

outside_window (production): production is entered mon-thu 09:00-16:00 Europe/Berlin only.
  Fix: Wait until the window opens.
  Lifts: Tue 2026-11-03 09:00 Europe/Berlin (08:00 UTC), in 22h`,
    });
    expect(refusal(barred({ environment: 'qa', moment: 'door' }))).toEqual({
      title: 'v1.4.2 may not enter qa: diverged',
      message: `v1.4.2 may not enter qa: v1.4.1 is live there and is not contained in v1.4.2 (and 1 more reason).

diverged (qa): v1.4.1 is live there and is not contained in v1.4.2.
  Fix: Merge v1.4.1 into main and promote the result.
  Who: whoever may push to main

held (qa): mona holds qa since 2026-11-01: load test running (https://github.com/octo-org/shop/issues/31).
  Fix: Close the issue when the load test is over.
  Who: mona`,
    });
  });

  it('of a whole stage names the environments with the verdict of the stage', () => {
    expect(refusal(barred()).title).toBe('v1.4.2 waits in uat: acceptance_missing');
  });

  it.each([
    [{ state: 'entered', verdict: 'blocked' }, 'promote', 'v1.4.2 goes no further than qa: vetoed'],
    [{ state: 'next', verdict: 'blocked' }, 'promote', 'v1.4.2 may not enter qa: vetoed'],
    [{ state: 'next', verdict: 'blocked' }, 'rollback', 'v1.4.2 may not go back to qa: vetoed'],
    [{ state: 'next', verdict: 'superseded' }, 'promote', 'v1.4.2 is superseded in qa: vetoed'],
  ] as const)('tells %j of a %s apart', (target, intent, title) => {
    const environments = [step('qa', 1, { ...target, reasons: [reason('vetoed')] })];
    expect(refusal(subject({ intent, decision: decision({ verdict: target.verdict, targets: ['qa'], environments }) })).title).toBe(title);
  });

  it('without a route goes nowhere', () => {
    const because = 'No route takes branch x.';
    const told = subject({
      decision: decision({ route: null, verdict: 'blocked', reasons: [reason('no_route', { environment: null, because })] }),
    });
    expect(refusal(told)).toEqual({
      title: 'v1.4.2 goes nowhere: no_route',
      message: 'v1.4.2 goes nowhere: No route takes branch x.\n\nno_route: No route takes branch x.\n  Fix: Bring it.',
    });
  });

  it('has a short title whatever the version is called, and tells the runner nothing', () => {
    const evil = '::set-output name=proceed::true\n##[add-mask]x\n::error::';
    const reasons = Array.from({ length: 40 }, (_, position) =>
      reason('held', { because: `${position} ${evil}`, fix: evil, who: [evil], environment: evil }),
    );
    const environments = [step('x'.repeat(255), 1, { state: 'next', verdict: 'wait', reasons })];
    const candidate = { sha: 'x', ref: `refs/tags/${evil}`, version: `${evil}${'y'.repeat(500)}`, digest: null };
    const { title, message } = refusal(
      subject({ decision: decision({ candidate, verdict: 'wait', targets: ['x'.repeat(255)], environments }) }),
    );
    expect(title.length).toBeLessThanOrEqual(120);
    expect(title).not.toMatch(/\n|::|##\[/);
    expect(message).not.toMatch(/::|##\[/);
    expect(message.match(/ {2}Fix: /g)).toHaveLength(10);
    expect(message.endsWith('\n\nand 30 more')).toBe(true);
  });

  it('names a reason once that bars several environments', () => {
    const same = reason('fork', { environment: null, because: 'It comes from a fork.' });
    const environments = ['uat', 'qa'].map((name) => step(name, 1, { state: 'next', reasons: [same] }));
    const told = explanation(
      subject({ decision: decision({ verdict: 'blocked', targets: ['uat', 'qa'], environments, reasons: [same] }) }),
    );
    expect(told).toBe('v1.4.2 may not enter uat and qa: It comes from a fork.\n\nfork: It comes from a fork.\n  Fix: Bring it.');
  });
});

describe('an explanation', () => {
  it('exists for an answer that is no refusal', () => {
    expect(explanation(asking())).toBe(`v1.4.2 may enter production after 2 approvals: asks octo-org/release.

approval_required (production): 2 approvals are needed to enter production, 0 are given.
  Fix: Approve the deployment under "Review deployments" of the run.
  Who: octo-org/release`);
  });
});
