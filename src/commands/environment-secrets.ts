import type { Job } from './job.ts';

/** The step's variable with the secrets of all environments, in dotenv form. */
export const ENVIRONMENT_SECRETS = 'PROMOTE_ENV';

/** A value of the runner's own vocabulary, or too short to be told from other text: masking it would only garble logs and lose outputs. */
const SHORTEST_MASKED = 4;
const PLAIN_WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null']);

/**
 * The secrets for one environment's own commands, from the dotenv text in `PROMOTE_ENV`: `NAME=value` is for every environment, and
 * `production.NAME=value` only for production, as `NAME`; there it wins. Every value in the text is masked, whoever it is for.
 * @returns variables by name; empty without the secret
 */
export async function secretsOf(job: Job, environment: string): Promise<Readonly<Record<string, string>>> {
  if (job.environmentSecrets.trim() === '') return {};
  const { parse } = await import('dotenv');
  const entries = Object.entries(parse(job.environmentSecrets));
  for (const [key, value] of entries) maskValue(job, key, value);
  const shared = entries.filter(([key]) => !key.includes('.'));
  const own = entries.flatMap(([key, value]) => {
    const at = key.lastIndexOf('.');
    return at > 0 && key.slice(0, at).toLowerCase() === environment.toLowerCase() ? [[key.slice(at + 1), value] as const] : [];
  });
  return Object.fromEntries([...shared, ...own]);
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
