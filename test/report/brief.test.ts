import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import { brief, LONGEST_BRIEF } from '../../src/report/brief.ts';
import type { BriefSubject } from '../../src/report/subject.ts';
import { authorsOf, groupByPullRequest } from '../../src/report/what-enters.ts';
import {
  asking,
  barred,
  CANDIDATE_SHA,
  changes,
  commit,
  decision,
  live,
  pipeline,
  pullRequest,
  REPOSITORY,
  reason,
  step,
  subject,
} from './samples.ts';

/** Whole briefs, as files that can be read like a reader does. */
function expected(name: string): string {
  return readFileSync(join(import.meta.dirname, 'expected', `${name}.md`), 'utf8');
}

function entering(commits: ReturnType<typeof commit>[], complete = true): BriefSubject {
  return asking({ changes: new Map([['production', changes(commits, complete)]]) });
}

/** The part of a brief below a heading. */
function part(markdown: string, heading: string): string {
  return (markdown.split(`#### ${heading}\n\n`)[1] ?? '').split('\n#### ')[0]?.trim() ?? '';
}

describe('a whole brief', () => {
  it.each<[string, BriefSubject]>([
    [
      'ask',
      asking({
        records: [{ kind: 'promotion', environment: 'production', id: 42, outcome: 'in progress', url: `${REPOSITORY}/deployments/42` }],
      }),
    ],
    ['barred', barred()],
    [
      'first-deploy',
      subject({
        pipeline: pipeline({ source: 'built-in' }),
        decision: decision({
          verdict: 'deploy',
          targets: ['dev'],
          environments: [step('dev', 1, { state: 'next', verdict: 'deploy' }), step('uat', 2)],
        }),
        changes: new Map([['dev', changes([commit(1)], false)]]),
      }),
    ],
    [
      'no-route',
      subject({
        decision: decision({
          candidate: { sha: CANDIDATE_SHA, ref: 'refs/heads/try/this', version: 'try-this.c0ffee12', digest: null },
          route: null,
          verdict: 'blocked',
          reasons: [
            reason('no_route', {
              environment: null,
              because: 'No route takes branch try/this.',
              fix: 'Add a route.',
              who: ['Whoever may change the pipeline file.'],
            }),
          ],
        }),
      }),
    ],
    [
      'complete',
      subject({ decision: decision({ verdict: 'complete', environments: [step('dev', 1, { state: 'passed', verdict: 'complete' })] }) }),
    ],
  ])('%s', (name, told) => {
    expect(brief(told)).toBe(expected(name));
  });
});

