import { type Addresses, readAddresses } from './addresses.ts';

/** Which server is meant, or which token is for it, cannot be told. Nothing was sent. */
export class ServerError extends Error {
  override name = 'ServerError';
}

/** A server, and the token that is for it. */
export interface Server extends Addresses {
  /** `null`: none was given. */
  readonly token: string | null;
  /** Where the token is to be put. */
  readonly tokenName: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

const GITHUB = 'github.com';
/** Variables that name a server outright, as the runner sets them. */
const EXPLICIT = ['GITHUB_API_URL', 'GITHUB_GRAPHQL_URL', 'GITHUB_SERVER_URL'];

/**
 * Chooses the server as GitHub's own command line does: the one that is named, else the one of the checkout's remote, else github.com. A token for github.com goes to no other host,
 * but to one that variables name outright.
 * @param named host in `--repo HOST/OWNER/NAME`; `null`: none
 * @param remote address of the checkout's remote; empty: there is none, or `--repo` names another repository
 * @throws ServerError where nothing may be sent; AddressError where a variable holds no address
 * @see https://cli.github.com/manual/gh_help_environment
 */
export function chooseServer(env: Variables, named: string | null, remote: string): Server {
  if (EXPLICIT.some((name) => given(env, name) !== null)) {
    return { ...readAddresses(env), token: first(env, ['GH_TOKEN', 'GITHUB_TOKEN', 'GH_ENTERPRISE_TOKEN']), tokenName: 'GH_TOKEN' };
  }
  const host = (named ?? given(env, 'GH_HOST') ?? hostOf(remote) ?? GITHUB).toLowerCase();
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?$/.test(host))
    throw new ServerError(
      `"${host}", where the checkout's remote is, is no host that GitHub could answer on, but an abbreviation of your own ssh. Set GH_HOST, for example to ${GITHUB}, or name the repository with --repo HOST/OWNER/NAME.`,
    );
  const isOurs = host === GITHUB || host.endsWith('.ghe.com');
  const tokens = isOurs ? ['GH_TOKEN', 'GITHUB_TOKEN'] : ['GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN'];
  const token = first(env, tokens);
  if (!isOurs && token === null && first(env, ['GH_TOKEN', 'GITHUB_TOKEN']) !== null)
    throw new ServerError(
      `The repository is on ${host}, and GH_TOKEN is for ${GITHUB}: it was not sent. Set GH_ENTERPRISE_TOKEN to a token for ${host}, or name another repository with --repo OWNER/NAME.`,
    );
  return { ...addressesOf(host), token, tokenName: tokens[0] ?? '' };
}

/** github.com has its API on a host of its own, so have enterprises in the cloud; a server of one's own has it below its pages. */
function addressesOf(host: string): Addresses {
  const serverUrl = `https://${host}`;
  if (host === GITHUB) return { apiUrl: 'https://api.github.com', graphqlUrl: 'https://api.github.com/graphql', serverUrl };
  if (host.endsWith('.ghe.com')) return { apiUrl: `https://api.${host}`, graphqlUrl: `https://api.${host}/graphql`, serverUrl };
  return { apiUrl: `${serverUrl}/api/v3`, graphqlUrl: `${serverUrl}/api/graphql`, serverUrl };
}

/** Of `https://HOST/OWNER/NAME`, `ssh://git@HOST:22/OWNER/NAME` and `git@HOST:OWNER/NAME`; `null` for a folder and for nothing. */
export function hostOf(remote: string): string | null {
  const [, scheme, address] = /^(https?|ssh|git):\/\/(?:[^@/]*@)?([^/]+)\//i.exec(remote) ?? [];
  // The port of ssh is not that of the pages.
  const host =
    address === undefined
      ? /^(?:[^@/:]+@)?([^/:]+):(?!\/\/)./.exec(remote)?.[1]
      : /^https?$/i.test(scheme ?? '')
        ? address
        : address.replace(/:\d+$/, '');
  if (host === undefined) return null;
  return /^(?:ssh|www)\.github\.com$/i.test(host) ? GITHUB : host;
}

/** Without the line break that a file's content ends with; an empty one counts as not set. */
function given(env: Variables, name: string): string | null {
  return env[name]?.trim() || null;
}

function first(env: Variables, names: readonly string[]): string | null {
  return names.map((name) => given(env, name)).find((value) => value !== null) ?? null;
}
