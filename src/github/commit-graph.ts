import type { Changes, Commit } from '../decision/changes.ts';
import type { Read, Relation } from '../decision/evidence.ts';

/** A commit with all its parents; `null` when they did not all fit into the answer. */
export interface Link {
  readonly sha: string;
  readonly parents: readonly string[] | null;
}

/** A commit of the candidate's own history. */
export interface HistoryCommit extends Commit, Link {
  /** Logins of its authors and of its pull requests' authors. */
  readonly authors: Read<readonly string[]>;
  /** It has more authors or pull requests than fitted into the answer. */
  readonly hasMore: boolean;
}

/**
 * Commits and their parents, as far as they were read. Histories are read newest first and end after a hundred commits, so the graph
 * has edges beyond which nothing is known. It says yes or no only when that is certain.
 */
export interface CommitGraph {
  readonly parents: ReadonlyMap<string, readonly string[]>;
}

export function commitGraph(histories: Iterable<readonly Link[]>): CommitGraph {
  const parents = new Map<string, readonly string[]>();
  for (const history of histories) {
    for (const commit of history) {
      if (commit.parents !== null) parents.set(commit.sha, commit.parents);
    }
  }
  return { parents };
}

interface Reach {
  /** The commit itself and every ancestor that is known of. */
  readonly seen: ReadonlySet<string>;
  /** Whether there are no others. */
  readonly complete: boolean;
}

function reachOf(graph: CommitGraph, from: string): Reach {
  const seen = new Set([from]);
  let complete = true;
  for (const sha of seen) {
    const parents = graph.parents.get(sha);
    if (parents === undefined) complete = false;
    // A set that grows while it is walked also yields what was added.
    else for (const parent of parents) seen.add(parent);
  }
  return { seen, complete };
}

/** Whether `descendant` contains `ancestor`; `null` when the graph does not reach far enough to tell. */
export function contains(graph: CommitGraph, descendant: string, ancestor: string): boolean | null {
  const reach = reachOf(graph, descendant);
  if (reach.seen.has(ancestor)) return true;
  return reach.complete ? false : null;
}

/** How `candidate` stands to `other`; `null` when the graph does not reach far enough to tell. */
export function relationOf(graph: CommitGraph, candidate: string, other: string): Relation | null {
  if (candidate === other) return 'same';
  const forward = contains(graph, candidate, other);
  if (forward === true) return 'contains';
  const backward = contains(graph, other, candidate);
  if (backward === true) return 'contained';
  return forward === false && backward === false ? 'diverged' : null;
}

/**
 * What the candidate contains and the present version does not.
 * @param history the candidate's own, newest first.
 * @param present `null`: nothing is there yet, so everything enters.
 */
export function changesBetween(graph: CommitGraph, history: readonly HistoryCommit[], candidate: string, present: string | null): Changes {
  const { commits, complete } = enteringCommits(graph, history, candidate, present);
  // Back to the first commit of all without having met what is there: nobody can say what of it enters.
  if (complete && present !== null && !graph.parents.has(present)) return { commits: [], complete: false };
  return { commits: commits.map(({ parents: _parents, authors: _authors, hasMore: _hasMore, ...commit }) => commit), complete };
}

/** As `changesBetween`, with all that is known of each commit. */
export function enteringCommits(
  graph: CommitGraph,
  history: readonly HistoryCommit[],
  candidate: string,
  present: string | null,
): { readonly commits: readonly HistoryCommit[]; readonly complete: boolean } {
  const there = present === null ? new Set<string>() : reachOf(graph, present).seen;
  const entering = new Set(there.has(candidate) ? [] : [candidate]);
  let complete = true;
  for (const sha of entering) {
    const parents = graph.parents.get(sha);
    if (parents === undefined) complete = false;
    else for (const parent of parents) if (!there.has(parent)) entering.add(parent);
  }
  const commits = history.filter(({ sha }) => entering.has(sha));
  return { commits, complete: complete && commits.length === entering.size };
}
