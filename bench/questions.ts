import type { Verdict } from '../src/decision/decision.ts';
import type { DeploymentRecord, EnvironmentEvidence, Evidence, Read } from '../src/decision/evidence.ts';
import { loadPipeline } from '../src/pipeline/load.ts';
import type { Pipeline } from '../src/pipeline/model.ts';

/** A pipeline, evidence and a moment, with the verdict they must give. */
export interface Question {
  readonly pipeline: Pipeline;
  readonly evidence: Evidence;
  readonly now: number;
  readonly verdict: Verdict;
}

/** Tuesday, 10 March 2026, 10:00 UTC: inside the window of the pipeline below. */
const NOW = Date.UTC(2026, 2, 10, 10);
const HOUR = 3_600_000;
const CANDIDATE = 'c0ffee'.padEnd(40, '0');
const DIGEST = `sha256:${'ab'.repeat(32)}`;

const FOUR = `version: 1
build: { run: npm run build, artifact: dist }
environments:
  dev: { role: development }
  uat: { role: uat, gate: { approvals: 1, by: [octo-org/qa] }, acceptance: { approvals: 1, by: [octo-org/product] } }
  staging: { role: staging, accepts: [accepted, current], rehearsal: { database: postgres, migrate: npm run migrate }, verify: { run: npm run smoke } }
  production:
    role: production
    gate: { approvals: 2, by: [octo-org/release], exclude: [initiator, author] }
    soak: { in: staging, for: 4h }
    windows: [{ days: mon-thu, hours: '09:00-16:00', zone: Europe/Berlin }]
routes:
  - { name: mainline, branches: [main], path: [dev, uat, staging, production] }
freezes:
  - { environments: [production], from: 2026-12-20T00:00, until: 2027-01-02T00:00, zone: Europe/Berlin, reason: year-end }
`;

/** The pipeline of the documentation with twenty records in each environment; everything is passed but production, which asks. */
export function fourEnvironments(): Question {
  const pipeline = loadPipeline(FOUR, '.github/promote.yml');
  const own = (environment: string) => [
    deployed(environment, 500, CANDIDATE, DIGEST, NOW - 6 * HOUR),
    { ...deployed(environment, 501, CANDIDATE, DIGEST, NOW - 5 * HOUR), kind: 'acceptance', approvedBy: ['mona'] } as const,
    {
      ...deployed(environment, 502, CANDIDATE, DIGEST, NOW - 5 * HOUR),
      kind: 'rehearsal',
      rehearsal: { verdict: 'pass', migrations: 'm1', snapshot: 's1', snapshotTakenAt: NOW - 24 * HOUR },
    } as const,
  ];
  const records = (environment: string) => [...history(environment, 17), ...(environment === 'production' ? [] : own(environment))];
  return { pipeline, evidence: evidenceOf(pipeline, records), now: NOW, verdict: 'ask' };
}

/** So many environments in eight stages, nothing deployed anywhere: the first stage is next, and everything else says why it is not. */
export function manyEnvironments(count: number): Question {
  const names = Array.from({ length: count }, (_none, index) => `e${index}`);
  const stages = Array.from({ length: 8 }, (_none, stage) => names.filter((_name, index) => index % 8 === stage)).filter(
    (stage) => stage.length > 0,
  );
  const pipeline = loadPipeline(
    [
      'version: 1',
      'environments:',
      ...names.map((name) => `  ${name}: { role: qa }`),
      'routes:',
      `  - { name: mainline, branches: [main], path: [${stages.map((stage) => `[${stage.join(', ')}]`).join(', ')}] }`,
    ].join('\n'),
    '.github/promote.yml',
  );
  return { pipeline, evidence: evidenceOf(pipeline, () => []), now: NOW, verdict: 'deploy' };
}

/** So many records of other versions, spread over the four environments. */
export function manyRecords(count: number): Question {
  const pipeline = loadPipeline(FOUR, '.github/promote.yml');
  return { pipeline, evidence: evidenceOf(pipeline, (environment) => history(environment, count / 4)), now: NOW, verdict: 'deploy' };
}

/** Versions that came and went before the candidate, which contains them all. */
function history(environment: string, count: number): DeploymentRecord[] {
  return Array.from({ length: count }, (_none, index) => {
    const sha = (index + 1).toString(16).padStart(40, '0');
    return deployed(environment, index + 1, sha, `sha256:${sha}`, NOW - (count - index + 12) * HOUR);
  });
}

function deployed(environment: string, id: number, sha: string, digest: string, at: number): DeploymentRecord {
  return {
    id,
    kind: 'promotion',
    environment,
    sha,
    ref: 'refs/heads/main',
    version: `main@${sha.slice(0, 7)}`,
    digest,
    createdAt: at,
    creator: 'github-actions[bot]',
    outcome: 'success',
    finishedAt: at,
    failedAt: null,
    verified: true,
    run: { id, attempt: 1 },
    approvedBy: [],
    policyHash: 'f00d',
    route: 'mainline',
    rehearsal: null,
  };
}

function evidenceOf(pipeline: Pipeline, recordsIn: (environment: string) => readonly DeploymentRecord[]): Evidence {
  const read = <T>(value: T): Read<T> => ({ read: true, value });
  const environments = new Map<string, EnvironmentEvidence>();
  const relations = new Map<string, 'contains' | 'same'>([[CANDIDATE, 'same']]);
  for (const [name, { gate }] of pipeline.environments) {
    const records = recordsIn(name);
    for (const { sha } of records) if (sha !== CANDIDATE) relations.set(sha, 'contains');
    const reviewers = (gate?.by ?? []).map((team) => ({ kind: 'team', name: team }) as const);
    const protection = read({ reviewers, unnamed: 0, preventSelfReview: false, waitTimer: 0 });
    environments.set(name, { protection, acceptanceProtection: protection, authors: read([]), records: read(records) });
  }
  return {
    moment: 'plan',
    intent: 'promote',
    candidate: {
      sha: CANDIDATE,
      ref: 'refs/heads/main',
      version: 'main@c0ffee0',
      artifact: { kind: 'digest', digest: DIGEST },
      initiator: 'octocat',
      initiators: ['octocat'],
      authors: read(['hubot']),
      fork: false,
      refState: read('holds'),
    },
    run: { id: 1, attempt: 1, reviews: read([]) },
    ownRecord: null,
    policy: { candidateCopy: read('same') },
    environments,
    relations,
    holds: read([]),
    vetoes: read([]),
    migrations: null,
  };
}
