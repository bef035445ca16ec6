/** The requests of a journey, as they are when nothing goes wrong. */
import type { LoggedRequest } from '../../sandbox/github/index.ts';
import type { Stage } from './journeys.ts';

/** One request of one phase, by what it is for. */
export interface Asked {
  /** For people: `main: Evidence, again`. */
  readonly name: string;
  readonly phase: 'main' | 'post';
  /** Equal for requests that do the same for the same command. */
  readonly role: string;
  readonly example: LoggedRequest;
  /** Which one of those that look like it in the job, from 1. */
  readonly nth: number;
}

export interface Journal {
  readonly asked: readonly Asked[];
  readonly count: number;
}

/** Makes the journey without any fault. @throws Error when it does not succeed even so */
export async function journalOf(stage: Stage): Promise<Journal> {
  const { world, job } = await stage.begin();
  const { main, post } = await job();
  if (main.exitCode !== 0 || (post !== null && post.exitCode !== 0)) throw new Error(`${stage.journey.name} fails by itself:\n${main.log}`);
  const { all } = world.sandbox.requests;
  const asked = askedIn(all, main.requests, stage.journey.command);
  const journal = { asked, count: all.length };
  await world.close();
  return journal;
}

function askedIn(requests: readonly LoggedRequest[], inMain: number, command: string): readonly Asked[] {
  const seen = new Map<string, number>();
  return requests.map((example, index) => {
    const kind = kindOf(example);
    const nth = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, nth);
    const phase = index < inMain ? 'main' : 'post';
    // The evidence is gathered again once the record is open, which is another matter; what belongs to it is the same both times.
    const name = `${phase}: ${kind}${kind === 'Evidence' && nth > 1 ? ', again' : ''}`;
    return { name, phase, role: `${command} ${name}`, example, nth };
  });
}

/** What makes requests look alike: the operation, and for a status which one. */
export function kindOf(request: LoggedRequest): string {
  if (request.operation === 'graphql') return request.operationName ?? 'a query';
  const body = request.body as { state?: unknown } | null | undefined;
  const state = typeof body?.state === 'string' ? ` ${body.state}` : '';
  return `${request.operation?.replace(/^[a-z]+\//, '') ?? request.path}${state}`;
}

/** The first request of each role, but for those in `known`. */
export function distinct(asked: readonly Asked[], known: ReadonlySet<string>): readonly Asked[] {
  const first = new Map<string, Asked>();
  for (const one of asked) if (!known.has(one.role) && !first.has(one.role)) first.set(one.role, one);
  return [...first.values()];
}
