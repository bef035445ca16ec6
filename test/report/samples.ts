import type { Changes, Commit, PullRequest } from '../../src/decision/changes.ts';
import type { Decision, EnvironmentDecision, Live, Reason } from '../../src/decision/decision.ts';
import type { ReasonCode } from '../../src/decision/reasons.ts';
import type { Environment, Pipeline, Role } from '../../src/pipeline/model.ts';
import type { BriefSubject } from '../../src/report/subject.ts';
import { DIGEST } from '../digests.ts';

/** Monday, 2 November 2026, 11:00 in Berlin. */
export const NOW = Date.UTC(2026, 10, 2, 10, 0);
export const HOUR = 60 * 60 * 1000;
export const REPOSITORY = 'https://github.com/octo-org/shop';
export const REASONS_PAGE = 'https://github.com/org/promote-action/blob/v1/docs/reasons.md';

export const CANDIDATE_SHA = 'c0ffee1234567890abcdef1234567890abcdef12';
export const LIVE_SHA = '0ddba11234567890abcdef1234567890abcdef12';

export function environment(name: string, role: Role, rules: Partial<Environment> = {}): Environment {
  return {
    name,
    role,
    data: 'none',
    owner: null,
    url: null,
    accepts: ['new', 'accepted', 'current'],
    gate: null,
    acceptance: null,
    rehearsal: null,
    soak: [],
    windows: [],
    downgrade: 'refuse',
    divergence: 'refuse',
    migrate: null,
    deploy: null,
    verify: null,
    ...rules,
  };
}

export const RELEASE_GATE = { approvals: 2, by: ['octo-org/release'], exclude: ['initiator', 'author'], evidence: 'seen' } as const;
export const OFFICE_HOURS = {
  days: [1, 2, 3, 4],
  opens: 540,
  closes: 960,
  zone: 'Europe/Berlin',
  text: 'mon-thu 09:00-16:00 Europe/Berlin',
} as const;

export function pipeline(changed: Partial<Pipeline> = {}): Pipeline {
  const environments = new Map(
    [
      environment('dev', 'development'),
      environment('uat', 'uat'),
      environment('staging', 'staging'),
      environment('production', 'production', { gate: RELEASE_GATE, windows: [OFFICE_HOURS] }),
    ].map((each) => [each.name, each]),
  );
  const path = [['dev'], ['uat'], ['staging'], ['production']];
  return {
    version: 1,
    source: 'file',
    path: '.github/promote.yml',
    hash: 'feedface1234567890abcdef1234567890abcdef',
    build: null,
    environments,
    routes: [{ name: 'mainline', branches: ['main'], tags: [], path, environments, relaxations: [] }],
    freezes: [],
    pipelines: [],
    ...changed,
  };
}

/** A reason of any code: what the report says about it comes from its own fields. */
export function reason(code: string, changed: Partial<Reason> = {}): Reason {
  return {
    code: code as ReasonCode,
    environment: 'production',
    because: 'Something is missing.',
    fix: 'Bring it.',
    who: [],
    liftsAt: null,
    ...changed,
  };
}

export function live(version: string, changed: Partial<Live> = {}): Live {
  return { sha: LIVE_SHA, version, digest: null, since: NOW - 72 * HOUR, record: 7, ...changed };
}

export function step(name: string, stage: number, changed: Partial<EnvironmentDecision> = {}): EnvironmentDecision {
  return { name, stage, state: 'later', verdict: 'blocked', reasons: [], live: null, approvals: null, liftsAt: null, ...changed };
}

export function passed(name: string, stage: number): EnvironmentDecision {
  return step(name, stage, { state: 'passed', verdict: 'complete', live: live('v1.4.2', { sha: CANDIDATE_SHA, since: NOW - 5 * HOUR }) });
}

export function decision(changed: Partial<Decision> = {}): Decision {
  return {
    schema: 1,
    candidate: { sha: CANDIDATE_SHA, ref: 'refs/heads/main', version: 'v1.4.2', digest: DIGEST },
    policyHash: 'feedface1234567890abcdef1234567890abcdef',
    route: 'mainline',
    verdict: 'deploy',
    targets: [],
    reasons: [],
    environments: [],
    liftsAt: null,
    notes: [],
    decidedAt: NOW,
    ...changed,
  };
}

