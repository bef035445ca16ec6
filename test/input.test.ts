import { describe, expect, it } from 'vitest';
import { InputError, parseInput } from '../src/input.ts';
import { INPUTS } from '../src/job/action-io.ts';

const given = (values: Record<string, string>) => ({
  INPUT_TOKEN: 'token-of-a-job',
  ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
});

function problemsOf(values: Record<string, string>): readonly string[] {
  try {
    parseInput(given(values));
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
}

describe('inputs', () => {
  it.each(['ghs_ü', 'ghs_x\nghs_y', 'ghs x'])('a token that no header could carry is refused, and not shown: %j', (token) => {
    expect(problemsOf({ token })).toEqual([
      'Input "token" is no token; expected letters, digits and signs of ASCII without spaces or line breaks.',
    ]);
  });

  it('plans by default, with the defaults of action.yml', () => {
    expect(parseInput(given({}))).toEqual({
      command: 'plan',
      environment: null,
      token: 'token-of-a-job',
      reviewersToken: null,
      pipelinePath: '.github/promote.yml',
      artifactDigest: null,
      artifactFile: null,
      artifactName: null,
      artifactId: null,
      artifactRunId: null,
      policyHash: null,
      ref: null,
      sha: null,
      version: null,
      rollback: false,
      migrations: null,
      whenBlocked: 'fail',
      url: null,
      queueTimeout: 30 * 60_000,
      requestTimeout: 15_000,
      retryWait: 1000,
      jobStatus: 'failure',
      migrationSeconds: null,
    });
  });

  it.each([
    [
      'command',
      { command: 'deply' },
      'Input "command" is "deply"; expected one of: plan, deploy, accept, rehearse, resume, find-artifact, veto.',
    ],
    ['no environment', { command: 'deploy' }, 'Input "environment" is empty; "command: deploy" needs the name'],
    ['digest', { 'artifact-digest': 'latest' }, 'Input "artifact-digest" is "latest"; expected a digest'],
    ['short ref', { ref: 'main' }, 'Input "ref" is "main"; expected a full ref'],
    ['short sha', { ref: 'refs/heads/main', sha: 'abc1234' }, 'Input "sha" is "abc1234"; expected a full commit id'],
    ['sha without ref', { sha: 'a'.repeat(40) }, 'Input "sha" is given without "ref"'],
    ['boolean', { rollback: 'yes' }, 'Input "rollback" is "yes"; expected one of: true, false.'],
    ['minutes', { 'queue-timeout': 'soon' }, 'Input "queue-timeout" is "soon"; expected a number from 0 to 360.'],
    ['path outside', { pipeline: '../other/promote.yml' }, 'Input "pipeline" is "../other/promote.yml"; expected a path inside'],
    ['address', { url: 'javascript:alert(1)' }, 'expected an address that begins with http'],
    ['rollback of an acceptance', { command: 'accept', environment: 'uat', rollback: 'true' }, 'Input "rollback" goes with'],
  ])('refuses a bad %s', (_name, values, message) => {
    const problems = problemsOf(values as unknown as Record<string, string>);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('reports every problem at once', () => {
    expect(problemsOf({ command: 'x', rollback: 'x', 'when-blocked': 'x' })).toHaveLength(3);
  });

  it('takes every input of the registry as text without failing on an empty one', () => {
    const empty = Object.fromEntries(Object.keys(INPUTS).map((name) => [name, '']));
    expect(() => parseInput({ ...given(empty), INPUT_TOKEN: 't' })).not.toThrow();
  });
});
