import type { Changes } from '../decision/changes.ts';
import type { Evidence, Intent, Moment, Read } from '../decision/evidence.ts';
import type { Pipeline } from '../pipeline/model.ts';
import type { Attempt } from './asked-before.ts';
import type { GitHubClient } from './client.ts';
import type { HistoryCommit } from './commit-graph.ts';
import type { EventCandidate } from './event.ts';
import type { EvidenceAnswer } from './evidence-answer.ts';
import type { Question } from './evidence-query.ts';
import type { OwnRecordKind, StoredArtifact, StoredRecord } from './records.ts';
import type { Policy } from './trusted-policy.ts';

/** The part of the client that evidence needs. */
export type EvidencePort = Pick<GitHubClient, 'graphql' | 'request'>;

export interface EvidenceRequest {
  readonly owner: string;
  readonly repo: string;
  readonly candidate: EventCandidate;
  /** `null` on a command line, where no run is being decided about. */
  readonly run: { readonly id: number; readonly attempt: number } | null;
  /** Path of the workflow file that the run which asks was started from; absent: not known. */
  readonly workflow?: string | undefined;
  readonly moment: Moment;
  /** Who may see the organisation's teams, where the job was given a token of such an app. */
  readonly reviewers?: Pick<GitHubClient, 'request'> | undefined;
  /** The record that the job is about to leave; absent: none. */
  readonly leaves?: Leaves | undefined;
  readonly intent: Intent;
  /**
   * The pipeline file as the checkout has it; `null`: none. It only tells which environments to ask about; the rules come from the
   * default branch.
   */
  readonly environmentsHint: string | null;
  /** `.github/promote.yml` as the checkout has it; it only tells which pipeline files to read beside one that it lists. */
  readonly rootHint?: string | null | undefined;
  /** In the repository, `.github/promote.yml` unless the workflow names another. */
  readonly pipelinePath: string;
  /** Blob id of the pipeline file that the run's plan was made with, as the plan said it. */
  readonly plannedPolicy?: string | undefined;
  /** Id of the artifact that GitHub keeps for the run. */
  readonly artifactId?: number | undefined;
  /** Asks GitHub which environment the job was held for. */
  readonly identity?: (() => Promise<Read<string>>) | undefined;
  /** From whoever built it. */
  readonly artifactDigest?: string | undefined;
  /** Identity of the candidate's set of migrations. */
  readonly migrations?: string | undefined;
  /** Id of the record that this job holds. */
  readonly ownRecord?: number | null | undefined;
  /**
   * What the same job gathered before about the same candidate. What cannot have changed (which commit contains which, reviews that
   * had to be asked for one by one) is taken from it, and its pipeline file is the better hint.
   */
  readonly earlier?: Gathered | undefined;
}

export interface Leaves {
  readonly kind: OwnRecordKind;
  readonly environment: string;
}

/**
 * How a record that speaks for a candidate is known to be true: by GitHub's word on the run and the job that it names; by a later record that is confirmed and
 * rests on it; by its age alone, where its run is gone and it is gone back to; or not at all.
 */
export type Confirmation = { readonly by: 'run' | 'record' | 'age' } | { readonly by: 'nobody'; readonly why: string };

export interface Gathered {
  readonly pipeline: Pipeline;
  /** The trusted pipeline file's text; `null` when the default branch has none and the built-in pipeline applies. */
  readonly policyText: string | null;
  /** The other pipeline files that are listed beside this one. */
  readonly siblings: readonly string[];
  readonly evidence: Evidence;
  /** Records by environment as the evidence has them, with what only the queue needs to know. */
  readonly records: ReadonlyMap<string, Read<readonly StoredRecord[]>>;
  /** GitHub's clock when it answered, epoch milliseconds. */
  readonly now: number;
  /** What would enter each environment of the path; an environment whose present version could not be read has none. */
  readonly changes: ReadonlyMap<string, Changes>;
  readonly defaultBranch: string;
  /** The commit that the candidate's ref points to; `null`: it is gone, or could not be read. */
  readonly tip: string | null;
  /** Where the candidate's artifact was kept when it was recorded; `null` when no record says. */
  readonly storedArtifact: StoredArtifact | null;
  /** What was learned about the candidate's history; it does not change while a job runs. */
  readonly ancestry: Ancestry;
  /** What the run's attempts asked approval for; `null`: it did not have to be read. */
  readonly attempts: Read<readonly Attempt[]> | null;
  /** What is known of records that had to be confirmed, by their ids. */
  readonly confirmed: ReadonlyMap<number, Confirmation>;
  /** Ids of those that a record opened now may say it rests on, newest first. */
  readonly rests: readonly number[];
}

/** The candidate's history as far as it was read. */
export interface Ancestry {
  /** Newest first. */
  readonly commits: readonly HistoryCommit[];
  /** Where it goes on; `null` at its end. */
  readonly next: string | null;
  /** By the sha of commits beyond the histories read: the newest commit that the candidate shares with each. */
  readonly bases: ReadonlyMap<string, string>;
}

/** The candidate's commit and ref as far as they are known. */
export interface Subject {
  readonly sha: string | null;
  readonly ref: string;
  readonly alternativeRef: string | null;
}

/** Everything from which the evidence is made. */
export interface Material {
  readonly request: EvidenceRequest;
  readonly question: Question;
  readonly answer: EvidenceAnswer;
  readonly policy: Policy;
  readonly subject: Subject;
}
