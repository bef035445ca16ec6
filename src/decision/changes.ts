/** What would enter an environment with the candidate: everything it contains that the environment's present version does not. */

export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly url: string;
  readonly author: string | null;
}

export interface Commit {
  readonly sha: string;
  /** First line of the message. */
  readonly title: string;
  /** Login, or the name in the commit where GitHub knows no login. */
  readonly author: string | null;
  readonly pullRequest: PullRequest | null;
}

export interface Changes {
  /** Newest first. */
  readonly commits: readonly Commit[];
  /** `false`: there are more than could be read at once; the list is a beginning, and says so. */
  readonly complete: boolean;
}
