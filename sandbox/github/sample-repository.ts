/**
 * Builds a small Git repository on disk, always with the same shas: identities, dates and messages are fixed, and the machine's own
 * Git configuration is not read.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export type Author = 'octocat' | 'hubot' | 'mona';

export interface SampleRepository {
  readonly path: string;
  /**
   * Commits files on a branch, which is made from `from` (default: the default branch) when it does not exist yet. `null` removes a file.
   * @returns the commit's sha
   */
  commit(branch: string, files: Readonly<Record<string, string | null>>, message: string, author?: Author, from?: string): string;
  /** Makes a branch, or points it somewhere else. */
  branch(name: string, at: string): void;
  /** Merges `from` into `branch` with a merge commit whose files are `branch`'s and, where both have one, `from`'s. */
  merge(branch: string, from: string, author?: Author): string;
  /** A light tag. */
  tag(name: string, at: string): void;
  /** An annotated tag; returns the tag object's sha. */
  annotatedTag(name: string, at: string, message?: string, author?: Author): string;
  deleteRef(fullName: string): void;
  /** Writes the files of a commit into a folder, as a checkout does. */
  exportTo(expression: string, folder: string): void;
  /** Sha of the commit that a ref or expression names. */
  sha(expression: string): string;
  /** Any git command in this repository; returns its output, trimmed. */
  git(...parameters: string[]): string;
}

/** Bytes as `git fast-import` takes them. */
function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

/** The first commit's time: 2026-01-05T09:00:00Z. Each commit or tag is ten minutes later than the one before. */
const FIRST = 1767603600;

/**
 * A new repository with one branch and no commit.
 * @param path a folder that is empty or does not exist
 */
export function createRepository(path: string, defaultBranch = 'main'): SampleRepository {
  mkdirSync(path, { recursive: true });
  let ticks = 0;
  const environment = {
    PATH: process.env['PATH'] ?? '',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_DIR: join(path, '.git'),
    GIT_INDEX_FILE: join(path, '.git', 'sample-index'),
  };
  const run = (parameters: readonly string[], input = '') =>
    execFileSync('git', parameters, { cwd: path, env: environment, encoding: 'utf8', input }).trim();
  const git = (...parameters: string[]) => run(parameters);
  run(['init', '--quiet', `--initial-branch=${defaultBranch}`, path]);

  const nextDate = () => {
    ticks += 1;
    return `${FIRST + (ticks - 1) * 600} +0000`;
  };
  const find = (expression: string): string | null => {
    try {
      return git('rev-parse', '--verify', '--quiet', '--end-of-options', `${expression}^{commit}`);
    } catch {
      return null;
    }
  };
  const sha = (expression: string): string => {
    const found = find(expression);
    if (found === null) throw new Error(`sample repository: ${expression} names no commit in ${path}`);
    return found;
  };
  /** Makes one commit in one call of git. */
  const record = (branch: string, parents: readonly string[], changes: readonly string[], message: string, author: Author): string => {
    const [name, when] = [`${author} <${author}@example.com>`, nextDate()];
    const [from, ...merged] = parents;
    return run(
      ['fast-import', '--quiet', '--force'],
      [
        `commit refs/heads/${branch}`,
        'mark :1',
        `author ${name} ${when}`,
        `committer ${name} ${when}`,
        data(message),
        ...(from === undefined ? [] : [`from ${from}`]),
        ...merged.map((parent) => `merge ${parent}`),
        ...changes,
        '',
        'get-mark :1',
        '',
      ].join('\n'),
    );
  };

  return {
    path,
    git,
    sha,
    commit(branch, files, message, author = 'octocat', from = defaultBranch) {
      const parent = find(`refs/heads/${branch}`) ?? find(from);
      const changes = Object.entries(files).map(([name, content]) =>
        content === null ? `D ${name}` : `M 100644 inline ${name}\n${data(content)}`,
      );
      return record(branch, parent === null ? [] : [parent], changes, message, author);
    },
    branch(name, at) {
      git('update-ref', `refs/heads/${name}`, sha(at));
    },
    merge(branch, from, author = 'octocat') {
      const [ours, theirs] = [sha(`refs/heads/${branch}`), sha(from)];
      const theirFiles = git('ls-tree', '-r', '--format=M %(objectmode) %(objectname) %(path)', theirs).split('\n');
      return record(branch, [ours, theirs], theirFiles, `Merge ${from} into ${branch}`, author);
    },
    tag(name, at) {
      git('update-ref', `refs/tags/${name}`, sha(at));
    },
    annotatedTag(name, at, message = name, author = 'octocat') {
      const text = `object ${sha(at)}\ntype commit\ntag ${name}\ntagger ${author} <${author}@example.com> ${nextDate()}\n\n${message}\n`;
      const made = run(['mktag'], text);
      git('update-ref', `refs/tags/${name}`, made);
      return made;
    },
    deleteRef(fullName) {
      git('update-ref', '-d', fullName);
    },
    exportTo(expression, folder) {
      mkdirSync(folder, { recursive: true });
      git('read-tree', sha(expression));
      git('checkout-index', '--all', '--force', `--prefix=${folder}/`);
    },
  };
}

/** The file the sample's deploy scripts and the demo start from. */
const README = '# Shop\n\nA small shop that is promoted through its environments.\n';

export interface SampleHistory {
  readonly repository: SampleRepository;
  /** Shas of main, oldest first. */
  readonly main: readonly string[];
}

/**
 * A repository with a short history: four commits on `main` by octocat, hubot and mona, the third tagged `v1.0.0` (annotated).
 * @param files laid into the first commit beside a README; a pipeline file, for instance
 */
export function createSampleRepository(path: string, files: Readonly<Record<string, string>> = {}): SampleHistory {
  const repository = createRepository(path);
  const main = [
    repository.commit('main', { 'README.md': README, ...files }, 'Open the shop', 'octocat'),
    repository.commit('main', { 'src/cart.js': 'export const cart = [];\n' }, 'Add a cart', 'hubot'),
    repository.commit('main', { 'src/invoice.js': 'export const invoices = [];\n' }, 'Write invoices', 'mona'),
  ];
  repository.annotatedTag('v1.0.0', 'main', 'First release');
  main.push(
    repository.commit('main', { 'src/cart.js': 'export const cart = new Map();\n' }, 'Keep one line per article in the cart', 'hubot'),
  );
  return { repository, main };
}
