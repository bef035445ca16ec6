import type { Sandbox } from '../sandbox/github/index.ts';

/**
 * Approves what a run waits for as a script does it: with a reviewer's own token, through the API.
 * @throws Error with GitHub's answer when it refuses
 */
export async function approve(sandbox: Sandbox, runId: number, environment: string, login: string): Promise<void> {
  const address = `${sandbox.apiUrl}/repos/${sandbox.owner}/${sandbox.name}/actions/runs/${runId}/pending_deployments`;
  const headers = { authorization: `Bearer ${sandbox.token({ login })}` };
  const pending = (await (await fetch(address, { headers })).json()) as { environment: { id: number; name: string } }[];
  const ids = pending.filter((one) => one.environment.name === environment).map((one) => one.environment.id);
  const answer = await fetch(address, {
    method: 'POST',
    headers,
    body: JSON.stringify({ environment_ids: ids, state: 'approved', comment: 'Approved by --yes' }),
  });
  if (!answer.ok) throw new Error(`${login} could not approve ${environment}: ${answer.status} ${await answer.text()}`);
}
