import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline as piped } from 'node:stream/promises';
import { promisify } from 'node:util';
import { shortSha } from '../decision/wording.ts';
import { BUILD_WORKFLOW } from '../github/artifacts.ts';
import { readRunFacts } from '../github/vouched-runs.ts';
import { withoutRunnerCommands } from '../report/outside-text.ts';
import { orElse } from './consequence.ts';
import type { Door } from './door.ts';
import type { Job } from './job.ts';

const run = promisify(execFile);

/** How long GitHub's own tool may take, milliseconds: it fetches the attestations and what they are checked against. */
const LONGEST_VERIFICATION = 120_000;

/** The artifact is not what the pipeline file demands. */
class NotAttested extends Error {}

/**
 * Where the pipeline file demands it, GitHub's own tool verifies that the artifact is attested: signed by the workflow that builds, from the
 * candidate's commit. A rollback goes to what succeeded there before, under the rules of that time, by the digest on record.
 * One request to this run, for which workflow builds; what the tool asks is its own.
 * @throws NotAttested with what was found and what to do
 */
export async function assertAttested(job: Job, { gathered, decision, environment }: Door): Promise<void> {
  const { pipeline, evidence } = gathered;
  if (pipeline.build?.attest !== true || evidence.intent === 'rollback') return;
  const { sha, digest } = decision.candidate;
  const nothing = `Nothing was touched in ${environment.name}:`;
  const file = artifactFile(job.input.artifactFile, `${nothing} ${pipeline.path} demands an attestation of the artifact, and`);
  if (digest === null || (await digestOf(file)) !== digest)
    throw new NotAttested(
      `${nothing} ${file} is not the artifact ${digest}. Give "artifact-file" the zip that actions/download-artifact leaves with "skip-decompress: true".`,
    );
  const signer = await orElse(`${nothing} which workflow builds is not known.`, () => signerOf(job));
  await verify(job, file, signer, sha).catch((error: unknown) => {
    throw new NotAttested(
      `${nothing} no attestation by ${signer} says that ${digest} was built from ${shortSha(sha)}. ${said(error)} If it was built before attestations were demanded, or for another commit than its run was about, make a new commit, so that it is built and attested in a run of its own; if its attestation could not be stored, run the failed jobs of the run that built it again.`,
    );
  });
  job.toolkit.info(`${digest} is attested: built from ${shortSha(sha)} by ${signer}.`);
}

function artifactFile(path: string | null, consequence: string): string {
  const advice =
    'Give the step the zip of the artifact in the input "artifact-file", as actions/download-artifact leaves it with "skip-decompress: true".';
  if (path === null) throw new NotAttested(`${consequence} the input "artifact-file" is empty. ${advice}`);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() === true) return resolve(path);
  const files = stat?.isDirectory() === true ? readdirSync(path, { withFileTypes: true }).filter((one) => one.isFile()) : [];
  const [only, ...others] = files;
  if (only === undefined || others.length > 0)
    throw new NotAttested(`${consequence} ${path} is neither a file nor a folder with one file. ${advice}`);
  return resolve(join(path, only.name));
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await piped(createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
}

/** The shipped workflow that builds, as the run calls it; in a chain of the repository's own, the run's own file. */
async function signerOf({ client, run: { owner, repo, runId } }: Job): Promise<string> {
  const facts = await readRunFacts(client, { owner, repo }, runId);
  const shipped = facts?.calls.find((path) => path.endsWith(`/.github/workflows/${BUILD_WORKFLOW}`));
  if (facts === null) throw new NotAttested(`GitHub does not know run ${runId}, which asks.`);
  return shipped ?? `${owner}/${repo}/${facts.path}`;
}

async function verify({ input, run: { owner, repo, serverUrl } }: Job, file: string, signer: string, sha: string): Promise<void> {
  const { host } = new URL(serverUrl);
  const demanded = ['--repo', `${owner}/${repo}`, '--signer-workflow', signer, '--source-digest', sha];
  const elsewhere = host === 'github.com' ? [] : ['--hostname', host];
  const env = { ...process.env, GH_TOKEN: input.token, GH_PROMPT_DISABLED: '1', NO_COLOR: '1' };
  await run('gh', ['attestation', 'verify', file, ...demanded, ...elsewhere], { env, timeout: LONGEST_VERIFICATION });
}

const MOST_SAID = 400;

/** What GitHub's tool said, on one line. */
function said(error: unknown): string {
  const { code, stderr = '', message } = error as { code?: unknown; stderr?: string; message: string };
  if (code === 'ENOENT')
    return 'This runner has no "gh": install a current GitHub CLI on it (one whose "attestation verify" knows --source-digest), or let the job run on a runner of GitHub, which has it.';
  const line = (stderr.trim() || message).replaceAll(/\p{Cc}+/gu, ' ').trim();
  return `gh said: ${withoutRunnerCommands(line.slice(0, MOST_SAID)).replace(/\.?$/, '.')}`;
}
