/** Event payloads as GitHub publishes them, made to be about a scenario's repository and commits. */
import { createRequire } from 'node:module';

interface Example {
  readonly name: string;
  readonly examples: readonly Record<string, unknown>[];
}

const published: readonly Example[] = createRequire(import.meta.url)('@octokit/webhooks-examples');

/** What the published examples are about, and what they are about here. */
const REPOSITORIES = /(?:Codertocat\/Hello-World|octo-org\/octo-repo)/g;

/**
 * A published payload of an event.
 * @param changes values by dotted path, `release.tag_name`; every path must be one that the example has, so that no scenario rests on a field that
 * GitHub does not send.
 * @param pick which of the examples; default: the first
 */
export function webhook(
  event: string,
  changes: Readonly<Record<string, unknown>>,
  pick: (payload: Record<string, unknown>) => boolean = () => true,
): Record<string, unknown> {
  const example = published.find(({ name }) => name === event)?.examples.find(pick);
  if (example === undefined) throw new Error(`no published example of ${event}`);
  const payload = JSON.parse(JSON.stringify(example).replaceAll(REPOSITORIES, 'octo-org/shop')) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) set(payload, path.split('.'), value);
  return payload;
}

function set(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (!Object.hasOwn(target, key)) throw new Error(`the published example has no ${key}`);
  if (rest.length === 0) target[key] = value;
  else set(target[key] as Record<string, unknown>, rest, value);
}
