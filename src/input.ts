import type { InputName } from './job/action-io.ts';
import { EXPECTED, type Expected, TOKEN } from './job/expected.ts';
import { DEFAULTS } from './job/input-defaults.ts';
import { type ActionInput, COMMANDS, type CommandName, JOB_STATUSES } from './job/job.ts';

const NEEDS_ENVIRONMENT: ReadonlySet<CommandName> = new Set(['deploy', 'accept', 'rehearse', 'veto']);

/** Inputs that cannot be used, every one of them in one message. */
export class InputError extends Error {
  override name = 'InputError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads the inputs from the environment the runner sets (`INPUT_<NAME>`, upper case, spaces as underscores; an absent one counts as its
 * default).
 * @throws InputError naming every input that cannot be used, what was found and what is expected.
 */
export function parseInput(env: Readonly<Record<string, string | undefined>>): ActionInput {
  const problems: string[] = [];
  const text = (name: InputName): string => readInput(env, name);
  const optional = (name: InputName): string | null => text(name) || null;
  const matching = (name: InputName, { pattern, words }: Expected): string | null => {
    const value = optional(name);
    if (value === null || pattern.test(value)) return value;
    problems.push(`Input "${name}" is ${JSON.stringify(value)}; expected ${words}.`);
    return null;
  };
  const oneOf = <T extends string>(name: InputName, allowed: readonly T[]): T => {
    const value = text(name);
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) problems.push(`Input "${name}" is ${JSON.stringify(value)}; expected one of: ${allowed.join(', ')}.`);
    return found ?? (allowed[0] as T);
  };
  const span = (name: InputName, unit: number, most: number): number => {
    const value = text(name);
    const amount = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
    if (!(amount >= 0 && amount <= most))
      problems.push(`Input "${name}" is ${JSON.stringify(value)}; expected a number from 0 to ${most}.`);
    return amount * unit;
  };

  const wholeNumber = (name: InputName): number | null => {
    const value = matching(name, { pattern: /^\d{1,15}$/, words: 'the number that actions/upload-artifact gave' });
    return value === null ? null : Number(value);
  };

  const command = oneOf('command', COMMANDS);
  const input: ActionInput = {
    command,
    environment: optional('environment'),
    token: text('token'),
    reviewersToken: optional('reviewers-token'),
    pipelinePath: matching('pipeline', EXPECTED.pipeline) ?? '',
    artifactDigest: matching('artifact-digest', EXPECTED['artifact-digest']),
    artifactName: matching('artifact-name', EXPECTED['artifact-name']),
    artifactId: wholeNumber('artifact-id'),
    artifactRunId: wholeNumber('artifact-run-id'),
    artifactFile: optional('artifact-file'),
    policyHash: matching('policy-hash', { pattern: /^([0-9a-f]{40}|[0-9a-f]{64})$/, words: 'the output policy-hash of the plan' }),
    ref: matching('ref', { pattern: /^refs\/(heads|tags)\/\S+$/, words: 'a full ref: refs/heads/<branch> or refs/tags/<tag>' }),
    sha: matching('sha', { pattern: /^([0-9a-f]{40}|[0-9a-f]{64})$/, words: 'a full commit id of 40 hexadecimal digits' }),
    version: matching('version', EXPECTED.version),
    rollback: oneOf('rollback', ['true', 'false']) === 'true',
    migrations: matching('migrations', EXPECTED.migrations),
    whenBlocked: oneOf('when-blocked', ['fail', 'continue']),
    url: matching('url', { pattern: /^https?:\/\/\S+$/, words: 'an address that begins with http:// or https://' }),
    queueTimeout: span('queue-timeout', 60_000, 360),
    requestTimeout: span('request-timeout', 1000, 300),
    retryWait: span('retry-wait', 1000, 60),
    jobStatus: oneOf('job-status', JOB_STATUSES),
    migrationSeconds: optional('migration-seconds'),
  };
  if (NEEDS_ENVIRONMENT.has(command) && input.environment === null) {
    problems.push(`Input "environment" is empty; "command: ${command}" needs the name of an environment of the pipeline file.`);
  }
  if (input.sha !== null && input.ref === null && command !== 'find-artifact')
    problems.push('Input "sha" is given without "ref"; name the branch or tag that holds the commit.');
  if (input.artifactId !== null && input.artifactDigest === null)
    problems.push('Input "artifact-id" is given without "artifact-digest"; give both as actions/upload-artifact put them out.');
  if (input.rollback && (command === 'accept' || command === 'rehearse'))
    problems.push('Input "rollback" goes with "plan", "veto" and "deploy" only.');
  if (!input.rollback && command === 'veto')
    problems.push('Input "rollback" is "false"; "command: veto" is for rollbacks and needs "rollback: true".');
  if (input.token === '') problems.push('Input "token" is empty; leave it out to use the job’s own token.');
  else if (!TOKEN.pattern.test(input.token)) problems.push(`Input "token" is no token; expected ${TOKEN.words}.`);
  if (problems.length > 0) throw new InputError(problems);
  return input;
}

/** The value as the runner passes it, trimmed; the registry's default when the runner did not set it, as outside of GitHub. */
function readInput(env: Readonly<Record<string, string | undefined>>, name: InputName): string {
  const value = env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`];
  if (value !== undefined && value.trim() !== '') return value.trim();
  const otherwise = (DEFAULTS as Readonly<Partial<Record<InputName, string>>>)[name] ?? '';
  // Only the runner can evaluate this default. Without its word on how the job ended, nothing may be recorded as a success.
  if (name === 'job-status') return 'failure';
  return otherwise.startsWith('${{') ? '' : otherwise;
}
