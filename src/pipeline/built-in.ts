import { loadPipeline } from './load.ts';
import type { Pipeline } from './model.ts';

/** Where editors find the description of the pipeline file; its first line names it. */
export const SCHEMA_LINE =
  '# yaml-language-server: $schema=https://raw.githubusercontent.com/org/promote-action/v1/schema/pipeline.schema.json';

/** The pipeline of a repository that has no pipeline file; also what is written out to be edited. */
export const BUILT_IN_TEXT = `${SCHEMA_LINE}
#
# Where may a change go next? This pipeline is the answer as long as the repository has no file of its own. Edit it freely:
# nothing below is needed but the names that the routes use. Every environment is a GitHub environment of the same name;
# one with a gate needs required reviewers there, or nothing enters it.
version: 1

environments:
  # Free to change at any time. No deploy command: the job's own steps deploy. To have a command run instead, add
  #   deploy: { run: ./scripts/deploy.sh }
  dev:
    role: development

  # Where users try a version. Somebody looks before it gets there.
  uat:
    role: uat
    gate: { approvals: 1 }

  # The installation itself is rehearsed: "migrate" runs against a database. Put your own command here; this one runs the script
  # "migrate" of package.json, and does nothing where package.json has no such script.
  staging:
    role: staging
    rehearsal: { database: postgres, migrate: npm run --if-present migrate }

  # The role asks for one approval anyway; it is written here to be seen and raised.
  production:
    role: production
    gate: { approvals: 1 }

# The first route that takes a branch or a tag decides where it may go, and in which order.
routes:
  - { name: release, tags: ['v*'], path: [uat, staging, production] }
  - { name: mainline, branches: [main], path: [dev, uat, staging, production] }
  - { name: hotfix, branches: ['hotfix/**'], path: [staging, production] }
  # Not what GitHub's merge queue and Dependabot push: that is tried before it is merged, and Dependabot's pushes get no secrets.
  - { name: feature, branches: ['**', '!gh-readonly-queue/**', '!dependabot/**'], path: [dev] }
`;

/** The built-in pipeline. `path` is where the repository would keep its own, for messages. */
export function builtInPipeline(path: string): Pipeline {
  return { ...loadPipeline(BUILT_IN_TEXT, path), source: 'built-in' };
}
