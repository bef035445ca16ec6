import type { Candidate, DeploymentRecord } from './evidence.ts';

/** The digest of a pipeline that builds nothing begins so: the commit itself is what is deployed. */
const COMMIT_DIGEST = 'git:';

/** The digest of what the candidate deploys; `null` while nothing was built, or when nobody can say what. */
export function digestOf(candidate: Candidate): string | null {
  return candidate.artifact.kind === 'digest' ? candidate.artifact.digest : null;
}

/** Whether a digest names something built, as opposed to a commit. */
export function isBuilt(digest: string): boolean {
  return !digest.startsWith(COMMIT_DIGEST);
}

/**
 * Tells the records of the candidate's own artifact. Something built is the same wherever its digest is, also on another commit; a commit is the same
 * only on itself. A foreign record, or one without a digest, is never about the same artifact.
 */
export class SameArtifact {
  readonly digest: string | null;
  readonly sha: string;
  private readonly built: boolean;

  constructor(candidate: Candidate) {
    this.digest = digestOf(candidate);
    this.sha = candidate.sha;
    this.built = this.digest !== null && isBuilt(this.digest);
  }

  is(record: DeploymentRecord): boolean {
    if (record.digest === null || record.digest !== this.digest || record.kind === 'foreign') return false;
    return this.built || record.sha === this.sha;
  }
}
