import { describe, expect, it } from 'vitest';
import { type AcceptanceSubject, acceptanceBrief, acceptanceText } from '../../src/report/acceptance.ts';
import { REASONS_PAGE, reason, subject } from './samples.ts';

function about(changed: Partial<AcceptanceSubject['acceptance']>): AcceptanceSubject {
  return {
    ...subject({ moment: 'door' }),
    environment: 'uat',
    acceptance: { verdict: 'deploy', reasons: [], approvedBy: [], required: 1, missing: 0, ...changed },
  };
}

const REFUSED = about({
  verdict: 'blocked',
  reasons: [
    reason('acceptance_unapproved', {
      environment: 'uat',
      because: '1 approval of uat-acceptance asked for, and nobody has given one that counts.',
      fix: 'Approve the waiting deployment.',
      who: ['octo-org/product', '::error::mona'],
    }),
  ],
});

describe('an acceptance', () => {
  it.each([
    [{ approvedBy: ['mona', 'hubot'] }, 'v1.4.2 is accepted in uat by mona and hubot.'],
    [{}, 'v1.4.2 is accepted in uat by its reviewers.'],
    [{ verdict: 'complete' }, 'v1.4.2 had been accepted in uat already; nothing is recorded twice.'],
  ] as const)('%j is one sentence', (changed, sentence) => {
    expect(acceptanceText(about(changed))).toBe(sentence);
    expect(acceptanceBrief(about(changed))).toMatch(/^### .*\n$/);
  });

  it('that is refused gives its reasons as a door does, and no line is a command to the runner', () => {
    expect(acceptanceText(REFUSED)).toBe(`v1.4.2 is not accepted in uat.

acceptance_unapproved (uat): 1 approval of uat-acceptance asked for, and nobody has given one that counts.
  Fix: Approve the waiting deployment.
  Who: octo-org/product or : :error: :mona`);
  });

  it('that is refused has a table of reasons in the summary, each with its page', () => {
    const summary = acceptanceBrief(REFUSED);
    expect(summary).toContain(`| [\`acceptance_unapproved\`](${REASONS_PAGE}#acceptance_unapproved) | 1 approval of `);
    expect(summary).toMatch(/\| octo-org\/product or /);
  });
});
