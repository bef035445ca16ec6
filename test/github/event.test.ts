import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { madeVersion } from '../../src/decision/version.ts';
import { type CandidateOverrides, candidateFromEvent, EventRefused, type RunEvent } from '../../src/github/event.ts';

interface Example {
  readonly name: string;
  readonly examples: readonly Record<string, unknown>[];
}

const published: readonly Example[] = createRequire(import.meta.url)('@octokit/webhooks-examples');

/** The real payloads of an event that `pick` accepts, in a run of the repository that each is about. */
function examplesOf(name: string, pick: (payload: Record<string, unknown>) => boolean = () => true): readonly RunEvent[] {
  const events = (published.find((one) => one.name === name)?.examples ?? []).filter(pick).map((payload) => eventOf(name, payload));
  if (events.length === 0) throw new Error(`no example of ${name}`);
  return events;
}

const RUN_SHA = 'cafe'.repeat(10);

function eventOf(name: string, payload: Record<string, unknown>, run: Partial<RunEvent> = {}): RunEvent {
  const repository = field(payload, 'repository', 'full_name');
  return {
    name,
    payload,
    sha: RUN_SHA,
    ref: 'refs/heads/main',
    actor: 'octocat',
    triggeringActor: 'hubot',
    repository: typeof repository === 'string' ? repository : 'octo-org/shop',
    ...run,
  };
}

function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), value);
}

function refusal(event: RunEvent, overrides: CandidateOverrides = {}): string {
  try {
    candidateFromEvent(event, overrides);
  } catch (error) {
    if (error instanceof EventRefused) return error.message;
    throw error;
  }
  throw new Error('not refused');
}

describe('push', () => {
  test('of a branch or a tag: its commit', () => {
    const events = examplesOf('push', ({ deleted }) => deleted === false);
    expect(new Set(events.map(({ payload }) => field(payload, 'ref')))).toEqual(new Set(['refs/heads/master', 'refs/tags/simple-tag']));
    for (const event of events) {
      expect(candidateFromEvent(event)).toEqual({
        sha: field(event.payload, 'head_commit', 'id'),
        ref: field(event.payload, 'ref'),
        alternativeRef: null,
        version: null,
        actor: 'octocat',
        initiator: 'hubot',
        fork: false,
        runHeadSha: field(event.payload, 'head_commit', 'id'),
      });
    }
  });

  test('of an annotated tag: the commit it stands for, not the tag object', () => {
    const payload = { ref: 'refs/tags/v1.4.2', deleted: false, after: 'a'.repeat(40), head_commit: { id: 'b'.repeat(40) } };
    expect(candidateFromEvent(eventOf('push', payload))).toMatchObject({ sha: 'b'.repeat(40), ref: 'refs/tags/v1.4.2' });
  });

  test('that deletes is refused', () => {
    for (const event of examplesOf('push', ({ deleted }) => deleted === true)) expect(refusal(event)).toContain('was deleted');
  });
});

describe('create', () => {
  test('of a tag: the tag; its commit where the run is about it', () => {
    for (const event of examplesOf('create', ({ ref_type }) => ref_type === 'tag')) {
      expect(candidateFromEvent(event)).toMatchObject({ ref: 'refs/tags/simple-tag', sha: null });
      expect(candidateFromEvent({ ...event, ref: 'refs/tags/simple-tag' })).toMatchObject({ sha: RUN_SHA });
    }
  });

  test('of a branch', () => {
    const event = eventOf('create', { ref: 'hotfix/total', ref_type: 'branch' }, { ref: 'refs/heads/hotfix/total' });
    expect(candidateFromEvent(event)).toMatchObject({ ref: 'refs/heads/hotfix/total', sha: RUN_SHA });
  });
});

test('release: its tag; refused when deleted or a draft', () => {
  for (const event of examplesOf('release')) {
    const draft = field(event.payload, 'release', 'draft') === true;
    const deleted = field(event.payload, 'action') === 'deleted';
    const tag = `refs/tags/${field(event.payload, 'release', 'tag_name')}`;
    if (deleted) expect(refusal(event)).toContain('was deleted');
    else if (draft) expect(refusal(event)).toContain('draft');
    else {
      expect(candidateFromEvent(event)).toMatchObject({ ref: tag, sha: null });
      expect(candidateFromEvent({ ...event, ref: tag })).toMatchObject({ ref: tag, sha: RUN_SHA });
    }
  }
});

