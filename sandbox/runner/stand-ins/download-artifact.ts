/**
 * actions/download-artifact v8. Artifacts of this run come from the store; with a token, of any run, over GitHub's REST API.
 * https://github.com/actions/download-artifact
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, matchesGlob, resolve, sep } from 'node:path';
import { unzipSync } from 'fflate';
import type { StandIn, StandInCall } from './stand-in.ts';

interface Found {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly digest: string;
  /** Media type, once the bytes are there; `null`: a zip. */
  type(): string | null;
  bytes(): Promise<Buffer>;
}

const MISMATCH = ['ignore', 'info', 'warn', 'error'];

export const downloadArtifact: StandIn = {
  name: 'actions/download-artifact',
  inputs: {
    name: { default: '' },
    'artifact-ids': { default: '' },
    path: { default: '' },
    pattern: { default: '' },
    'merge-multiple': { default: 'false' },
    'github-token': { default: '' },
    repository: { default: '' },
    'run-id': { default: '' },
    'skip-decompress': { default: 'false' },
    'digest-mismatch': { default: 'error' },
  },

  async main(call) {
    try {
      await download(call);
    } catch (error) {
      throw new Error(`Unable to download artifact(s): ${(error as Error).message}`, { cause: error });
    }
  },
};

async function download(call: StandInCall): Promise<void> {
  if (call.input('name') !== '' && call.input('artifact-ids') !== '')
    throw new Error("Inputs 'name' and 'artifact-ids' cannot be used together. Please specify only one.");
  if (!MISMATCH.includes(call.input('digest-mismatch')))
    throw new Error(`Invalid value for 'digest-mismatch': '${call.input('digest-mismatch')}'. Valid options are: ${MISMATCH.join(', ')}`);
  const folder = resolve(call.workspace, call.input('path').replace(/^~/, call.home));
  const chosen = choose(call, latestOf(await available(call)));
  const isDirect = call.input('name') !== '' || call.flag('merge-multiple') || chosen.length === 1;
  if (chosen.length > 0) call.log('Preparing to download the following artifacts:');
  for (const one of chosen) call.log(`- ${one.name} (ID: ${one.id}, Size: ${one.size}, Expected Digest: ${one.digest})`);
  for (const one of chosen) await save(call, one, isDirect ? folder : join(folder, one.name));
  call.log(`Total of ${chosen.length} artifact(s) downloaded`);
  call.setOutput('download-path', folder);
}

/** A run that was repeated may have several of a name. */
function latestOf(artifacts: readonly Found[]): readonly Found[] {
  const names = new Map<string, Found>();
  for (const one of artifacts) if ((names.get(one.name)?.id ?? 0) < one.id) names.set(one.name, one);
  return [...names.values()].sort((a, b) => a.id - b.id);
}

function choose(call: StandInCall, artifacts: readonly Found[]): readonly Found[] {
  const name = call.input('name');
  if (name !== '') {
    const found = artifacts.find((one) => one.name === name);
    if (found === undefined) throw new Error(`Artifact not found for name: ${name}`);
    return [found];
  }
  if (call.input('artifact-ids') !== '') return chooseByIds(call, artifacts);
  const pattern = call.input('pattern');
  return pattern === '' ? artifacts : artifacts.filter((one) => matchesGlob(one.name, pattern));
}

function chooseByIds(call: StandInCall, artifacts: readonly Found[]): readonly Found[] {
  const texts = call
    .input('artifact-ids')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  const ids = texts.map((text) => {
    if (!/^\d+$/.test(text)) throw new Error(`Invalid artifact ID: '${text}'. Must be a number.`);
    return Number(text);
  });
  const found = artifacts.filter((one) => ids.includes(one.id));
  if (found.length === 0) throw new Error('None of the provided artifact IDs were found');
  const missing = ids.filter((id) => !found.some((one) => one.id === id));
  if (missing.length > 0) call.warning(`Could not find the following artifact IDs: ${missing.join(', ')}`);
  return found;
}

