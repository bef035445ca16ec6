import { readFileSync } from 'node:fs';
import { readAddresses } from './github/addresses.ts';
import { fitsRecord } from './github/record-payload.ts';
import type { RunEnvironment } from './job/job.ts';

/** The action was started somewhere that is not a GitHub Actions job, or not as one. */
export class RunEnvironmentError extends Error {
  override name = 'RunEnvironmentError';
}

/**
 * Reads the runner's variables (https://docs.github.com/en/actions/reference/workflows-and-actions/variables).
 * @throws RunEnvironmentError naming each variable that is missing or cannot be used, or AddressError.
 */
export function readRunEnvironment(env: Readonly<Record<string, string | undefined>>): RunEnvironment {
  const missing: string[] = [];
  const need = (name: string, pattern: RegExp = /./): string => {
    const value = env[name] ?? '';
    if (!pattern.test(value)) missing.push(name);
    return value;
  };
  const [owner = '', repo = ''] = need('GITHUB_REPOSITORY', /^[^/\s]+\/[^/\s]+$/).split('/');
  const run = {
    owner,
    repo,
    ...readAddresses(env),
    runId: Number(need('GITHUB_RUN_ID', /^\d+$/)),
    runAttempt: Number(need('GITHUB_RUN_ATTEMPT', /^\d+$/)),
    eventName: need('GITHUB_EVENT_NAME'),
    sha: need('GITHUB_SHA', /^[0-9a-f]{40,64}$/),
    ref: env['GITHUB_REF'] ?? '',
    actor: need('GITHUB_ACTOR'),
    triggeringActor: env['GITHUB_TRIGGERING_ACTOR'] || env['GITHUB_ACTOR'] || '',
    workflowRef: env['GITHUB_WORKFLOW_REF'] ?? '',
    identity: {
      requestUrl: env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '',
      requestToken: env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '',
    },
    runner: runnerName(env['RUNNER_NAME']),
    workspace: env['GITHUB_WORKSPACE'] ?? process.cwd(),
  };
  if (missing.length > 0) {
    throw new RunEnvironmentError(`This does not look like a GitHub Actions job: ${missing.join(', ')} not set or not usable.`);
  }
  return { ...run, payload: readEvent(env['GITHUB_EVENT_PATH']) };
}

/** Whoever registers a runner names it, so it is not taken for anything but a name to compare. */
function runnerName(name: string | undefined): string | null {
  return name !== undefined && name !== '' && fitsRecord(name) ? name : null;
}

function readEvent(path: string | undefined): unknown {
  if (path === undefined || path === '') throw new RunEnvironmentError('GITHUB_EVENT_PATH is not set; the event cannot be read.');
  const where = `The event file ${path}, named by GITHUB_EVENT_PATH,`;
  const fix = 'The runner writes it before every step: let nothing in the job change it or the variable, and run the job again.';
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new RunEnvironmentError(`${where} cannot be read: ${(error as Error).message}. ${fix}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RunEnvironmentError(`${where} is not JSON: ${(error as Error).message}. ${fix}`);
  }
}
