import type { Octokit } from '@octokit/core';
import type { OctokitSettings } from './patient-octokit.ts';
import type { Send } from './send.ts';

export interface HttpAnswer {
  readonly status: number;
  /** Not yet validated. */
  readonly data: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * One attempt at a request; `route` is `POST` and the address for GraphQL, and as in GitHub's description for REST.
 * @throws Error for everything but a success
 */
export type Attempt = (send: Send, route: string, parameters: Readonly<Record<string, unknown>>) => Promise<HttpAnswer>;

/** Any status but this is a failure of the exchange; what went wrong in a query stands under this one, too. */
const ANSWERED = 200;

/**
 * The first attempt of a GraphQL request, sent without Octokit: it is one POST of JSON, a plan asks nothing else, and loading and using
 * Octokit takes a twentieth of a start.
 * https://docs.github.com/en/graphql/guides/forming-calls-with-graphql
 */
export function graphqlAttempt({ auth, userAgent }: OctokitSettings): Attempt {
  const headers = {
    accept: 'application/json',
    authorization: `bearer ${auth}`,
    'content-type': 'application/json; charset=utf-8',
    'user-agent': userAgent,
  };
  return async (send, route, parameters) => {
    const [method = '', url = ''] = route.split(' ');
    const answer = await send(url, { method, headers, body: JSON.stringify(parameters) });
    if (answer.status !== ANSWERED) throw new Error(`answered with ${answer.status}`);
    return { status: answer.status, data: JSON.parse(await answer.text()), headers: Object.fromEntries(answer.headers) };
  };
}

/** The first attempt of a REST request, through a bare Octokit, which is loaded by the first of them and knows how routes become addresses. */
export function restAttempt(settings: OctokitSettings): Attempt {
  let octokit: Promise<Octokit> | null = null;
  return async (send, route, parameters) => {
    octokit ??= import('@octokit/core').then(({ Octokit }) => new Octokit(settings));
    return (await octokit).request(route, { ...parameters, request: { fetch: send } });
  };
}