async function save(call: StandInCall, artifact: Found, folder: string): Promise<void> {
  const bytes = await artifact.bytes();
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  call.log(`SHA256 digest of downloaded artifact is ${digest.replace('sha256:', '')}`);
  if (digest !== artifact.digest) {
    const message = `Artifact '${artifact.name}' digest validation failed. Expected ${artifact.digest}, got ${digest}.`;
    const behaviour = call.input('digest-mismatch');
    if (behaviour === 'error') throw new Error(message);
    if (behaviour === 'warn') call.warning(message);
    if (behaviour === 'info') call.log(message);
  }
  mkdirSync(folder, { recursive: true });
  // A file that was never archived comes as it is.
  if (!isZip(artifact.type())) writeFileSync(join(folder, artifact.name), bytes);
  else if (call.flag('skip-decompress')) writeFileSync(join(folder, `${artifact.name}.zip`), bytes);
  else unpack(bytes, folder);
}

const isZip = (type: string | null): boolean => type === null || type.startsWith('application/zip');

function unpack(bytes: Buffer, folder: string): void {
  for (const [name, content] of Object.entries(unzipSync(new Uint8Array(bytes)))) {
    const file = resolve(folder, name);
    if (!file.startsWith(folder + sep)) throw new Error(`Malformed extraction path: ${name}`);
    if (name.endsWith('/')) {
      mkdirSync(file, { recursive: true });
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

async function available(call: StandInCall): Promise<readonly Found[]> {
  const { request, ports } = call;
  const own = call.github('repository');
  const repository = call.input('repository') === '' ? own : call.input('repository');
  const run = call.input('run-id') === '' ? request.runId : Number(call.input('run-id'));
  const token = call.input('github-token');
  if (token !== '') return overRest(call, { repository, run, token });
  if (repository !== own || run !== request.runId)
    throw new Error('`run-id` or `repository` name something else than this run: that needs a `github-token` with actions: read.');
  const present = ports.artifacts.list(request.runId).filter((artifact) => !artifact.expired);
  return present.map((artifact) => ({ ...artifact, type: () => artifact.type, bytes: async () => ports.artifacts.download(artifact.id) }));
}

interface RestArtifact {
  readonly id: number;
  readonly name: string;
  readonly size_in_bytes: number;
  readonly digest: string;
  readonly archive_download_url: string;
}

async function overRest(
  call: StandInCall,
  { repository, run, token }: { repository: string; run: number; token: string },
): Promise<readonly Found[]> {
  if (!/^[^/]+\/[^/]+$/.test(repository)) throw new Error(`Invalid repository: '${repository}'. Must be in format owner/repo`);
  const api = call.request.variables['GITHUB_API_URL'] ?? '';
  const found: RestArtifact[] = [];
  for (let page = 1; ; page += 1) {
    const answer = await ask(call, token, `${api}/repos/${repository}/actions/runs/${run}/artifacts?per_page=100&page=${page}`);
    const { artifacts, total_count } = (await answer.json()) as { artifacts: RestArtifact[]; total_count: number };
    found.push(...artifacts);
    if (artifacts.length === 0 || found.length >= total_count) break;
  }
  return found.map((artifact) => {
    let type: string | null = null;
    return {
      ...{ id: artifact.id, name: artifact.name, size: artifact.size_in_bytes, digest: artifact.digest },
      type: () => type,
      bytes: async () => {
        const answer = await ask(call, token, artifact.archive_download_url);
        type = answer.headers.get('content-type');
        return Buffer.from(await answer.arrayBuffer());
      },
    };
  });
}

async function ask({ signal }: StandInCall, token: string, url: string): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json' };
  const answer = await fetch(url, { headers, signal });
  if (answer.ok) return answer;
  const said = await answer.json().then(
    (body) => (body as { message?: string }).message,
    () => undefined,
  );
  throw new Error(`${said ?? answer.statusText} (${answer.status})`);
}
