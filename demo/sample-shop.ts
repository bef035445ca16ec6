import { createRepository, type SampleRepository } from '../sandbox/github/sample-repository.ts';

/** The pipeline file of the demo's shop. Its deploy command really leaves something behind: a file per environment that says what runs there. */
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
export function createShop(path: string): SampleRepository {
  const repository = createRepository(path);
  repository.commit(
    'main',
    { 'README.md': '# The shop\n', 'src/shop.js': 'export const sells = ["tea"];\n' },
    'A shop that sells tea',
    'mona',
  );
  repository.commit('main', { '.github/promote.yml': PIPELINE, 'deploy.sh': DEPLOY }, 'Promote through dev, uat and production', 'mona');
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
