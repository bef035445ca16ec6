import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Permissions, type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/github/index.ts';
import { createSampleRepository, type SampleHistory } from '../../sandbox/github/sample-repository.ts';

export const EVERYTHING: Permissions = {
  actions: 'read',
  checks: 'read',
  contents: 'read',
  deployments: 'write',
  issues: 'write',
  members: 'read',
  'pull-requests': 'read',
};

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are whatever the server sent; tests say what they expect of them
  readonly body: any;
  readonly headers: Headers;
}

/** A sandbox on a repository, with a token that may do everything. */
export interface Shop {
  readonly sandbox: Sandbox;
  readonly token: string;
  get(path: string, token?: string): Promise<Answer>;
  send(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
  query(text: string, variables?: Record<string, unknown>, token?: string): Promise<Answer>;
  close(): Promise<void>;
}

/** A sample repository in a temporary folder; remove it when done. */
export function sampleFolder(files: Readonly<Record<string, string>> = {}): SampleHistory & { remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'shop-'));
  return {
    ...createSampleRepository(join(folder, 'shop'), { '.github/promote.yml': 'version: 1\n', ...files }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export async function openShop(repositoryPath: string, options: Partial<SandboxOptions> = {}): Promise<Shop> {
  const sandbox = await startSandbox({ repositoryPath, ...options });
  const own = sandbox.token({ permissions: EVERYTHING });
  const send = async (method: string, url: string, body: unknown, token: string): Promise<Answer> => {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(5_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
  };
  const address = (path: string) => `${sandbox.apiUrl}${path.startsWith('/') ? path : `/repos/${sandbox.owner}/${sandbox.name}/${path}`}`;
  return {
    sandbox,
    token: own,
    get: (path, token = own) => send('GET', address(path), undefined, token),
    send: (method, path, body, token = own) => send(method, address(path), body, token),
    query: (query, variables = {}, token = own) => send('POST', sandbox.graphqlUrl, { query, variables }, token),
    close: () => sandbox.close(),
  };
}

/** Inside of `repository` of the one repository that there is. */
export function inRepository(selection: string, declarations = ''): string {
  return `query${declarations === '' ? '' : `(${declarations})`} { repository(owner: "octo-org", name: "shop") { ${selection} } }`;
}
