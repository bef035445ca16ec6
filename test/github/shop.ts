import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/github/index.ts';
import { createRepository, type SampleRepository } from '../../sandbox/github/sample-repository.ts';
import { createClient, type GitHubClient } from '../../src/github/client.ts';
import type { EventCandidate } from '../../src/github/event.ts';
import type { EvidenceRequest } from '../../src/github/evidence.ts';
import type { RecordPayload } from '../../src/github/record-payload.ts';

export const PIPELINE = `version: 1
build: { run: npm run build, artifact: dist }
environments:
  dev: { role: development }
  uat: { role: uat, gate: { approvals: 1 }, acceptance: { approvals: 1 } }
  production: { role: production, gate: { approvals: 1 } }
routes:
  - { name: release, tags: ['v*'], path: [uat, production] }
  - { name: mainline, branches: [main], path: [dev, uat, production] }
  - { name: feature, branches: ['**'], path: [dev] }
`;

/** A shop on a sandbox: a repository with a pipeline file, its environments, and a run on its newest commit. */
export interface Shop {
  readonly git: SampleRepository;
  readonly github: Sandbox;
  readonly client: GitHubClient;
  /** What the client said about repeated and delayed requests. */
  readonly log: string[];
  /** Newest commit of main. */
  readonly head: string;
  readonly run: number;
  candidate(changes?: Partial<EventCandidate>): EventCandidate;
  request(changes?: Partial<EvidenceRequest>): EvidenceRequest;
  close(): Promise<void>;
}

export async function openShop(options: Partial<SandboxOptions> & { pipeline?: string | null; timeoutMs?: number } = {}): Promise<Shop> {
  const path = mkdtempSync(join(tmpdir(), 'shop-'));
  const git = createRepository(path);
  const file: string | null = options.pipeline === undefined ? PIPELINE : options.pipeline;
  git.commit('main', { 'README.md': '# shop\n', ...(file === null ? {} : { '.github/promote.yml': file }) }, 'Open the shop', 'octocat');
  const head = git.commit('main', { 'cart.js': 'export const cart = [];\n' }, 'A cart', 'mona');
  const { pipeline: _pipeline, timeoutMs = 5000, ...rest } = options;
  const github = await startSandbox({ repositoryPath: path, ...rest });
  for (const login of ['octocat', 'mona', 'hubot']) github.given.user(login, { role: 'write' });
  github.given.environment('dev');
  github.given.environment('uat', { reviewers: ['hubot'] });
  github.given.environment('uat-acceptance', { reviewers: ['hubot'] });
  github.given.environment('production', { reviewers: ['hubot'], preventSelfReview: true });
  const run = github.given.run({ headSha: head, headBranch: 'main', actor: 'octocat' }).id;
  const token = github.token({
    permissions: { actions: 'read', contents: 'read', deployments: 'write', issues: 'write', 'pull-requests': 'read', checks: 'read' },
  });
  const log: string[] = [];
  const client = createClient({ ...addresses(github), token, requestTimeoutMs: timeoutMs, retryWaitMs: 1, log: (line) => log.push(line) });
  const candidate = (changes: Partial<EventCandidate> = {}): EventCandidate => ({
    sha: head,
    ref: 'refs/heads/main',
    alternativeRef: null,
    version: null,
    actor: 'octocat',
    initiator: 'octocat',
    fork: false,
    runHeadSha: head,
    ...changes,
  });
  return {
    git,
    github,
    client,
    log,
    head,
    run,
    candidate,
    request: (changes = {}) => ({
      owner: github.owner,
      repo: github.name,
      candidate: candidate(),
      run: { id: run, attempt: 1 },
      moment: 'plan',
      intent: 'promote',
      environmentsHint: file,
      pipelinePath: '.github/promote.yml',
      ...changes,
    }),
    close: async () => {
      await github.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

export function addresses(github: Sandbox): { apiUrl: string; graphqlUrl: string } {
  return { apiUrl: github.apiUrl, graphqlUrl: github.graphqlUrl };
}

export function payloadFor(shop: Shop, changes: Partial<RecordPayload> = {}): RecordPayload {
  return {
    schema: 1,
    kind: 'promotion',
    candidate: { sha: shop.head, ref: 'refs/heads/main', version: 'main@1234567' },
    digest: 'sha256:aaaaaaaaaaaa',
    policyHash: 'f'.repeat(40),
    route: 'mainline',
    run: { id: shop.run, attempt: 1 },
    claim: 'claim-1',
    initiator: 'octocat',
    approvedBy: ['hubot'],
    reasons: [],
    notes: [],
    relaxed: [],
    replaced: null,
    verify: false,
    ...changes,
  };
}

/** The job that leaves such a record, as GitHub lists it: it succeeded. */
export function ranJob({ github: { given } }: Shop, environment: string, { kind, run }: RecordPayload): void {
  const what = { promotion: 'Deploy to', rollback: 'Roll back', acceptance: 'Accept in', rehearsal: 'Rehearse for' }[kind];
  const where = kind === 'acceptance' ? `${environment}-acceptance` : environment;
  given.finishJob(given.job(run.id, { name: `${what} ${where}`, attempt: run.attempt }).id, 'success');
}
