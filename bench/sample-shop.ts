import type { Sandbox } from '../sandbox/github/index.ts';
import { createRepository, type SampleRepository } from '../sandbox/github/sample-repository.ts';

/** The pipeline file of a small shop. Its deploy command really leaves something behind: a file per environment that says what runs there. */
export const PIPELINE = `version: 1
build: { run: npm run build, artifact: dist }

environments:
  dev: { role: development, deploy: { run: &deploy bash deploy.sh } }
  uat:
    role: uat
    gate: { approvals: 1, by: [octo-org/qa] }
    deploy: { run: *deploy }
  production:
    role: production
    gate: { approvals: 2, by: [octo-org/release], exclude: [initiator] }
    windows: [{ days: mon-thu, hours: '09:00-16:00', zone: Europe/Berlin }]
    deploy: { run: *deploy }

routes:
  - { name: release, tags: ['v*'], path: [uat, production] }
  - { name: mainline, branches: [main], path: [dev, uat, production] }
  - { name: hotfix, branches: ['hotfix/**'], path: [uat, production] }
  - { name: feature, branches: ['**'], path: [dev] }
`;

const DEPLOY = `#!/usr/bin/env bash
# Puts a version into an environment: here a file that says what runs there.
set -euo pipefail
mkdir -p "$SHOP_HOME/$PROMOTE_ENVIRONMENT"
echo "$PROMOTE_VERSION" > "$SHOP_HOME/$PROMOTE_ENVIRONMENT/version"
echo "$PROMOTE_ENVIRONMENT now runs $PROMOTE_VERSION (it ran \${PROMOTE_REPLACED_VERSION:-nothing})"
`;

/** A repository with some history: the shop, its pipeline, a feature merged into main. */
export function createShop(path: string, pipeline: string = PIPELINE): SampleRepository {
  const repository = createRepository(path);
  repository.commit(
    'main',
    { 'README.md': '# The shop\n', 'src/shop.js': 'export const sells = ["tea"];\n' },
    'A shop that sells tea',
    'mona',
  );
  repository.commit('main', { '.github/promote.yml': pipeline, 'deploy.sh': DEPLOY }, 'Promote through dev, uat and production', 'mona');
  repository.commit(
    'feature/umbrellas',
    { 'src/umbrellas.js': 'export const umbrella = { price: 12 };\n' },
    'Umbrellas have a price',
    'hubot',
  );
  repository.commit('feature/umbrellas', { 'src/shop.js': 'export const sells = ["tea", "umbrellas"];\n' }, 'Sell umbrellas', 'hubot');
  repository.merge('main', 'feature/umbrellas', 'octocat');
  return repository;
}

/** What the build of the shop would have named its artifact. */
export const DIGEST = `sha256:${'5a'.repeat(32)}`;

/** One workflow run: who started it, and what it is about. */
export interface Run {
  readonly id: number;
  readonly ref: string;
  readonly sha: string;
  readonly actor: string;
}

/** The variables that the runner sets for a job of the run. */
export function runVariables(sandbox: Sandbox, run: Run, workspace: string): Readonly<Record<string, string>> {
  return {
    GITHUB_REPOSITORY: `${sandbox.owner}/${sandbox.name}`,
    GITHUB_API_URL: sandbox.apiUrl,
    GITHUB_GRAPHQL_URL: sandbox.graphqlUrl,
    GITHUB_SERVER_URL: sandbox.url,
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_SHA: run.sha,
    GITHUB_REF: run.ref,
    GITHUB_ACTOR: run.actor,
    GITHUB_TRIGGERING_ACTOR: run.actor,
    GITHUB_WORKSPACE: workspace,
  };
}
