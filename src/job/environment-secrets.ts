import { listed } from '../pipeline/listed.ts';
import type { Job } from './job.ts';

/** The step's variable with the secrets of all environments, in dotenv form. */
export const ENVIRONMENT_SECRETS = 'PROMOTE_ENV';
/**
 * The same as the caller handed it over. Whether a secret of the job's environment that is called like the first one replaces it is not known of workflows of
 * another repository; this name is nobody's else.
 */
export const CALLERS_SECRETS = 'PROMOTE_ENV_OF_CALLER';

/** A value of the runner's own vocabulary, or too short to be told from other text: masking it would only garble logs and lose outputs. */
const SHORTEST_MASKED = 4;
const PLAIN_WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null']);
/** What outputs of jobs say, besides. */
const ORDINARY: ReadonlySet<string> = new Set([
  ...PLAIN_WORDS,
  'deploy',
  'wait',
  'blocked',
  'superseded',
  'complete',
  'success',
  'failure',
]);

/**
 * The secrets for one environment's own commands, from the dotenv text in `PROMOTE_ENV`: `NAME=value` is for every environment, and
 * `production.NAME=value` only for production, as `NAME`; there it wins. Every value in the text is masked, whoever it is for.
 * What dotenv does not understand is masked too, and named by its line. Where GitHub gives the environment's own secret of that name, what it says goes before
 * what the caller's says.
 * @returns variables by name; empty without the secret
 */
export async function secretsOf(job: Job, environment: string): Promise<Readonly<Record<string, string>>> {
  const { environmentSecrets, callersSecrets } = job;
  if (callersSecrets.trim() === '' || callersSecrets === environmentSecrets) {
    if (callersSecrets.trim() !== '') job.toolkit.info(`${ENVIRONMENT_SECRETS} is the secret that the calling workflow hands over.`);
    return secretsIn(job, environmentSecrets, environment);
  }
  const which = environmentSecrets.trim() === '' ? 'missing in this job' : `the secret of the environment, which goes before the caller's`;
  job.toolkit.info(`${ENVIRONMENT_SECRETS} is ${which}; what only the caller's says is taken from there.`);
  return { ...(await secretsIn(job, callersSecrets, environment)), ...(await secretsIn(job, environmentSecrets, environment)) };
}

async function secretsIn(job: Job, text: string, environment: string): Promise<Readonly<Record<string, string>>> {
  if (text.trim() === '') return {};
  const { parse } = await import('dotenv');
  const entries = Object.entries(parse(text));
  warnOfDropped(job, droppedLines(text, parse));
  warnOfOrdinary(job, text);
  for (const [key, value] of entries) maskValue(job, key, value);
  const shared = entries.filter(([key]) => !key.includes('.'));
  const own = entries.flatMap(([key, value]) => {
    const at = key.lastIndexOf('.');
    return at > 0 && key.slice(0, at).toLowerCase() === environment.toLowerCase() ? [[key.slice(at + 1), value] as const] : [];
  });
  return Object.fromEntries([...shared, ...own]);
}

interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** Lines that say something and come to nothing: whoever wrote them believes that a command gets their value. */
function droppedLines(secrets: string, parse: (text: string) => Record<string, string>): readonly Line[] {
  const lines = secrets.split(/\r\n|\r|\n/);
  const whole = JSON.stringify(parse(secrets));
  const isDropped = ({ number, text }: Line): boolean => {
    if (/^\s*(?:#|$)/.test(text) || Object.keys(parse(text)).length > 0) return false;
    // In the middle of a quoted value a line is none by itself, and missed all the same.
    return JSON.stringify(parse(lines.with(number - 1, '').join('\n'))) === whole;
  };
  return lines.map((text, index) => ({ number: index + 1, text })).filter(isDropped);
}

function warnOfDropped(job: Job, lines: readonly Line[]): void {
  if (lines.length === 0) return;
  for (const { text } of lines) {
    const value = text.slice(text.indexOf('=') + 1).trim();
    for (const part of [value, value.replace(/^(['"`])(.*)\1$/, '$2')]) if (part.length >= SHORTEST_MASKED) job.toolkit.mask(part);
  }
  const which = listed(lines.map(({ number }) => String(number)));
  job.toolkit.annotate(
    'warning',
    `${ENVIRONMENT_SECRETS} is not understood in line ${which}`,
    'What stands there reaches no command. Write NAME=value or ENVIRONMENT.NAME=value, both with letters from a to z, digits, "_", "-" and "." only. An environment whose name has another character, such as a space or a slash, cannot be named so: keep its secrets in the environment itself and the chain in your own jobs (promote init --local).',
  );
}

/** Numbers, from 1, of the lines of a secret that are ordinary text: GitHub hides each line wherever it occurs, and drops outputs with it, those by which a chain goes on too. */
export function ordinaryLines(text: string): readonly number[] {
  const isOrdinary = (line: string): boolean => line !== '' && (line.length < SHORTEST_MASKED || ORDINARY.has(line.toLowerCase()));
  return text.split(/\r\n|\r|\n/).flatMap((line, index) => (isOrdinary(line.trim()) ? [index + 1] : []));
}

/** What comes of such lines, and what to do. */
export const WHY_ORDINARY =
  'GitHub hides what stands in a line of a secret wherever it occurs, and drops every output of a job in which it does. Write the value on one line, for instance in base64, and decode it where it is used.';

function warnOfOrdinary({ toolkit }: Job, text: string): void {
  const lines = ordinaryLines(text);
  if (lines.length === 0) return;
  toolkit.annotate('warning', `${ENVIRONMENT_SECRETS} hides ordinary text: line ${listed(lines.map(String))}`, WHY_ORDINARY);
}

function maskValue(job: Job, key: string, value: string): void {
  // The runner finds a secret line by line.
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const parts = [...new Set([value, ...lines])].filter((part) => part !== '');
  for (const part of parts) {
    if (part.length >= SHORTEST_MASKED && !PLAIN_WORDS.has(part.toLowerCase())) job.toolkit.mask(part);
    else if (part === value) {
      job.toolkit.annotate(
        'warning',
        `${key} in ${ENVIRONMENT_SECRETS} is not masked`,
        'The value is too short or too common to be told from other text.',
      );
    }
  }
}
