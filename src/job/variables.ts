import type { Decision, EnvironmentDecision } from '../decision/decision.ts';
import type { Environment } from '../pipeline/model.ts';
import { intentOf } from './gathering.ts';
import type { Job } from './job.ts';

/** What a command of the pipeline file is told about the promotion. Documented in docs/commands.md; names are never reused. */
export function commandVariables(
  job: Job,
  decision: Decision,
  environment: EnvironmentDecision,
  rules: Environment,
  record: number | null,
): Readonly<Record<string, string>> {
  const { candidate } = decision;
  return {
    PROMOTE_ENVIRONMENT: environment.name,
    PROMOTE_ROLE: rules.role,
    PROMOTE_DATA: rules.data,
    PROMOTE_ROUTE: decision.route ?? '',
    PROMOTE_INTENT: intentOf(job),
    PROMOTE_VERSION: candidate.version,
    PROMOTE_SHA: candidate.sha,
    PROMOTE_REF: candidate.ref,
    PROMOTE_ARTIFACT_DIGEST: candidate.digest ?? '',
    PROMOTE_REPLACED_VERSION: environment.live?.version ?? '',
    PROMOTE_REPLACED_SHA: environment.live?.sha ?? '',
    PROMOTE_RECORD: record === null ? '' : String(record),
  };
}
