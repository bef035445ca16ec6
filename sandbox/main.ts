/** `npm run sandbox -- --port N --repo DIR`: a GitHub for a repository on this machine, for curl, gh and anything else that speaks HTTP. */
import { type Permissions, type Sandbox, startSandbox } from './github/index.ts';
import { type NamedEnvironment, readSettings, type Settings, USAGE } from './settings.ts';

const ALL_PERMISSIONS: Permissions = {
  actions: 'read',
  checks: 'read',
  contents: 'read',
  deployments: 'write',
  issues: 'write',
  'pull-requests': 'read',
};

async function start(settings: Settings): Promise<Sandbox> {
  const sandbox = await startSandbox({
    repositoryPath: settings.repo,
    owner: settings.owner,
    name: settings.name,
    port: settings.port,
    now: new Date(),
    clock: 'running',
    ...(settings.ghes ? { ghes: {} } : {}),
  });
  sandbox.given.user('octocat', { role: 'admin' });
  sandbox.given.user('hubot', { role: 'write' });
  sandbox.given.user('mona', { role: 'triage' });
  for (const { name, reviewers } of settings.environments) sandbox.given.environment(name, { reviewers });
  return sandbox;
}

/** A run on the default branch's commit that waits for the first environment with reviewers, so that there is something to approve. */
function addWaitingRun(sandbox: Sandbox, environments: readonly NamedEnvironment[]): string {
  const { refs } = sandbox.snapshot();
  const gated = environments.find((environment) => environment.reviewers.length > 0);
  const head = refs.get(`refs/heads/${sandbox.defaultBranch}`);
  if (gated === undefined || head === undefined) return '';
  const run = sandbox.given.run({ headSha: head });
  sandbox.given.waiting(run.id, gated.name);
  sandbox.given.job(run.id, { name: 'deploy', environment: { name: gated.name, url: '', waitingSince: sandbox.clock.now() } });
  const id = sandbox.state.environments.find((environment) => environment.name === gated.name)?.id;
  return `
Run ${run.id} waits for ${gated.name}. Approve it on its page, ${sandbox.url}/${sandbox.owner}/${sandbox.name}/actions/runs/${run.id},
or with a reviewer's token:
  curl -H "Authorization: Bearer $REVIEWER_TOKEN" -d '{"environment_ids":[${id}],"state":"approved","comment":"looks good"}' \\
    $GITHUB_API_URL/repos/${sandbox.owner}/${sandbox.name}/actions/runs/${run.id}/pending_deployments
  curl -H "Authorization: Bearer $GITHUB_TOKEN" $GITHUB_API_URL/repos/${sandbox.owner}/${sandbox.name}/actions/runs/${run.id}/approvals
`;
}

function explain(sandbox: Sandbox, settings: Settings, waiting: string): string {
  const repository = `${sandbox.owner}/${sandbox.name}`;
  const { host } = new URL(sandbox.url);
  return `A GitHub for ${settings.repo} as ${repository}. Stop it with Ctrl-C.
Its pages: ${sandbox.url}/${repository}

export GITHUB_SERVER_URL=${sandbox.url}
export GITHUB_API_URL=${sandbox.apiUrl}
export GITHUB_GRAPHQL_URL=${sandbox.graphqlUrl}
export GITHUB_REPOSITORY=${repository}
export GITHUB_TOKEN=${sandbox.token({ permissions: ALL_PERMISSIONS })}        # github-actions[bot]
export REVIEWER_TOKEN=${sandbox.token({ login: 'mona' })}      # mona

curl:
  curl -H "Authorization: Bearer $GITHUB_TOKEN" $GITHUB_API_URL/repos/${repository}/environments
  curl -H "Authorization: Bearer $GITHUB_TOKEN" -d '{"ref":"${sandbox.defaultBranch}","environment":"dev","auto_merge":false,"required_contexts":[]}' \\
    $GITHUB_API_URL/repos/${repository}/deployments
  curl -H "Authorization: Bearer $GITHUB_TOKEN" -d '{"query":"{ viewer { login } }"}' $GITHUB_GRAPHQL_URL
${waiting}
gh insists on https, except for the host github.localhost, which it asks over plain http. Through a proxy, that is here:
  http_proxy=http://${host} GH_HOST=github.localhost GH_TOKEN=$GITHUB_TOKEN gh api repos/${repository}/deployments
Commands of gh that need what the sandbox does not serve are refused by name (status 501).
`;
}

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  if (settings === null) {
    console.log(USAGE);
    return;
  }
  const sandbox = await start(settings);
  console.log(explain(sandbox, settings, addWaitingRun(sandbox, settings.environments)));
  const stop = () => {
    sandbox.close().catch(fail);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  sandbox.onRequest((line) => console.log(line));
}

function fail(error: unknown): void {
  console.error(`sandbox: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
}

await main().catch(fail);
