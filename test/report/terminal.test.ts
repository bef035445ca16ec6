import { describe, expect, it } from 'vitest';
import type { Explanation, MissingFact } from '../../src/decision/explain.ts';
import { explainText, planText } from '../../src/report/terminal.ts';
import { asking, barred, changes, commit, decision, HOUR, NOW, pipeline, reason, step, subject } from './samples.ts';

const PLAIN_80 = { width: 80, colour: false };

describe('a plan in a terminal', () => {
  it('reads at 80 columns', () => {
    expect(planText(asking(), PLAIN_80)).toBe(`v1.4.2 may enter production after 2 approvals: asks octo-org/release.

  commit    c0ffee12 on refs/heads/main
  route     mainline
  artifact  sha256:abababababab
  policy    .github/promote.yml at feedface
  decided   Mon 2026-11-02 11:00 Europe/Berlin (10:00 UTC)

Path
  1  dev         ✔ passed      live: v1.4.2 since 2026-11-02 06:00 Europe/Berlin
  2  uat         ✔ passed      live: v1.4.2 since 2026-11-02 06:00 Europe/Berlin
  3  staging     ✔ passed      live: v1.4.2 since 2026-11-02 06:00 Europe/Berlin
  4  production  ? asks        live: v1.4.1 since 2026-10-30 11:00 Europe/Berlin
                               · approval_required

What is missing
  approval_required (production)
    2 approvals are needed to enter production, 0 are given.
    fix    Approve the deployment under "Review deployments" of the run.
    who    octo-org/release

What enters production, in place of v1.4.1 (0ddba112)
  3 commits by mona and octocat
  #12      Pay by invoice · mona
  00000000 Mend a typo · octocat
`);
  });

  it('says at 120 columns the same in fewer lines', () => {
    const words = (text: string): string[] => text.split(/\s+/);
    const narrow = planText(barred(), PLAIN_80);
    const wide = planText(barred(), { width: 120, colour: false });
    expect(words(wide)).toEqual(words(narrow));
    expect(wide.split('\n').length).toBeLessThan(narrow.split('\n').length);
    expect(wide).toContain('  2  qa          ✖ blocked     live: v1.4.1 since 2026-10-30 11:00 Europe/Berlin · held, diverged\n');
  });

  it.each([80, 120])('fits into %d columns', (width) => {
    const many = Array.from({ length: 30 }, (_, position) => commit(position, { title: 'A title of several words '.repeat(6) }));
    const told = asking({ changes: new Map([['production', changes(many, false)]]), pipeline: pipeline({ source: 'built-in' }) });
    for (const plan of [planText(told, { width, colour: false }), planText(barred(), { width, colour: false })]) {
      expect(Math.max(...plan.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
    }
  });

  it('counts the changes it does not list', () => {
    const many = Array.from({ length: 30 }, (_, position) => commit(position));
    const plan = planText(asking({ changes: new Map([['production', changes(many, false)]]) }), PLAIN_80);
    expect(plan).toContain('  at least 30 commits by octocat\n');
    expect(plan.match(/Change number/g)).toHaveLength(20);
    expect(plan.endsWith('  … and 10 more\n')).toBe(true);
  });

  it('says which command writes the built-in pipeline out', () => {
    expect(planText(asking({ pipeline: pipeline({ source: 'built-in' }) }), { width: 200, colour: false })).toContain(
      '  - To have the built-in pipeline as a file and edit it: promote pipeline > .github/promote.yml\n',
    );
  });

  it('is coloured only when asked, and says the same then', () => {
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
    const coloured = planText(barred(), { width: 80, colour: true });
    expect(coloured.match(escapes)?.length).toBeGreaterThan(10);
    expect(coloured.replace(escapes, '')).toBe(planText(barred(), PLAIN_80));
  });

  it('lets no outsider write to the terminal or command the runner', () => {
    const evil = '\u001B[2J\u001B]0;title\u0007\r\n::error::x ##[debug]\u202E';
    const environments = [
      step(evil, 1, {
        state: 'next',
        verdict: 'wait',
        reasons: [reason('held', { because: evil, fix: evil, who: [evil], environment: evil })],
      }),
    ];
    const told = subject({
      decision: decision({
        candidate: { sha: evil, ref: evil, version: evil, digest: evil },
        route: evil,
        targets: [evil],
        environments,
        notes: [evil],
      }),
      changes: new Map([[evil, changes([commit(1, { title: evil, author: evil })])]]),
    });
    const plan = planText(told, PLAIN_80);
    expect(plan.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(plan).not.toMatch(/::|##\[/);
  });
});

describe('an explanation in a terminal', () => {
  const approval: MissingFact = {
    code: 'approval_required',
    environment: 'production',
    what: 'Approve the deployment.',
    because: 'Nobody has approved.',
    who: ['octo-org/release', 'mona'],
    when: null,
  };
  const time: MissingFact = {
    code: 'outside_window',
    environment: 'production',
    what: 'Wait until a window opens.',
    because:
      'production takes entries mon-thu 09:00-16:00 Europe/Berlin; this sentence is long enough to be wrapped at the eightieth column.',
    who: [],
    when: NOW + 22 * HOUR,
  };

  function told(changed: Partial<Explanation>, width = 80): string {
    const explained: Explanation = { environment: 'production', verdict: 'wait', missing: [], sufficient: true, ...changed };
    return explainText(explained, subject(), { width, colour: false });
  }

  it('lists what is missing in the order in which it can be supplied, with who and when', () => {
    expect(told({ missing: [time, approval] })).toBe(`v1.4.2 is not through to production yet. 2 facts are missing, and together they
suffice:

  1  Wait until a window opens.
     outside_window (production): production takes entries mon-thu 09:00-16:00
     Europe/Berlin; this sentence is long enough to be wrapped at the eightieth
     column.
     when  Tue 2026-11-03 09:00 Europe/Berlin (08:00 UTC), in 22h

  2  Approve the deployment.
     approval_required (production): Nobody has approved.
     who   octo-org/release or mona
`);
  });

  it.each<[Partial<Explanation>, string]>([
    [{ verdict: 'deploy' }, 'Nothing is missing: v1.4.2 may enter production now.'],
    [{ verdict: 'complete' }, 'v1.4.2 has passed production; nothing is missing.'],
    [{ missing: [approval] }, 'v1.4.2 is not through to production yet. 1 fact is missing, and it suffices:'],
    [{ verdict: 'superseded', missing: [approval] }, 'v1.4.2 is superseded in production. 1 fact is missing, and it suffices:'],
    [{ missing: [approval], sufficient: false }, 'v1.4.2 cannot get into production: this stands in the way for good.'],
    [
      { missing: [time, approval], sufficient: false },
      'v1.4.2 cannot get into production: whatever else happens, the last of these stands in the way for good.',
    ],
  ])('%j', (changed, sentence) => {
    expect(told(changed, 200).split('\n')[0]).toBe(sentence);
  });

  it('lets no outsider write to the terminal or command the runner', () => {
    const evil = '\u001B[2J\r\n::error::x ##[debug]\u202E';
    const shown = told({ environment: evil, missing: [{ ...approval, environment: evil, what: evil, because: evil, who: [evil] }] });
    expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(shown).not.toMatch(/::|##\[/);
  });
});
