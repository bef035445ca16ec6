/** Artifacts of the sandbox's repository: files in a folder, and what GitHub knows of them in the sandbox's state. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../github/api.ts';
import { type Artifact, nextId, type State } from '../github/state.ts';
import type { ArtifactStore, StoredArtifact } from './job/contract.ts';

const DAY = 86_400_000;

export interface ArtifactStoreOptions {
  readonly state: State;
  readonly clock: Clock;
  /** Where the files lie; made when it is missing. */
  readonly folder: string;
}

/** Opens the store. An artifact expires by the sandbox's clock; its file stays until it is removed, and is given to nobody. */
export function createArtifactStore({ state, clock, folder }: ArtifactStoreOptions): ArtifactStore {
  mkdirSync(folder, { recursive: true });
  const known = (id: number): Artifact | undefined => state.artifacts.find((artifact) => artifact.id === id);
  const stored = (artifact: Artifact): StoredArtifact => ({
    id: artifact.id,
    name: artifact.name,
    runId: artifact.runId,
    type: artifact.type ?? null,
    size: artifact.size,
    digest: artifact.digest,
    expired: clock.now() >= artifact.expiresAt,
  });
  return {
    upload({ runId, attempt, name, content, type, retentionDays }) {
      if (state.artifacts.some((other) => other.runId === runId && other.attempt === attempt && other.name === name))
        throw new Error('(409) Conflict: an artifact with this name already exists on the workflow run');
      const id = nextId(state);
      const file = join(folder, `${id}.${type === null ? 'zip' : 'file'}`);
      writeFileSync(file, content);
      const now = clock.now();
      const artifact: Artifact = {
        id,
        name,
        runId,
        attempt,
        ...(type === null ? {} : { type }),
        size: content.length,
        digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
        createdAt: now,
        expiresAt: now + retentionDays * DAY,
        file,
      };
      state.artifacts.push(artifact);
      return stored(artifact);
    },
    attest: (digest, bundle) => void state.attestations.push({ digest, bundle }),
    list: (runId) => state.artifacts.filter((artifact) => artifact.runId === runId).map(stored),
    find(id) {
      const artifact = known(id);
      return artifact === undefined ? null : stored(artifact);
    },
    download(id) {
      const artifact = known(id);
      if (artifact === undefined) throw new Error(`Artifact ${id} does not exist.`);
      if (clock.now() >= artifact.expiresAt) throw new Error(`Artifact ${id} (${artifact.name}) has expired.`);
      return readFileSync(artifact.file);
    },
    remove(id) {
      const at = state.artifacts.findIndex((artifact) => artifact.id === id);
      if (at === -1) return;
      const [artifact] = state.artifacts.splice(at, 1);
      rmSync((artifact as Artifact).file, { force: true });
    },
  };
}
