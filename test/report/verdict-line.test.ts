import { describe, expect, it } from 'vitest';
import type { EnvironmentDecision } from '../../src/decision/decision.ts';
import { MARKDOWN, PLAIN } from '../../src/report/markup.ts';
import type { Subject } from '../../src/report/subject.ts';
import { verdictSentences } from '../../src/report/verdict-line.ts';
import { barred, decision, HOUR, live, NOW, passed, reason, step, subject } from './samples.ts';

function about(target: Partial<EnvironmentDecision>, changed: Partial<Subject> = {}): Subject {
  const environments = [passed('dev', 1), step('production', 2, { state: 'next', ...target })];
  return subject({ decision: decision({ verdict: target.verdict ?? 'blocked', targets: ['production'], environments }), ...changed });
}

const TWO_MISSING = { required: 2, given: [], missing: 2, by: ['octo-org/release', 'mona'] };

describe('the answer in plain words', () => {
  it.each<[string, Subject, string]>([
    ['free', about({ verdict: 'deploy' }), 'v1.4.2 may enter production now.'],
    ['free, at the door', about({ verdict: 'deploy' }, { moment: 'door' }), 'v1.4.2 enters production.'],
    ['a rollback', about({ verdict: 'deploy' }, { intent: 'rollback' }), 'v1.4.2 may go back to production now.'],
    ['a rollback at the door', about({ verdict: 'deploy' }, { intent: 'rollback', moment: 'door' }), 'v1.4.2 goes back to production.'],
    [
      'asks',
      about({ verdict: 'ask', approvals: TWO_MISSING }),
      'v1.4.2 may enter production after 2 approvals: asks octo-org/release or mona.',
    ],
    [
      'asks for the rest',
      about({ verdict: 'ask', approvals: { required: 2, given: ['mona'], missing: 1, by: [] } }),
      'v1.4.2 may enter production after 1 more approval: asks the environment’s reviewers.',
    ],
    [
      'waits for time',
      about({ verdict: 'wait', liftsAt: NOW + 22 * HOUR }),
      'v1.4.2 waits for production until Tue 2026-11-03 09:00 Europe/Berlin (08:00 UTC), in 22h.',
    ],
    [
      'waits for time, then for people',
      about({ verdict: 'wait', liftsAt: NOW + 90 * 60_000, approvals: TWO_MISSING }),
      'v1.4.2 waits for production until Mon 2026-11-02 12:30 Europe/Berlin (11:30 UTC), in 1h30m; 2 approvals will be needed then, of octo-org/release or mona.',
    ],
    [
      'waits for a person',
      about({ verdict: 'wait', reasons: [reason('held', { because: 'mona holds it (https://github.com/octo-org/shop/issues/1).' })] }),
      'v1.4.2 waits for production: mona holds it.',
    ],
    [
      'entered, and waits there',
      about({ state: 'entered', verdict: 'wait', reasons: [reason('acceptance_missing', { because: 'Nobody has accepted it.' })] }),
      'v1.4.2 is in production and waits there: Nobody has accepted it.',
    ],
    [
      'entered, and goes no further',
      about({ state: 'entered', verdict: 'blocked', reasons: [reason('rehearsal_failed', { because: 'The rehearsal failed.' })] }),
      'v1.4.2 is in production and goes no further: The rehearsal failed.',
    ],
    [
      'blocked, the strongest reason first',
      about({
        verdict: 'blocked',
        reasons: [reason('held'), reason('approval_required'), reason('fork', { because: 'It comes from a fork.' })],
      }),
      'v1.4.2 may not enter production: It comes from a fork (and 1 more reason).',
    ],
    [
      'superseded',
      about({
        verdict: 'superseded',
        live: live('v1.5.0'),
        reasons: [reason('superseded', { because: 'v1.5.0 is live there and contains it.' })],
      }),
      'v1.4.2 is superseded in production: v1.5.0 is live there and contains it.',
    ],
    [
      'complete',
      subject({ decision: decision({ verdict: 'complete' }) }),
      'v1.4.2 has passed every environment on its path; nothing is left to do.',
    ],
    ['complete in the one asked for', about({}, { environment: 'dev' }), 'v1.4.2 has passed dev; nothing is left to do there.'],
    ['asked for in other letters', about({ verdict: 'deploy' }, { environment: 'Production' }), 'v1.4.2 may enter production now.'],
    ['not on the path', about({}, { environment: 'qa' }), 'v1.4.2 does not travel to qa: route mainline does not lead there.'],
    [
      'no route',
      subject({
        decision: decision({
          route: null,
          verdict: 'blocked',
          reasons: [reason('no_route', { environment: null, because: 'No route takes it.' })],
        }),
      }),
      'v1.4.2 goes nowhere: No route takes it.',
    ],
    [
      'no route and no reason',
      subject({ decision: decision({ route: null, verdict: 'blocked' }) }),
      'v1.4.2 goes nowhere: no route takes branch main.',
    ],
  ])('%s', (_name, told, sentence) => {
    expect(verdictSentences(told, PLAIN)).toEqual([sentence]);
  });

  it('is one sentence for environments of which the same is true, and one each otherwise', () => {
    const free = { state: 'next', verdict: 'deploy' } as const;
    const environments = [step('uat', 1, free), step('qa', 1, free), step('training', 1, { state: 'next', verdict: 'wait' })];
    const told = subject({ decision: decision({ targets: ['uat', 'qa', 'training'], environments }) });
    expect(verdictSentences(told, MARKDOWN)).toEqual(['v1.4.2 may enter **uat** and **qa** now.', 'v1.4.2 waits for **training**.']);
  });

  it('tells a lift at the first whole minute at which it has lifted', () => {
    const told = about({ verdict: 'wait', liftsAt: Date.UTC(2026, 10, 3, 8, 0, 1) });
    expect(verdictSentences(told, PLAIN)[0]).toContain('09:01 Europe/Berlin (08:01 UTC)');
  });

  it('is the same in Markdown, escaped', () => {
    const told = barred();
    const attack = { ...told, decision: { ...told.decision, candidate: { ...told.decision.candidate, version: '<img>|`x`' } } };
    expect(verdictSentences(attack, MARKDOWN)[1]).toBe(
      '&lt;img&gt;\\|\\`x\\` may not enter **qa**: v1.4.1 is live there and is not contained in v1.4.2 (and 1 more reason).',
    );
  });
});