test.each(['workflow_dispatch', 'schedule'])('%s: the run itself', (name) => {
  const events = name === 'schedule' ? [eventOf('schedule', { schedule: '30 5 * * 1' })] : examplesOf(name);
  for (const event of events) {
    expect(candidateFromEvent(event)).toMatchObject({ sha: RUN_SHA, ref: 'refs/heads/main', runHeadSha: RUN_SHA, fork: false });
    expect(refusal({ ...event, ref: '' })).toContain('GITHUB_REF');
  }
});

describe('repository_dispatch', () => {
  test('without a word about it: the default branch', () => {
    for (const event of examplesOf('repository_dispatch'))
      expect(candidateFromEvent(event)).toMatchObject({ sha: RUN_SHA, ref: 'refs/heads/main' });
  });

  test('client_payload names ref and sha', () => {
    const dispatch = (client_payload: unknown) => candidateFromEvent(eventOf('repository_dispatch', { client_payload }));
    expect(dispatch({ ref: 'refs/tags/v2.0.0' })).toMatchObject({ ref: 'refs/tags/v2.0.0', sha: null, alternativeRef: null });
    expect(dispatch({ ref: 'hotfix/x', sha: 'abcdef1' })).toMatchObject({
      ref: 'refs/heads/hotfix/x',
      alternativeRef: 'refs/tags/hotfix/x',
      sha: 'abcdef1',
    });
    expect(dispatch({ sha: 'abcdef1' })).toMatchObject({ ref: 'refs/heads/main', sha: 'abcdef1' });
    expect(() => dispatch({ ref: 'main:evil' })).toThrow(EventRefused);
    expect(() => dispatch({ sha: 'main' })).toThrow(EventRefused);
  });
});