describe('what enters', () => {
  it('is grouped by pull request, where its newest commit stands', () => {
    const one = pullRequest(12, 'One');
    const groups = groupByPullRequest([commit(4, { pullRequest: one }), commit(3), commit(2, { pullRequest: one }), commit(1)]);
    expect(groups.map(({ pullRequest: by, commits }) => [by?.number ?? null, commits.map(({ title }) => title)])).toEqual([
      [12, ['Change number 4', 'Change number 2']],
      [null, ['Change number 3']],
      [null, ['Change number 1']],
    ]);
  });

  it('counts authors by their part, the unknown ones together', () => {
    const commits = ['mona', null, 'octocat', 'octocat', null, 'octocat'].map((author, position) => commit(position, { author }));
    expect(authorsOf(commits)).toEqual([
      { name: 'octocat', commits: 3 },
      { name: 'unknown', commits: 2 },
      { name: 'mona', commits: 1 },
    ]);
  });

  it('reads well for a single commit', () => {
    expect(part(brief(entering([commit(1)])), 'What enters production')).toMatch(
      /\n\n\*\*1 commit\*\*, by octocat\.\n\n- \[`00000000`\]\(\S+\) Change number 1 · octocat$/,
    );
  });

  it('folds away what comes after ten lines, and counts what is not listed', () => {
    const many = part(brief(entering(Array.from({ length: 260 }, (_, position) => commit(position)))), 'What enters production');
    const [seen = '', folded = ''] = many.split('<summary>190 more</summary>');
    expect(seen.match(/^- /gm)).toHaveLength(10);
    expect(folded.match(/^- /gm)).toHaveLength(190);
    expect(many.endsWith('… and 60 more, not listed here.')).toBe(true);
  });

  it('says so when not everything could be read', () => {
    const some = part(brief(entering([commit(1)], false)), 'What enters production');
    expect(some).toContain('**At least 1 commit**');
    expect(some.endsWith('There are more commits than could be read; these are the newest.')).toBe(true);
    expect(part(brief(asking({ changes: new Map() })), 'What enters production')).toContain('What enters could not be read');
    expect(part(brief(entering([])), 'What enters production')).toContain('No commit enters that is not there already.');
    expect(part(brief(entering([], false)), 'What enters production')).toContain('What enters could not be read completely.');
  });

  it('claims no first version where nobody could read what is live', () => {
    const unread = step('dev', 1, { state: 'next', reasons: [reason('records_unread', { environment: 'dev' })] });
    const told = brief(subject({ decision: decision({ verdict: 'blocked', targets: ['dev'], environments: [unread] }) }));
    expect(part(told, 'What enters dev')).toBe('What is live there could not be read.');
    expect(told).toContain('| 1 | dev | ✖\u00A0blocked | not known | blocked: `records_unread` |');
  });

  it('is told once for environments in which the same version is live', () => {
    const free = { state: 'next', verdict: 'deploy' } as const;
    const environments = [step('uat', 1, { ...free, live: live('v1') }), step('qa', 1, { ...free, live: live('v1') }), step('eu', 1, free)];
    const told = brief(subject({ decision: decision({ targets: ['uat', 'qa', 'eu'], environments }) }));
    expect(told.match(/^#### What enters .*$/gm)).toEqual(['#### What enters uat and qa', '#### What enters eu']);
  });

  it('is what going back changes, for a rollback', () => {
    expect(brief(asking({ intent: 'rollback' }))).toContain('#### What going back changes in production\n');
  });
});

describe('approvals', () => {
  it('names who has given them and who may give the rest', () => {
    const told = asking();
    const environments = told.decision.environments.map((each) =>
      each.approvals === null
        ? each
        : { ...each, approvals: { required: 3, given: ['mona', 'hubot'], missing: 1, by: ['octo-org/release'] } },
    );
    expect(brief({ ...told, decision: { ...told.decision, environments } })).toContain(
      '\n**Approvals for production: 2 of 3**, given by mona and hubot. 1 is missing and may come from octo-org/release; whoever started this run and whoever wrote the change do not count.\n',
    );
  });
});

describe('a brief that somebody tries to abuse', () => {
  const evil =
    '`<img src=x onerror=alert(1)>` @octocat | [click](https://evil.example) www.evil.example \u202E\n\n# heading\n```\n</details>';

  function attacked(): BriefSubject {
    const reasons = [reason('held', { because: evil, fix: evil, who: [evil], environment: evil })];
    const environments = [
      step(evil, 1, {
        state: 'next',
        verdict: 'blocked',
        reasons,
        live: live(evil),
        approvals: { required: 2, given: [evil], missing: 1, by: [evil] },
      }),
      step(`${evil}2`, 2, { reasons }),
    ];
    const pull = { ...pullRequest(1, evil, evil), url: 'javascript:alert(1)' };
    return subject({
      decision: decision({
        candidate: { sha: evil, ref: `refs/heads/${evil}`, version: evil, digest: evil },
        route: evil,
        verdict: 'blocked',
        targets: [evil],
        environments,
        notes: [evil],
      }),
      changes: new Map([[evil, changes([commit(1, { title: evil, author: evil }), commit(2, { pullRequest: pull })])]]),
      records: [{ kind: 'promotion', environment: evil, id: 1, outcome: evil, url: 'javascript:alert(1)' }],
    });
  }

  const html = micromark(brief(attacked()), { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });

  it('has no element of theirs, and links to the two places it means to', () => {
    const elements = new Set([...html.matchAll(/<([a-z0-9]+)/g)].map((match) => match[1]));
    expect([...elements].toSorted()).toEqual(
      [
        'a',
        'code',
        'details',
        'h3',
        'h4',
        'li',
        'p',
        'pre',
        'strong',
        'summary',
        'table',
        'tbody',
        'td',
        'th',
        'thead',
        'tr',
        'ul',
      ].toSorted(),
    );
    const hosts = [...html.matchAll(/href="([^"]*)"/g)].map((match) => new URL(match[1] ?? '').origin);
    expect(new Set(hosts)).toEqual(new Set(['https://github.com']));
  });

  it('mentions nobody, hides nothing, and keeps its parts', () => {
    expect(html.replace(/href="[^"]*"/g, '').match(/@(?!\u200B)/g)).toBeNull();
    expect(html).not.toContain('\u202E');
    expect(html.match(/<h[34]>/g)).toHaveLength(6);
    expect(html.match(/<details>/g)).toHaveLength(1);
    expect(html.match(/<\/details>/g)).toHaveLength(1);
  });
});

describe('a version that is not the name of its tag', () => {
  it('has the tag beside it', () => {
    const candidate = { sha: CANDIDATE_SHA, ref: 'refs/tags/v1.4.2', version: 'v1.4.3', digest: null };
    const [headline, , identity] = brief(asking({ decision: { ...asking().decision, candidate } })).split('\n');
    expect(headline).toContain('v1.4.3 may enter');
    expect(identity).toContain('· tag `v1.4.2` ·');
  });
});

describe('the size of a brief', () => {
  it('stays within its limit whatever is in it, and says what was left out', () => {
    const long = '$'.repeat(5_000);
    const reasons = Array.from({ length: 200 }, (_, position) => reason('held', { because: `${position}${long}`, fix: long, who: [long] }));
    const environments = Array.from({ length: 50 }, (_, position) =>
      step(`e${position}`, 1, { state: 'next', verdict: 'wait', reasons, live: live(long, { sha: `${position}` }) }),
    );
    const targets = environments.map(({ name }) => name);
    const candidate = { sha: CANDIDATE_SHA, ref: `refs/heads/${long}`, version: long, digest: null };
    const commits = Array.from({ length: 300 }, (_, position) => commit(position, { title: long, author: long }));
    const told = brief(
      subject({
        decision: decision({ candidate, verdict: 'wait', targets, environments, notes: Array.from({ length: 500 }, () => long) }),
        changes: new Map(targets.map((name) => [name, changes(commits)])),
      }),
    );
    expect(Buffer.byteLength(told)).toBeLessThanOrEqual(LONGEST_BRIEF + 100);
    expect(told.startsWith('### ')).toBe(true);
    expect(told).toMatch(/\n_\d+ parts left out: too long for a summary\._\n$/);
  });
});
