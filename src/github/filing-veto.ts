import * as z from 'zod/mini';
import { type GitHubClient, GitHubError } from './client.ts';
import { VETO_LABEL } from './evidence-query.ts';
import { type FiledVeto, fileVeto, type NewVeto, readTitle } from './holds.ts';

/** What filing needs from outside; tests give literals. */
export interface FilingPorts {
  readonly client: Pick<GitHubClient, 'request'>;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** What stands for one second in the waits before another attempt, milliseconds. */
  readonly retryWaitMs: number;
}

const ATTEMPTS = 4;

/**
 * Files a veto so that there is one, also when the answer is lost: GitHub may have made the issue all the same, and each issue has to be
 * closed by a person. So it is looked for before it is filed again; one attempt more is one request to look and one to file.
 * @throws GitHubError (`issues: write`).
 */
export async function fileVetoOnce({ client, sleep, retryWaitMs }: FilingPorts, veto: NewVeto): Promise<FiledVeto> {
  const unrepeated: FilingPorts['client'] = { request: (route, parameters) => client.request(route, parameters, false) };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fileVeto(unrepeated, veto);
    } catch (error) {
      if (!(error instanceof GitHubError) || error.failure !== 'unavailable') throw error;
      await sleep(attempt ** 2 * retryWaitMs);
      const filed = await findVeto(client, veto);
      if (filed !== null) return filed;
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

const issuesSchema = z.array(z.object({ number: z.number(), title: z.string(), body: z.nullish(z.string()), html_url: z.string() }));

/** The open veto that names the commit and gives this reason, which says in which run it arose. */
async function findVeto(client: FilingPorts['client'], veto: NewVeto): Promise<FiledVeto | null> {
  const { data } = await client.request('GET /repos/{owner}/{repo}/issues', {
    owner: veto.owner,
    repo: veto.repo,
    labels: VETO_LABEL,
    state: 'open',
    per_page: 100,
  });
  const issues = issuesSchema.safeParse(data);
  if (!issues.success) throw new GitHubError('unusable', "GitHub's list of vetoes is not as GitHub describes it.");
  const found = issues.data.find(
    ({ title, body }) => readTitle(title).names.some((name) => veto.sha.startsWith(name)) && (body ?? '').includes(veto.reason),
  );
  return found === undefined ? null : { number: found.number, url: found.html_url };
}
