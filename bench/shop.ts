import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../sandbox/github/index.ts';
import { runStep, type StepResult } from '../sandbox/runner/action-step.ts';
import { createShop, DIGEST, PIPELINE, runVariables } from './sample-shop.ts';
import { openTlsFront } from './tls-front.ts';

const WITHOUT_CALENDAR = PIPELINE.replace(/^ +windows:.*\n/m, '');

/** A small shop on a sandbox, ready for steps to be timed. */
export interface Shop extends AsyncDisposable {
  /** Milliseconds of one whole `plan` process. */
  planMilliseconds(): Promise<number>;
  /** One step, with its requests and its time. @throws Error with its log when it fails */
  step(inputs: Record<string, string>, state?: Readonly<Record<string, string>>): Promise<StepResult>;
}

export interface ShopOptions {
  /** Milliseconds added to every answer. */
  readonly latencyMs?: number;
  /** Default: dev, uat and production without anything that looks at the calendar. */
  readonly pipeline?: string;
  /** Whether its GitHub is spoken to over TLS. Default: no. */
  readonly tls?: boolean;
}

/** @throws Error where TLS is wanted and the machine has no openssl to make a certificate with. */
export async function openShop({ latencyMs = 0, pipeline = WITHOUT_CALENDAR, tls = false }: ShopOptions = {}): Promise<Shop> {
  const folder = mkdtempSync(join(tmpdir(), 'promote-bench-'));
  const repository = createShop(join(folder, 'repository'), pipeline);
  const sandbox = await startSandbox({ repositoryPath: repository.path, latencyMs });
  sandbox.given.environment('dev');
  const token = sandbox.token({
    permissions: { actions: 'read', checks: 'read', contents: 'read', deployments: 'write', issues: 'read', 'pull-requests': 'read' },
  });
  const sha = repository.sha('main');
  const { id } = sandbox.given.run({ headSha: sha, headBranch: 'main', event: 'push', actor: 'octocat', status: 'in_progress' });
  const workspace = join(folder, 'workspace');
  repository.exportTo(sha, workspace);
  const front = tls ? await openTlsFront(sandbox.url, folder) : null;
  const behindFront = (address: string): string => address.replace(sandbox.url, front?.url ?? sandbox.url);
  const variables = {
    ...runVariables(sandbox, { id, ref: 'refs/heads/main', sha, actor: 'octocat' }, workspace),
    SHOP_HOME: join(folder, 'running'),
    GITHUB_API_URL: behindFront(sandbox.apiUrl),
    GITHUB_GRAPHQL_URL: behindFront(sandbox.graphqlUrl),
    ...(front === null ? {} : { NODE_EXTRA_CA_CERTS: front.certificate }),
  };
  const step: Shop['step'] = async (inputs, state = {}) => {
    const result = await runStep({
      folder: join(folder, 'steps'),
      workspace,
      inputs: { token, 'artifact-digest': DIGEST, ...inputs },
      state,
      variables,
      event: { ref: 'refs/heads/main', after: sha, before: '0'.repeat(40), deleted: false },
      countRequests: () => sandbox.requests.count,
    });
    if (result.exitCode !== 0) throw new Error(result.log);
    return result;
  };
  return {
    step,
    planMilliseconds: async () => (await step({ command: 'plan' })).milliseconds,
    async [Symbol.asyncDispose]() {
      await front?.[Symbol.asyncDispose]();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
