/** Where workflow files and actions come from: the sandbox's repository at a commit, and working copies of other repositories. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GitRepository } from '../github/git-repository.ts';
import type { CheckoutSource } from './job/contract.ts';

const FULL_SHA = /^[0-9a-f]{40}$/;
export const NO_SHA = '0'.repeat(40);

export interface SourcesOptions {
  /** `owner/name` of the sandbox's repository. */
  readonly repository: string;
  readonly git: GitRepository;
  /** Folders by `owner/name`. */
  readonly others: Readonly<Record<string, string>>;
}

export class Sources {
  readonly #options: SourcesOptions;
  readonly #heads = new Map<string, string>();

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  /** The sandbox's repository at a commit. */
  own(sha: string): CheckoutSource {
    return { repository: this.#options.repository, folder: this.#options.git.path, sha };
  }

  /** A repository by name, at a ref of it; `null`: there is none, or it has no such ref. */
  find(repository: string, ref: string): CheckoutSource | null {
    if (sameRepository(repository, this.#options.repository)) {
      const sha = this.#commit(ref);
      return sha === null ? null : this.own(sha);
    }
    const known = Object.entries(this.#options.others).find(([name]) => sameRepository(name, repository));
    return known === undefined ? null : { repository: known[0], folder: known[1], sha: null };
  }

  /** The commit that a source stands for; of plain files the one they were checked out from, if any. */
  shaOf(source: CheckoutSource): string {
    if (source.sha !== null) return source.sha;
    const known = this.#heads.get(source.folder) ?? revision(source.folder, 'HEAD') ?? NO_SHA;
    this.#heads.set(source.folder, known);
    return known;
  }

  /** Text of a file; `null` when there is none. */
  async text(source: CheckoutSource, path: string): Promise<string | null> {
    if (source.sha === null) {
      const file = join(source.folder, path);
      return existsSync(file) ? readFileSync(file, 'utf8') : null;
    }
    const { git } = this.#options;
    const found = await git.resolve(`${source.sha}:${path}`);
    return found?.type === 'blob' ? ((await git.content(found.oid))?.toString('utf8') ?? null) : null;
  }

  /** Paths of the workflow files at a commit of the sandbox's repository. */
  async workflowPaths(sha: string): Promise<readonly string[]> {
    const { git } = this.#options;
    const folder = await git.resolve(`${sha}:.github/workflows`);
    if (folder?.type !== 'tree') return [];
    const entries = await git.tree(folder.oid);
    return entries.filter(({ type, name }) => type === 'blob' && /\.ya?ml$/.test(name)).map(({ name }) => `.github/workflows/${name}`);
  }

  #commit(ref: string): string | null {
    if (FULL_SHA.test(ref)) return revision(this.#options.git.path, ref);
    for (const candidate of [ref, `refs/tags/${ref}`, `refs/heads/${ref}`]) {
      const sha = candidate.startsWith('refs/') ? revision(this.#options.git.path, candidate) : null;
      if (sha !== null) return sha;
    }
    return null;
  }
}

export function sameRepository(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function revision(folder: string, name: string): string | null {
  try {
    const parameters = ['-C', folder, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
    return execFileSync('git', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}
