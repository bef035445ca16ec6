/** Reads a Git repository on disk through one long-lived `git cat-file` process. Objects never change, so they are kept. */
import { type ChildProcessWithoutNullStreams, execFile, execFileSync, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface ObjectInfo {
  readonly oid: string;
  readonly type: ObjectType;
  readonly size: number;
}

export interface Signature {
  readonly name: string;
  readonly email: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Minutes east of UTC. */
  readonly offset: number;
}

export interface GitCommit {
  readonly oid: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

export interface GitTag {
  readonly oid: string;
  readonly target: string;
  readonly targetType: ObjectType;
  readonly name: string;
  readonly tagger: Signature | null;
  readonly message: string;
}

export interface Comparison {
  readonly status: 'identical' | 'ahead' | 'behind' | 'diverged';
  readonly aheadBy: number;
  readonly behindBy: number;
  /** `null` when the two have no commit in common. */
  readonly mergeBase: string | null;
  /** Commits of head that base lacks, oldest first. */
  readonly commits: readonly string[];
}

interface Answer {
  readonly info: ObjectInfo;
  readonly content: Buffer;
}

interface Pending {
  readonly withContent: boolean;
  readonly resolve: (answer: Answer | null) => void;
  readonly reject: (error: Error) => void;
}

const FULL_SHA = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const SHORT_SHA = /^[0-9a-f]{4,39}$/;

export class GitRepository {
  readonly path: string;
  #process: ChildProcessWithoutNullStreams;
  #closed = false;
  #pending: Pending[] = [];
  #received: Buffer = Buffer.alloc(0);
  readonly #commits = new Map<string, GitCommit>();
  readonly #comparisons = new Map<string, Comparison>();

  constructor(path: string) {
    this.path = path;
    this.#process = this.#start();
  }

  #start(): ChildProcessWithoutNullStreams {
    const child = spawn('git', ['-C', this.path, 'cat-file', '--batch-command'], { stdio: 'pipe' });
    // What was asked of this process dies with it; the next question starts another.
    const pending: Pending[] = [];
    const fail = (error: Error): void => {
      for (const { reject } of pending.splice(0)) reject(error);
    };
    this.#pending = pending;
    this.#received = Buffer.alloc(0);
    child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    child.stdin.on('error', () => undefined);
    child.on('error', fail);
    child.on('close', () => fail(new Error(`sandbox: git stopped reading ${this.path}`)));
    // The sandbox must not keep a test process alive by itself.
    child.unref();
    return child;
  }

  close(): void {
    this.#closed = true;
    this.#process.stdin.end();
    this.#process.kill();
  }

  /** Every ref by full name; annotated tags are not peeled. */
  async refs(): Promise<ReadonlyMap<string, string>> {
    const { stdout } = await run('git', this.#listRefs(), { maxBuffer: 64e6 });
    return parseRefs(stdout);
  }

  /** The same, at once: nothing can change between the call and the answer. */
  refsNow(): ReadonlyMap<string, string> {
    return parseRefs(execFileSync('git', this.#listRefs(), { maxBuffer: 64e6, encoding: 'utf8' }));
  }

  #listRefs(): string[] {
    return ['-C', this.path, 'for-each-ref', '--format=%(objectname) %(refname)'];
  }

  /** Branch that HEAD names. */
  async headBranch(): Promise<string> {
    const { stdout } = await run('git', ['-C', this.path, 'symbolic-ref', '--short', 'HEAD']);
    return stdout.trim();
  }

  /**
   * The object that a revision expression names: a sha (short or full), `ref`, `ref~1`, `rev:path`.
   * @param refs resolves names from there; without it, from the repository as it is now.
   */
  async resolve(expression: string, refs?: ReadonlyMap<string, string>): Promise<ObjectInfo | null> {
    const safe = safeExpression(expression);
    if (safe === null) return null;
    const colon = safe.indexOf(':');
    const [revision, path] = colon === -1 ? [safe, null] : [safe.slice(0, colon), safe.slice(colon + 1)];
    const [, name = '', suffix = ''] = /^([^~^]*)(.*)$/.exec(revision) ?? [];
    const oid = FULL_SHA.test(name) ? name : ((await this.#named(name, refs)) ?? (SHORT_SHA.test(name) ? name : null));
    if (oid === null) return null;
    return this.info(path === null ? `${oid}${suffix}` : `${oid}${suffix}:${path}`);
  }

  /** The commit that an expression names, through annotated tags. */
  async resolveCommit(expression: string, refs?: ReadonlyMap<string, string>): Promise<GitCommit | null> {
    const info = await this.resolve(expression, refs);
    return info === null ? null : this.peel(info.oid);
  }

  /** The commit behind an object: itself, or what a tag points to. `null` for anything else. */
  async peel(oid: string): Promise<GitCommit | null> {
    const info = await this.info(`${oid}^{commit}`);
    return info === null ? null : this.commit(info.oid);
  }

  info(name: string): Promise<ObjectInfo | null> {
    return this.#ask('info', name).then((answer) => answer?.info ?? null);
  }

  async content(oid: string): Promise<Buffer | null> {
    return (await this.#ask('contents', oid))?.content ?? null;
  }

  async commit(oid: string): Promise<GitCommit> {
    const known = this.#commits.get(oid);
    if (known !== undefined) return known;
    const answer = await this.#ask('contents', oid);
    if (answer === null || answer.info.type !== 'commit') throw new Error(`sandbox: ${oid} is no commit in ${this.path}`);
    const commit = parseCommit(oid, answer.content.toString('utf8'));
    this.#commits.set(oid, commit);
    return commit;
  }

  async tag(oid: string): Promise<GitTag> {
    const answer = await this.#ask('contents', oid);
    if (answer === null || answer.info.type !== 'tag') throw new Error(`sandbox: ${oid} is no tag in ${this.path}`);
    return parseTag(oid, answer.content.toString('utf8'));
  }

  /** Commits from a tip, newest first, as `git log` gives them; at most `limit`. */
  async history(tip: string, limit: number): Promise<readonly GitCommit[]> {
    const seen = new Set([tip]);
    const queue = [await this.commit(tip)];
    const commits: GitCommit[] = [];
    while (commits.length < limit) {
      const next = queue.shift();
      if (next === undefined) break;
      commits.push(next);
      for (const parent of next.parents) {
        if (seen.has(parent)) continue;
        seen.add(parent);
        insertByDate(queue, await this.commit(parent));
      }
    }
    return commits;
  }

  /** How many commits a tip reaches, itself included. */
  async count(tip: string): Promise<number> {
    const { stdout } = await run('git', ['-C', this.path, 'rev-list', '--count', tip]);
    return Number(stdout.trim());
  }

  /** Commits that touched a path, newest first. */
  async historyOfPath(tip: string, path: string): Promise<readonly string[]> {
    if (leadsOutside(path) || path.includes('\0')) return [];
    const { stdout } = await run('git', ['-C', this.path, 'rev-list', tip, '--', path], { maxBuffer: 64e6 });
    return stdout.split('\n').filter((line) => line !== '');
  }

  async compare(base: string, head: string): Promise<Comparison> {
    const key = `${base}...${head}`;
    const known = this.#comparisons.get(key);
    if (known !== undefined) return known;
    const [sides, bases] = await Promise.all([
      run('git', ['-C', this.path, 'rev-list', '--left-right', '--topo-order', '--reverse', key], { maxBuffer: 64e6 }),
      run('git', ['-C', this.path, 'merge-base', base, head]).catch(() => ({ stdout: '' })),
    ]);
    const lines = sides.stdout.split('\n').filter((line) => line !== '');
    const commits = lines.filter((line) => line.startsWith('>')).map((line) => line.slice(1));
    const comparison = classify(commits, lines.length - commits.length, bases.stdout.trim() || null);
    this.#comparisons.set(key, comparison);
    return comparison;
  }

  /** Files that differ between two commits (`null`: against nothing). */
  async changedFiles(base: string | null, head: string): Promise<readonly ChangedFile[]> {
    const range = base === null ? ['--root', head] : [base, head];
    const { stdout } = await run(
      'git',
      ['-C', this.path, 'diff-tree', '-r', '--no-commit-id', '--raw', '--numstat', '--no-renames', ...range],
      {
        maxBuffer: 64e6,
      },
    );
    return parseChangedFiles(stdout);
  }

  /** Entries of a tree, in Git's order. */
  async tree(oid: string): Promise<readonly TreeEntry[]> {
    const answer = await this.#ask('contents', oid);
    if (answer === null || answer.info.type !== 'tree') throw new Error(`sandbox: ${oid} is no tree in ${this.path}`);
    return parseTree(answer.content, oid.length / 2);
  }

  /** Bytes of a blob; 0 for anything else. */
  async size(oid: string): Promise<number> {
    const info = await this.info(oid);
    return info?.type === 'blob' ? info.size : 0;
  }

  async #named(name: string, refs: ReadonlyMap<string, string> | undefined): Promise<string | null> {
    for (const candidate of [name, `refs/${name}`, `refs/tags/${name}`, `refs/heads/${name}`]) {
      if (!candidate.startsWith('refs/') && candidate !== 'HEAD') continue;
      if (refs === undefined || candidate === 'HEAD') {
        const info = await this.info(candidate);
        if (info !== null) return info.oid;
        continue;
      }
      const oid = refs.get(candidate);
      if (oid !== undefined) return oid;
    }
    return null;
  }

  #ask(command: 'info' | 'contents', name: string): Promise<Answer | null> {
    if (/[\n\0]/.test(name) || leadsOutside(name.slice(name.indexOf(':') + 1))) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new Error(`sandbox: ${this.path} is read no more`));
        return;
      }
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) this.#process = this.#start();
      this.#pending.push({ withContent: command === 'contents', resolve, reject });
      this.#process.stdin.write(`${command} ${name}\n`);
    });
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#takeAnswer());
  }

  #takeAnswer(): boolean {
    const first = this.#pending[0];
    const end = this.#received.indexOf(10);
    if (first === undefined || end === -1) return false;
    const [oid = '', type = '', size = ''] = this.#received.subarray(0, end).toString('utf8').split(' ');
    if (!FULL_SHA.test(oid) || size === '') {
      this.#received = this.#received.subarray(end + 1);
      this.#pending.shift();
      first.resolve(null);
      return true;
    }
    const info = { oid, type: type as ObjectType, size: Number(size) };
    const stop = first.withContent ? end + 1 + info.size : end;
    if (first.withContent && this.#received.length < stop + 1) return false;
    const content = Buffer.from(this.#received.subarray(end + 1, Math.max(stop, end + 1)));
    this.#received = this.#received.subarray(stop + 1);
    this.#pending.shift();
    first.resolve({ info, content: first.withContent ? content : Buffer.alloc(0) });
    return true;
  }
}

