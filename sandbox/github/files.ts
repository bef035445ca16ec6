/**
 * Files that the API does not send itself but points to, as GitHub does: addresses that need no token and are good for one file,
 * because they are signed.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Place } from './context.ts';
import type { Artifact, State } from './state.ts';

const PREFIX = '/-/files/';
const key = randomBytes(32);

function signature(file: string): string {
  return createHmac('sha256', key).update(file).digest('hex');
}

/** Address of `logs/ID.txt`, `artifacts/ID.zip`, or `artifacts/ID.file` for one that is no zip. */
export function fileAddress(place: Pick<Place, 'webUrl'>, file: string): string {
  return `${place.webUrl}${PREFIX}${file}?sig=${signature(file)}`;
}

export interface ServedFile {
  readonly type: string;
  readonly name: string;
  readonly content: Buffer;
  /** Whether a browser shows it, and does not only keep it. */
  readonly inline: boolean;
}

/** Whether an address is one of these. */
export function isFileAddress(path: string): boolean {
  return path.startsWith(PREFIX);
}

/** The file; `null` when the signature is wrong or the file is gone. */
export function readSignedFile(state: State, address: URL): ServedFile | null {
  const file = address.pathname.slice(PREFIX.length);
  const [given, right] = [Buffer.from(address.searchParams.get('sig') ?? ''), Buffer.from(signature(file))];
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
  const [, kind, id] = /^(logs|artifacts)\/(\d+)\.(?:txt|zip|file)$/.exec(file) ?? [];
  return kind === 'logs' ? logOf(state, Number(id)) : artifactOf(state, Number(id));
}

function logOf(state: State, id: number): ServedFile | null {
  const job = state.jobs.find((candidate) => candidate.id === id);
  if (job === undefined) return null;
  return {
    type: 'text/plain; charset=utf-8',
    name: `${id}.txt`,
    content: Buffer.from(job.log.map((line) => `${line}\n`).join('')),
    inline: false,
  };
}

/** Of what a run uploaded. */
export function artifactAddress(place: Pick<Place, 'webUrl'>, { id, type }: Pick<Artifact, 'id' | 'type'>): string {
  return fileAddress(place, `artifacts/${id}.${type === undefined ? 'zip' : 'file'}`);
}

function artifactOf(state: State, id: number): ServedFile | null {
  const artifact = state.artifacts.find((candidate) => candidate.id === id);
  if (artifact === undefined) return null;
  try {
    const content = readFileSync(artifact.file);
    if (artifact.type === undefined) return { type: 'application/zip', name: `${id}.zip`, content, inline: false };
    return { type: artifact.type, name: artifact.name, content, inline: true };
  } catch {
    return null;
  }
}