describe('workflow_run', () => {
  test('the commit that the other workflow ran on, which may be a tag', () => {
    for (const event of examplesOf('workflow_run')) {
      const name = field(event.payload, 'workflow_run', 'head_branch');
      expect(candidateFromEvent(event)).toMatchObject({
        sha: field(event.payload, 'workflow_run', 'head_sha'),
        ref: `refs/heads/${name}`,
        alternativeRef: `refs/tags/${name}`,
        // One of the published examples is put together from two repositories.
        fork: field(event.payload, 'workflow_run', 'head_repository', 'full_name') !== event.repository,
        runHeadSha: RUN_SHA,
      });
    }
  });

  test('of a fork is one; so is one whose repository is gone', () => {
    const [event] = examplesOf('workflow_run');
    if (event === undefined) throw new Error('no example');
    const run = field(event.payload, 'workflow_run');
    if (typeof run !== 'object') throw new Error('no run');
    const from = (head_repository: unknown) =>
      candidateFromEvent({ ...event, payload: { workflow_run: { ...run, head_repository } } }).fork;
    expect([from({ full_name: 'mallory/octo-repo' }), from(null), from({ full_name: event.repository.toUpperCase() })]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe.each(['pull_request', 'pull_request_target'])('%s', (name) => {
  const examples = examplesOf('pull_request').map((event) => ({ ...event, name }));

  test('open: its head on its own branch; closed: the merge commit on the base, or nothing', () => {
    const kinds = new Set<string>();
    for (const event of examples) {
      const pull = field(event.payload, 'pull_request');
      if (field(pull, 'merged') === true) {
        kinds.add('merged');
        expect(candidateFromEvent(event)).toMatchObject({
          sha: field(pull, 'merge_commit_sha'),
          ref: `refs/heads/${field(pull, 'base', 'ref')}`,
          fork: false,
        });
      } else if (field(pull, 'state') === 'open') {
        kinds.add('open');
        const sha = field(pull, 'head', 'sha');
        expect(candidateFromEvent(event)).toMatchObject({ sha, ref: `refs/heads/${field(pull, 'head', 'ref')}`, runHeadSha: sha });
      } else {
        kinds.add('closed');
        expect(refusal(event)).toContain('without being merged');
      }
    }
    expect(kinds).toContain('open');
    expect(kinds).toContain('closed');
  });

  test('merged, made from a closed one', () => {
    const [closed] = examples.filter(({ payload }) => field(payload, 'pull_request', 'state') === 'closed');
    const pull = field(closed?.payload, 'pull_request');
    if (closed === undefined || typeof pull !== 'object') throw new Error('no example');
    const merged = { ...closed, payload: { pull_request: { ...pull, merged: true, merge_commit_sha: 'd'.repeat(40) } } };
    expect(candidateFromEvent(merged)).toMatchObject({ sha: 'd'.repeat(40), ref: `refs/heads/${field(pull, 'base', 'ref')}`, fork: false });
  });

  test('from a fork, also from one that was deleted', () => {
    const open = examples.find(({ payload }) => field(payload, 'pull_request', 'state') === 'open');
    const pull = field(open?.payload, 'pull_request');
    const head = field(pull, 'head');
    if (open === undefined || typeof pull !== 'object' || typeof head !== 'object') throw new Error('no example');
    const from = (repo: unknown) => candidateFromEvent({ ...open, payload: { pull_request: { ...pull, head: { ...head, repo } } } }).fork;
    expect([from({ full_name: 'mallory/hello' }), from(null), from({ full_name: open.repository })]).toEqual([true, true, false]);
  });
});

test('merge_group: its own commit on the queue’s branch; refused when destroyed', () => {
  for (const event of examplesOf('merge_group')) {
    expect(candidateFromEvent(event)).toMatchObject({
      sha: field(event.payload, 'merge_group', 'head_sha'),
      ref: field(event.payload, 'merge_group', 'head_ref'),
    });
    expect(refusal({ ...event, payload: { ...(event.payload as object), action: 'destroyed' } })).toContain('no longer exists');
  }
});

describe('deployment_status', () => {
  test('the deployed commit and the ref it was deployed by', () => {
    for (const event of examplesOf('deployment_status')) {
      const sha = field(event.payload, 'deployment', 'sha');
      const ref = field(event.payload, 'deployment', 'ref');
      expect(candidateFromEvent({ ...event, ref: `refs/heads/${ref}` })).toMatchObject({ sha, ref: `refs/heads/${ref}` });
      expect(candidateFromEvent({ ...event, ref: '' })).toMatchObject({
        sha,
        ref: `refs/heads/${ref}`,
        alternativeRef: `refs/tags/${ref}`,
      });
    }
  });

  test('made by sha: one of our own records knows its ref, another is refused', () => {
    const sha = 'e'.repeat(40);
    const record = {
      schema: 1,
      kind: 'promotion',
      candidate: { sha, ref: 'refs/tags/v1.0.0', version: 'v1.0.0' },
      digest: null,
      policyHash: 'f',
      route: null,
      run: { id: 1, attempt: 1 },
      initiator: 'octocat',
      approvedBy: [],
      reasons: [],
      notes: [],
      relaxed: [],
      replaced: null,
      verify: false,
    };
    const event = (payload: unknown) => eventOf('deployment_status', { deployment: { sha, ref: sha, payload } }, { ref: '' });
    expect(candidateFromEvent(event(record))).toMatchObject({ sha, ref: 'refs/tags/v1.0.0' });
    expect(candidateFromEvent(event(JSON.stringify(record)))).toMatchObject({ ref: 'refs/tags/v1.0.0' });
    expect(refusal(event({ ...record, candidate: { ...record.candidate, sha: 'f'.repeat(40) } }))).toContain('made by sha');
  });
});

describe('events that name no candidate', () => {
  const answered = new Set(
    [
      'push create release workflow_dispatch workflow_run repository_dispatch schedule pull_request merge_group deployment_status'.split(
        ' ',
      ),
    ].flat(),
  );

  test('every other published event is refused by name, with what to do', () => {
    const others = published.filter(({ name }) => !answered.has(name));
    expect(others.length).toBeGreaterThan(40);
    for (const { name, examples } of others) {
      const said = refusal(eventOf(name, examples[0] ?? {}));
      expect(said).toContain(`"${name}"`);
      expect(said).toContain('"ref"');
    }
  });

  test.each(['constructor', '__proto__', 'toString', ''])('an event called %j is no way around', (name) => {
    expect(refusal(eventOf(name, {}))).toContain('names no candidate');
  });

  test('become one when the workflow says which', () => {
    const comment = examplesOf('issue_comment')[0];
    if (comment === undefined) throw new Error('no example');
    expect(candidateFromEvent(comment, { ref: 'refs/heads/main' })).toMatchObject({ ref: 'refs/heads/main', sha: null, fork: false });
    expect(candidateFromEvent(comment, { sha: 'ABCDEF1' })).toMatchObject({ ref: 'refs/heads/main', sha: 'abcdef1' });
  });
});

describe('what the workflow names wins', () => {
  const push = eventOf('push', { ref: 'refs/heads/main', deleted: false, after: 'a'.repeat(40), head_commit: { id: 'a'.repeat(40) } });

  test('another ref: its newest commit; the same ref: the event’s', () => {
    expect(candidateFromEvent(push, { ref: 'refs/heads/other' })).toMatchObject({
      ref: 'refs/heads/other',
      sha: null,
      runHeadSha: 'a'.repeat(40),
    });
    expect(candidateFromEvent(push, { ref: 'main' })).toMatchObject({ ref: 'refs/heads/main', sha: 'a'.repeat(40), alternativeRef: null });
  });

  test('a name alone: a tag when it looks like a version, a branch otherwise, or else the other', () => {
    expect(candidateFromEvent(push, { ref: 'v1.4.2' })).toMatchObject({ ref: 'refs/tags/v1.4.2', alternativeRef: 'refs/heads/v1.4.2' });
    expect(candidateFromEvent(push, { ref: 'nightly' })).toMatchObject({ ref: 'refs/heads/nightly', alternativeRef: 'refs/tags/nightly' });
  });

  test('sha and version; empty means not given', () => {
    expect(candidateFromEvent(push, { sha: 'b'.repeat(40), version: '1.4.2', ref: '' })).toMatchObject({
      sha: 'b'.repeat(40),
      ref: 'refs/heads/main',
      version: '1.4.2',
    });
    expect(candidateFromEvent(push, { sha: '', version: '', ref: '' })).toEqual(candidateFromEvent(push));
  });

  test.each([
    [{ sha: 'main' }, '"sha"'],
    [{ sha: 'abc' }, '"sha"'],
    [{ ref: 'main..evil' }, '"ref"'],
    [{ ref: 'main:path' }, '"ref"'],
    [{ ref: 'a b' }, '"ref"'],
    [{ ref: 'main^{tree}' }, '"ref"'],
    [{ ref: 'x\u0000y' }, '"ref"'],
    [{ version: 'one\ntwo' }, '"version"'],
    [{ version: 'x'.repeat(101) }, '"version"'],
  ] as const)('%j cannot be used', (overrides, words) => {
    expect(refusal(push, overrides)).toContain(words);
  });

  test('another branch than the fork’s is not the fork’s', () => {
    const pull = {
      number: 1,
      state: 'open',
      head: { sha: 'c'.repeat(40), ref: 'patch', repo: { full_name: 'mallory/shop' } },
      base: { ref: 'main' },
    };
    const event = eventOf('pull_request', { pull_request: pull });
    expect(candidateFromEvent(event).fork).toBe(true);
    expect(candidateFromEvent(event, { ref: 'main' }).fork).toBe(false);
    expect(candidateFromEvent(event, { ref: 'patch' }).fork).toBe(true);
    expect(candidateFromEvent(event, { sha: 'd'.repeat(40) }).fork).toBe(true);
  });
});

test('a payload that is not as GitHub sends it is refused, never half believed', () => {
  const names = ['push', 'create', 'release', 'workflow_run', 'pull_request', 'merge_group', 'deployment_status'];
  for (const name of names) {
    for (const payload of [{}, { ref: 7 }, []]) expect(refusal({ ...eventOf(name, {}), payload })).toContain('not as GitHub sends it');
  }
  expect(refusal({ ...eventOf('push', {}), payload: null })).toContain('not as GitHub sends it');
});

test('versions for people', () => {
  expect(madeVersion('refs/tags/v1.4.2', 'a'.repeat(40))).toBe('v1.4.2');
  expect(madeVersion('refs/heads/hotfix/total', 'abcdef0123456789')).toBe('hotfix/total@abcdef0');
});
