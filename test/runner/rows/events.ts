import { expect } from 'vitest';
import { ACTIONS_BOT } from '../../../sandbox/github/state.ts';
import type { Stage } from '../stage.ts';
import { CONTEXTS, EVENTS, job, type Row, SYNTAX, TOKEN } from './row.ts';

const on = (text: string): string => `
on: ${text}
jobs:
  a: ${job()}`;

/** Pushes several refs and tells for which of them a run was started. */
async function startedBy(stage: Stage, refs: readonly string[]): Promise<readonly string[]> {
  const started: string[] = [];
  for (const ref of refs) {
    const short = ref.replace(/^refs\/(heads|tags)\//, '');
    if (ref.startsWith('refs/tags/')) stage.repository.tag(short, 'main');
    else if (short !== 'main') stage.repository.branch(short, 'main');
    if ((await stage.runner.push(ref)).length > 0) started.push(ref);
    await stage.runner.settled();
  }
  return started;
}

const REFS = ['refs/heads/main', 'refs/heads/feature/x', 'refs/heads/feature/x-old', 'refs/tags/v1', 'refs/tags/beta'];

function pushes(text: string, expected: readonly string[]): Pick<Row, 'workflow' | 'play' | 'expect'> {
  return {
    workflow: on(text),
    async play(stage) {
      expect(await startedBy(stage, REFS)).toEqual(expected);
    },
    expect: () => undefined,
  };
}

const pull = (repository: string, stage: Stage) => ({
  action: 'opened',
  number: 7,
  pull_request: {
    number: 7,
    head: { ref: 'change', sha: stage.repository.sha('main'), repo: { full_name: repository } },
    base: { ref: 'main', repo: { full_name: 'octo-org/shop' } },
  },
});

export const eventRows: readonly Row[] = [
  { behaviour: 'push without filters starts for branches and tags', source: `${EVENTS}#push`, ...pushes('push', REFS) },
  {
    behaviour: 'with branches alone tags start nothing; the last pattern that matches decides',
    source: `${SYNTAX}#onpushbranchestagsbranches-ignoretags-ignore`,
    ...pushes("{ push: { branches: ['**', '!**-old'] } }", ['refs/heads/main', 'refs/heads/feature/x']),
  },
  {
    behaviour: 'with tags alone branches start nothing',
    source: `${SYNTAX}#onpushbranchestagsbranches-ignoretags-ignore`,
    ...pushes("{ push: { tags: ['v*'] } }", ['refs/tags/v1']),
  },
  {
    behaviour: 'with branches-ignore alone the other branches start, and no tags',
    source: `${SYNTAX}#onpushbranchestagsbranches-ignoretags-ignore`,
    ...pushes("{ push: { branches-ignore: ['feature/**'] } }", ['refs/heads/main']),
  },
  {
    behaviour: 'branches and tags together start for either',
    source: `${SYNTAX}#onpushbranchestagsbranches-ignoretags-ignore`,
    ...pushes("{ push: { branches: [main], tags: ['v*'] } }", ['refs/heads/main', 'refs/tags/v1']),
  },
  {
    behaviour: 'branches and branches-ignore for one event are refused',
    source: `${SYNTAX}#onpushbranchestagsbranches-ignoretags-ignore`,
    workflow: on('{ push: { branches: [main], branches-ignore: [other] } }'),
    expect: (stage) => expect(stage.run().problem).toMatch(/ci\.yml:2:\d+: push: "branches" and "branches-ignore" cannot be used together/),
  },
  {
    behaviour: 'path filters look at the files that the push changed, and not at tags',
    source: `${SYNTAX}#onpushpull_requestpull_request_targetpathspaths-ignore`,
    workflow: on("{ push: { paths: ['src/**', '!src/docs/**'] } }"),
    async play({ runner, repository }) {
      await runner.push('main');
      const push = async (path: string): Promise<number> => {
        repository.commit('main', { [path]: path }, path);
        return (await runner.push('main')).length;
      };
      expect(await push('README.md')).toBe(0);
      expect(await push('src/docs/a.md')).toBe(0);
      expect(await push('src/a.js')).toBe(1);
      repository.tag('v1', 'main');
      expect(await runner.push('refs/tags/v1')).toHaveLength(1);
      await runner.settled();
    },
    expect: () => undefined,
  },
  {
    behaviour: 'paths-ignore lets a push pass over that changes nothing else',
    source: `${SYNTAX}#onpushpull_requestpull_request_targetpathspaths-ignore`,
    workflow: on("{ push: { paths-ignore: ['**.md'] } }"),
    async play({ runner, repository }) {
      await runner.push('main');
      repository.commit('main', { 'a.md': '' }, 'only words');
      expect(await runner.push('main')).toHaveLength(0);
      repository.commit('main', { 'b.md': '', 'b.js': '' }, 'words and code');
      expect(await runner.push('main')).toHaveLength(1);
      await runner.settled();
    },
    expect: () => undefined,
  },
  {
    behaviour: 'the workflow file is the one of the pushed commit',
    source: `${EVENTS}#about-events-that-trigger-workflows`,
    workflow: on('{ push: { branches: [main] } }'),
    async play({ runner, repository }) {
      repository.commit('feature', { '.github/workflows/ci.yml': on('push') }, 'Run here, too');
      expect(await runner.push('feature')).toHaveLength(1);
      await runner.settled();
    },
    expect: (stage) => expect(stage.request('a').contexts['github']).toMatchObject({ ref: 'refs/heads/feature' }),
  },
  {
    behaviour: '[skip ci] in the message of the newest commit starts nothing',
    source: 'how-tos/manage-workflow-runs/skip-workflow-runs',
    workflow: on('push'),
    async play({ runner, repository }) {
      repository.commit('main', { a: '' }, 'Words [skip ci]');
      expect(await runner.push('main')).toEqual([]);
      repository.commit('main', { b: '' }, 'More words');
      expect(await runner.push('main')).toHaveLength(1);
      await runner.settled();
    },
    expect: () => undefined,
  },
  {
    behaviour: 'a file that GitHub cannot read shows as a run that could not start',
    source: 'how-tos/troubleshoot-workflows',
    workflow: `on: push\njobs:\n  a: { runs-on: ubuntu-latest, steps: [{ walk: 'true' }] }`,
    expect(stage) {
      expect(stage.run()).toMatchObject({ status: 'completed', conclusion: 'startup_failure', workflow: '.github/workflows/ci.yml' });
      expect(stage.run().problem).toMatch(/ci\.yml:3:\d+: Unexpected value 'walk'/);
    },
  },
  {
    behaviour: 'what GITHUB_TOKEN does starts nothing but workflow_dispatch and repository_dispatch',
    source: `${TOKEN}#when-github_token-triggers-workflow-runs`,
    workflow: on('{ push: {}, issues: {}, workflow_dispatch: {}, repository_dispatch: {} }'),
    async play({ runner }) {
      expect(await runner.push('main', { actor: ACTIONS_BOT })).toEqual([]);
      expect(await runner.trigger('issues', { action: 'opened' }, { actor: ACTIONS_BOT })).toEqual([]);
      expect(await runner.trigger('issues', { action: 'opened' }, { actor: 'mona' })).toHaveLength(1);
      expect(await runner.dispatch('ci.yml', { ref: 'main', actor: ACTIONS_BOT })).toBeGreaterThan(0);
      expect(await runner.trigger('repository_dispatch', { action: 'go' }, { actor: ACTIONS_BOT })).toHaveLength(1);
      await runner.settled();
    },
    expect: () => undefined,
  },
  {
    behaviour: 'activity types filter events; repository_dispatch is filtered by its own type',
    source: `${SYNTAX}#onevent_nametypes`,
    workflow: on('{ issues: { types: [labeled] }, repository_dispatch: { types: [release] } }'),
    async play({ runner }) {
      expect(await runner.trigger('issues', { action: 'opened' })).toEqual([]);
      expect(await runner.trigger('issues', { action: 'labeled' })).toHaveLength(1);
      expect(await runner.trigger('repository_dispatch', { action: 'other' })).toEqual([]);
      expect(await runner.trigger('repository_dispatch', { action: 'release', client_payload: { n: 1 } })).toHaveLength(1);
      await runner.settled();
    },
    expect: (stage) => expect(stage.request('a').event).toMatchObject({ action: 'release', client_payload: { n: 1 } }),
  },
  {
    behaviour: 'inputs of a dispatch have their types in inputs and are text in the event',
    source: `${SYNTAX}#onworkflow_dispatchinputs`,
    workflow: on(
      '{ workflow_dispatch: { inputs: { flag: { type: boolean }, level: { type: choice, options: [low, high] }, why: { required: true } } } }',
    ),
    async play(stage) {
      const dispatch = (inputs: Record<string, string>) => stage.runner.dispatch('ci.yml', { ref: 'main', actor: 'mona', inputs });
      await expect(dispatch({})).rejects.toThrow("Required input 'why' not provided");
      await expect(dispatch({ why: 'x', other: 'y' })).rejects.toThrow('Unexpected inputs provided: ["other"]');
      await expect(dispatch({ why: 'x', level: 'deep' })).rejects.toThrow("'level' not in the list of allowed values");
      await dispatch({ why: 'x', flag: 'true' });
      await stage.runner.settled();
    },
    expect(stage) {
      expect(stage.request('a').contexts['inputs']).toEqual({ flag: true, level: 'low', why: 'x' });
      expect(stage.request('a').event).toMatchObject({ inputs: { flag: 'true', level: 'low', why: 'x' } });
      expect(stage.run()).toMatchObject({ event: 'workflow_dispatch', actor: 'mona', headBranch: 'main' });
    },
  },
  {
    behaviour: 'only a workflow with workflow_dispatch can be dispatched, and only at a ref that there is',
    source: `${EVENTS}#workflow_dispatch`,
    workflow: { 'ci.yml': on('push'), 'by-hand.yml': on('workflow_dispatch') },
    async play({ runner }) {
      await expect(runner.dispatch('ci.yml', { ref: 'main' })).rejects.toThrow("does not have 'workflow_dispatch' trigger");
      await expect(runner.dispatch('by-hand.yml', { ref: 'gone' })).rejects.toThrow('No ref found for: gone');
      await expect(runner.dispatch('none.yml', { ref: 'main' })).rejects.toThrow('Not Found');
    },
    expect: (stage) => expect(stage.sandbox.state.runs).toEqual([]),
  },
  {
    behaviour: 'schedules stop after sixty days without activity, and begin again with it',
    source: `${EVENTS}#schedule`,
    workflow: on("{ schedule: [{ cron: '0 9 * * 1' }] }"),
    async play(stage) {
      await stage.runner.advance(90 * 86_400_000);
      const before = stage.sandbox.state.runs.length;
      stage.repository.commit('main', { 'README.md': 'back again' }, 'Back again');
      await stage.runner.push('main');
      await stage.runner.advance(15 * 86_400_000);
      // The sandbox begins on a Monday, after nine o'clock, and the ninetieth day is a Sunday.
      expect([before, stage.sandbox.state.runs.length]).toEqual([8, 11]);
    },
    expect: () => undefined,
  },
  {
    behaviour: 'a schedule starts on the default branch whenever its time comes, in UTC or its own zone',
    source: `${EVENTS}#schedule`,
    workflow: on("{ schedule: [{ cron: '30 */6 * * *' }, { cron: '0 9 * * *', timezone: Europe/Berlin }] }"),
    options: { sandbox: { now: '2026-03-02T10:00:00Z' } },
    async play({ runner, sandbox }) {
      await runner.advance(24 * 3_600_000);
      expect(sandbox.state.runs.map(({ createdAt }) => new Date(createdAt).toISOString())).toEqual([
        '2026-03-02T12:30:00.000Z',
        '2026-03-02T18:30:00.000Z',
        '2026-03-03T00:30:00.000Z',
        '2026-03-03T06:30:00.000Z',
        '2026-03-03T08:00:00.000Z',
      ]);
      expect(new Date(sandbox.clock.now()).toISOString()).toBe('2026-03-03T10:00:00.000Z');
    },
    expect: (stage) =>
      expect(stage.request('a').contexts['github']).toMatchObject({
        event_name: 'schedule',
        ref: 'refs/heads/main',
        event: { schedule: '0 9 * * *' },
      }),
  },
  {
    behaviour: 'a pull request from a fork gets a token that only reads, and no secrets; its own repository gets both',
    source: `${EVENTS}#pull_request (workflows in forked repositories)`,
    workflow: `
on: pull_request
permissions: { contents: write, deployments: write, id-token: write }
jobs:
  a: ${job('environment: uat')}`,
    options: { secrets: { KEY: 'sesame' }, environmentSecrets: { uat: { UAT: 'of-uat' } } },
    async play(stage) {
      await stage.runner.trigger('pull_request', pull('octo-org/shop', stage));
      await stage.runner.settled();
      expect(stage.request('a').permissions).toEqual({ contents: 'write', deployments: 'write', 'id-token': 'write' });
      expect(stage.request('a').contexts['secrets']).toMatchObject({ KEY: 'sesame', UAT: 'of-uat' });
      await stage.runner.trigger('pull_request', pull('mallory/shop', stage));
      await stage.runner.settled();
    },
    expect(stage) {
      const { permissions, contexts, secrets } = stage.request('a');
      expect(permissions).toEqual({ contents: 'read', deployments: 'read', 'id-token': 'none' });
      expect(Object.keys(contexts['secrets'] as object)).toEqual(['GITHUB_TOKEN']);
      expect(secrets).toHaveLength(1);
      expect(contexts['github']).toMatchObject({ ref: 'refs/pull/7/merge', ref_name: '7/merge', base_ref: 'main', head_ref: 'change' });
    },
  },
  {
    behaviour:
      'branch filters of a pull request look at the branch it goes to; other types than opened, synchronize, reopened must be named',
    source: `${EVENTS}#pull_request`,
    workflow: { 'ci.yml': on('{ pull_request: { branches: [release] } }'), 'other.yml': on('{ pull_request: { branches: [main] } }') },
    async play(stage) {
      expect(await stage.runner.trigger('pull_request', pull('octo-org/shop', stage))).toHaveLength(1);
      expect(await stage.runner.trigger('pull_request', { ...pull('octo-org/shop', stage), action: 'closed' })).toEqual([]);
      await stage.runner.settled();
    },
    expect: (stage) => expect(stage.run().workflowPath).toBe('.github/workflows/other.yml'),
  },
  {
    behaviour: 'the end of a run starts what waits for it by workflow_run, on the default branch',
    source: `${EVENTS}#workflow_run`,
    workflow: {
      'ci.yml': `name: CI\n${on('push').trim()}`,
      'after.yml': on('{ workflow_run: { workflows: [CI], types: [completed], branches: [feature] } }'),
    },
    async play({ runner, repository, sandbox }) {
      await runner.push('main');
      await runner.settled();
      expect(sandbox.state.runs).toHaveLength(1);
      repository.branch('feature', 'main');
      await runner.push('feature');
      await runner.settled();
    },
    expect: (stage) =>
      expect(stage.run()).toMatchObject({
        event: 'workflow_run',
        ref: 'refs/heads/main',
        payload: { workflow_run: { name: 'CI', conclusion: 'success', head_branch: 'feature' } },
      }),
  },
  {
    behaviour: 'the github context and the GITHUB_* variables tell what runs, why, where and for whom',
    source: `${CONTEXTS}#github-context`,
    workflow: `name: CI\n${on('push').trim()}`,
    async play({ runner, repository }) {
      repository.annotatedTag('v1.0', 'main');
      await runner.push('v1.0', { actor: 'hubot' });
      await runner.settled();
    },
    expect(stage) {
      const { contexts, variables, secrets } = stage.request('a');
      const { sandbox, repository } = stage;
      const sha = repository.sha('main');
      expect(contexts['github']).toMatchObject({
        actor: 'hubot',
        triggering_actor: 'hubot',
        event_name: 'push',
        job: 'a',
        ref: 'refs/tags/v1.0',
        ref_name: 'v1.0',
        ref_type: 'tag',
        ref_protected: false,
        repository: 'octo-org/shop',
        repository_owner: 'octo-org',
        run_attempt: '1',
        run_number: '1',
        sha,
        server_url: sandbox.url,
        api_url: sandbox.apiUrl,
        graphql_url: sandbox.graphqlUrl,
        workflow: 'CI',
        workflow_ref: 'octo-org/shop/.github/workflows/ci.yml@refs/tags/v1.0',
        workflow_sha: sha,
        token: secrets[0],
        event: { ref: 'refs/tags/v1.0', created: true, before: '0'.repeat(40), head_commit: { id: sha } },
      });
      expect(variables).toMatchObject({
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_ACTOR: 'hubot',
        GITHUB_EVENT_NAME: 'push',
        GITHUB_REF: 'refs/tags/v1.0',
        GITHUB_REF_TYPE: 'tag',
        GITHUB_RUN_ATTEMPT: '1',
        GITHUB_SHA: sha,
        GITHUB_API_URL: sandbox.apiUrl,
      });
      expect(variables).not.toHaveProperty('GITHUB_TOKEN');
    },
  },
];
