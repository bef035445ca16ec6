import type { Changes } from '../decision/changes.ts';
import type { Evidence, Intent, Moment } from '../decision/evidence.ts';
import type { Pipeline } from '../pipeline/model.ts';
import type { GitHubClient } from './client.ts';
import type { EventCandidate } from './event.ts';

/** The part of the client that evidence needs. */
export type EvidencePort = Pick<GitHubClient, 'graphql' | 'request'>;

export interface EvidenceRequest {
  readonly owner: string;
  readonly repo: string;
  readonly candidate: EventCandidate;
  /** `null` on a command line, where no run is being decided about. */
  readonly run: { readonly id: number; readonly attempt: number } | null;
  readonly moment: Moment;
  readonly intent: Intent;
  /**
   * The pipeline file as far as it is known before asking: the checkout's, or what an earlier gathering found (`Gathered.policyText`).
   * `null`: none. It only tells which environments to ask about; the rules come from the default branch.
   */
  readonly environmentsHint: string | null;
  /** In the repository, `.github/promote.yml` unless the workflow names another. */
  readonly pipelinePath: string;
  /** From whoever built it. */
  readonly artifactDigest?: string | undefined;
  /** Identity of the candidate's set of migrations. */
  readonly migrations?: string | undefined;
  /** Id of the record that this job holds. */
  readonly ownRecord?: number | null | undefined;
}

export interface Gathered {
  readonly pipeline: Pipeline;
  /** The trusted pipeline file's text; `null` when the default branch has none and the built-in pipeline applies. */
  readonly policyText: string | null;
  readonly evidence: Evidence;
  /** GitHub's clock when it answered, epoch milliseconds. */
  readonly now: number;
  /** What would enter each environment of the path; an environment whose present version could not be read has none. */
  readonly changes: ReadonlyMap<string, Changes>;
  readonly defaultBranch: string;
}

/**
 * Everything there is to know about a candidate: one request when the hint names the right environments, two otherwise, more only
 * where a list does not fit or a relation cannot be seen. What could not be read is marked as such, never guessed.
 * @throws GitHubError when GitHub cannot be asked at all, EvidenceError when there is no such candidate or no usable policy, and
 * PipelineFileError when the trusted pipeline file has mistakes.
 */
export async function gatherEvidence(_client: EvidencePort, _request: EvidenceRequest): Promise<Gathered> {
  throw new Error('not yet');
}