export function commit(position: number, changed: Partial<Commit> = {}): Commit {
  return {
    sha: position.toString(16).padStart(40, '0'),
    title: `Change number ${position}`,
    author: 'octocat',
    pullRequest: null,
    ...changed,
  };
}

export function pullRequest(number: number, title: string, author = 'mona'): PullRequest {
  return { number, title, author, url: `${REPOSITORY}/pull/${number}` };
}

export function changes(commits: readonly Commit[], complete = true): Changes {
  return { commits, complete };
}

export function subject(changed: Partial<BriefSubject> = {}): BriefSubject {
  return {
    decision: decision(),
    pipeline: pipeline(),
    moment: 'plan',
    intent: 'promote',
    environment: null,
    changes: new Map(),
    repositoryUrl: REPOSITORY,
    reasonsUrl: REASONS_PAGE,
    records: [],
    ...changed,
  };
}

/** Everything before production is passed, and production asks two people. */
export function asking(changed: Partial<BriefSubject> = {}): BriefSubject {
  const production = step('production', 4, {
    state: 'next',
    verdict: 'ask',
    live: live('v1.4.1'),
    approvals: { required: 2, given: [], missing: 2, by: ['octo-org/release'] },
    reasons: [
      reason('approval_required', {
        because: '2 approvals are needed to enter production, 0 are given.',
        fix: 'Approve the deployment under "Review deployments" of the run.',
        who: ['octo-org/release'],
      }),
    ],
  });
  const environments = [passed('dev', 1), passed('uat', 2), passed('staging', 3), production];
  const entering = [
    commit(3, { pullRequest: pullRequest(12, 'Pay by invoice'), author: 'mona' }),
    commit(2, { title: 'Mend a typo' }),
    commit(1, { pullRequest: pullRequest(12, 'Pay by invoice'), author: 'mona' }),
  ];
  return subject({
    decision: decision({ verdict: 'ask', targets: ['production'], environments }),
    changes: new Map([['production', changes(entering)]]),
    ...changed,
  });
}

/** Production's window is closed until Tuesday, two stages run in parallel, and one of them failed. */
export function barred(changed: Partial<BriefSubject> = {}): BriefSubject {
  const opens = Date.UTC(2026, 10, 3, 8, 0);
  const environments = [
    passed('dev', 1),
    step('uat', 2, {
      state: 'entered',
      verdict: 'wait',
      live: live('v1.4.2', { sha: CANDIDATE_SHA, since: NOW - HOUR }),
      reasons: [
        reason('acceptance_missing', {
          environment: 'uat',
          because: 'v1.4.2 is deployed to uat since 09:00 and nobody has accepted it yet.',
          fix: 'Accept it: approve the job "accept uat" of run 4711.',
          who: ['octo-org/product'],
        }),
      ],
    }),
    step('qa', 2, {
      state: 'next',
      verdict: 'blocked',
      live: live('v1.4.1'),
      reasons: [
        reason('held', {
          environment: 'qa',
          because: 'mona holds qa since 2026-11-01: load test running (https://github.com/octo-org/shop/issues/31).',
          fix: 'Close the issue when the load test is over.',
          who: ['mona'],
        }),
        reason('diverged', {
          environment: 'qa',
          because: 'v1.4.1 is live there and is not contained in v1.4.2.',
          fix: 'Merge v1.4.1 into main and promote the result.',
          who: ['whoever may push to main'],
        }),
      ],
    }),
    step('staging', 3, {
      reasons: [
        reason('earlier_not_passed', {
          environment: 'staging',
          because: 'uat is not passed.',
          fix: 'Pass uat first.',
          who: ['octo-org/product'],
        }),
      ],
    }),
    step('production', 4, {
      verdict: 'wait',
      liftsAt: opens,
      live: live('v1.4.0'),
      reasons: [
        reason('outside_window', {
          because: 'production is entered mon-thu 09:00-16:00 Europe/Berlin only.',
          fix: 'Wait until the window opens.',
          liftsAt: opens,
        }),
      ],
    }),
  ];
  return subject({
    decision: decision({
      verdict: 'wait',
      targets: ['uat', 'qa'],
      environments,
      notes: [
        'Route hotfix relaxes staging: accepts new.',
        'The candidate’s own copy of the pipeline file differs from the one on the default branch; the latter decides.',
      ],
    }),
    ...changed,
  });
}
