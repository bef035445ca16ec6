/** Where GitHub answers. */
export interface Addresses {
  /** `https://api.github.com`, or `https://HOST/api/v3` on GitHub Enterprise Server. */
  readonly apiUrl: string;
  /** `https://api.github.com/graphql`, or `https://HOST/api/graphql`. */
  readonly graphqlUrl: string;
  /** Of the pages. */
  readonly serverUrl: string;
}

/** A variable names no address that anything could be sent to. */
export class AddressError extends Error {
  override name = 'AddressError';
}

/**
 * Reads the variables that name another server than github.com, as the runner sets them. An empty one counts as not set, which is what an
 * expression without a value leaves; a slash at the end says nothing.
 * @throws AddressError naming the first variable that holds no address.
 */
export function readAddresses(env: Readonly<Record<string, string | undefined>>): Addresses {
  const read = (name: string, otherwise: string): string => {
    const value = (env[name]?.trim() || otherwise).replace(/\/+$/, '');
    if (/^https?:\/\/\S+$/.test(value) && URL.canParse(value)) return value;
    throw new AddressError(`${name} is no address. Give one that begins with https:// or http://, such as ${otherwise}, or leave it out.`);
  };
  const apiUrl = read('GITHUB_API_URL', 'https://api.github.com');
  return {
    apiUrl,
    graphqlUrl: read('GITHUB_GRAPHQL_URL', `${apiUrl.replace(/\/api\/v3$/, '/api')}/graphql`),
    serverUrl: read('GITHUB_SERVER_URL', 'https://github.com'),
  };
}