export interface ChangedFile {
  readonly path: string;
  readonly oid: string;
  readonly status: 'added' | 'removed' | 'modified';
  readonly additions: number;
  readonly deletions: number;
}

export interface TreeEntry {
  readonly mode: string;
  readonly type: string;
  readonly oid: string;
  readonly name: string;
}

function parseRefs(text: string): ReadonlyMap<string, string> {
  const refs = new Map<string, string>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) refs.set(line.slice(space + 1), line.slice(0, space));
  }
  return refs;
}

/** What Git could take for an option or a second line is no expression, nor is a reflog, which GitHub has none of. */
function safeExpression(expression: string): string | null {
  return expression === '' || expression.startsWith('-') || /[\n\0]|^[^:]*@\{/.test(expression) ? null : expression;
}

/** Of a path that climbs out of the repository, or is relative to a folder in it, git does not say that it is missing: it ends. */
function leadsOutside(path: string): boolean {
  return path.startsWith('/') || path.split('/').some((part) => part === '..' || part === '.');
}

function insertByDate(queue: GitCommit[], commit: GitCommit): void {
  const index = queue.findIndex((other) => other.committer.at < commit.committer.at);
  if (index === -1) queue.push(commit);
  else queue.splice(index, 0, commit);
}

function classify(commits: readonly string[], behindBy: number, mergeBase: string | null): Comparison {
  const aheadBy = commits.length;
  const counted = { aheadBy, behindBy, mergeBase, commits };
  if (aheadBy === 0 && behindBy === 0) return { status: 'identical', ...counted };
  if (behindBy === 0) return { status: 'ahead', ...counted };
  return { status: aheadBy === 0 ? 'behind' : 'diverged', ...counted };
}

function headersAndMessage(text: string): { headers: [string, string][]; message: string } {
  const end = text.indexOf('\n\n');
  const head = end === -1 ? text : text.slice(0, end);
  const headers: [string, string][] = [];
  for (const line of head.split('\n')) {
    // A line that starts with a space continues a signature, which nothing here reads.
    if (line.startsWith(' ')) continue;
    const space = line.indexOf(' ');
    headers.push([line.slice(0, space), line.slice(space + 1)]);
  }
  return { headers, message: end === -1 ? '' : text.slice(end + 2) };
}

function parseSignature(text: string): Signature {
  const [, name = '', email = '', seconds = '0', sign = '+', hours = '00', minutes = '00'] =
    /^(.*?) ?<(.*?)> (\d+) ([+-])(\d\d)(\d\d)$/.exec(text) ?? [];
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return { name, email, at: Number(seconds) * 1000, offset };
}

function parseCommit(oid: string, text: string): GitCommit {
  const { headers, message } = headersAndMessage(text);
  const one = (key: string) => headers.find(([name]) => name === key)?.[1] ?? '';
  return {
    oid,
    tree: one('tree'),
    parents: headers.filter(([name]) => name === 'parent').map(([, value]) => value),
    author: parseSignature(one('author')),
    committer: parseSignature(one('committer')),
    message: message.replace(/\n$/, ''),
  };
}

function parseTag(oid: string, text: string): GitTag {
  const { headers, message } = headersAndMessage(text);
  const one = (key: string) => headers.find(([name]) => name === key)?.[1];
  const tagger = one('tagger');
  return {
    oid,
    target: one('object') ?? '',
    targetType: (one('type') ?? 'commit') as ObjectType,
    name: one('tag') ?? '',
    tagger: tagger === undefined ? null : parseSignature(tagger),
    message: message.replace(/\n$/, ''),
  };
}

const STATUS_OF_LETTER: Readonly<Record<string, ChangedFile['status']>> = { A: 'added', D: 'removed' };

function parseChangedFiles(text: string): readonly ChangedFile[] {
  const raw = new Map<string, { oid: string; status: ChangedFile['status'] }>();
  const files: ChangedFile[] = [];
  for (const line of text.split('\n')) {
    const [head = '', second = '', third = ''] = line.split('\t');
    if (line.startsWith(':')) {
      const [, , before = '', after = '', letter = ''] = head.split(' ');
      raw.set(second, { oid: letter === 'D' ? before : after, status: STATUS_OF_LETTER[letter] ?? 'modified' });
      continue;
    }
    const known = raw.get(third);
    if (known !== undefined) files.push({ path: third, ...known, additions: Number(head) || 0, deletions: Number(second) || 0 });
  }
  return files;
}

const TYPE_OF_MODE: Readonly<Record<string, string>> = { '040000': 'tree', '160000': 'commit' };

/** A tree as Git stores it: `mode name\0id`, one after the other, the id in bytes. */
function parseTree(content: Buffer, idLength: number): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < content.length) {
    const end = content.indexOf(0, at);
    const head = content.subarray(at, end).toString('utf8');
    const space = head.indexOf(' ');
    const mode = head.slice(0, space).padStart(6, '0');
    at = end + 1 + idLength;
    entries.push({
      mode,
      type: TYPE_OF_MODE[mode] ?? 'blob',
      oid: content.subarray(end + 1, at).toString('hex'),
      name: head.slice(space + 1),
    });
  }
  return entries;
}
