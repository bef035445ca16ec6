/** One permission of a job's token, and what it is for. */
export type Grant = readonly [name: string, level: 'read' | 'write', why: string];

/** What every command reads. */
const READS: readonly Grant[] = [
  ['actions', 'read', 'environments and their reviewers, approvals of this run'],
  ['checks', 'read', 'finding this run, for its approvals'],
  ['contents', 'read', 'the pipeline file, commits, what contains what'],
  ['deployments', 'read', 'what is live where, and what has passed'],
  ['issues', 'read', 'holds and vetoes'],
  ['pull-requests', 'read', 'who wrote the change'],
];

function raised(name: string, why: string, grants: readonly Grant[] = READS): readonly Grant[] {
  return grants.map((grant) => (grant[0] === name ? [name, 'write', why] : grant));
}

const RECORD = raised('deployments', 'the record, beside what is live where and what has passed');

/** What each kind of job may do, and why. */
export const GRANTS = {
  plan: READS,
  build: [
    ['actions', 'read', 'whether the commit was built before'],
    ['contents', 'read', 'the code'],
  ],
  deploy: RECORD,
  deployAttested: [['attestations', 'read', 'of the artifact'], ...RECORD],
  attest: [
    ['attestations', 'write', 'the attestation is stored'],
    ['id-token', 'write', 'the attestation is signed with the identity of the run'],
  ],
  veto: raised('issues', 'the version that a rollback leaves is vetoed'),
  accept: RECORD,
  resume: raised('actions', 'running again what waited for time'),
  none: [],
} as const satisfies Readonly<Record<string, readonly Grant[]>>;

/** What a caller of the shipped `pipeline.yml` grants: the most that any of its jobs asks for. */
export const CALLER_GRANTS: readonly Grant[] = [
  ['actions', 'write', 'environments, reviewers and approvals; running again what waited for time'],
  ['attestations', 'write', 'the provenance of what was built'],
  ['checks', 'read', 'finding this run, for its approvals'],
  ['contents', 'read', 'the pipeline file, the code, commits, what contains what'],
  ['deployments', 'write', 'the records: what is live where, and what has passed'],
  ['id-token', 'write', 'signing the provenance; logging in to a cloud without a stored secret'],
  ['issues', 'write', 'holds and vetoes'],
  ['pull-requests', 'read', 'who wrote the change'],
];

/** The lines of a job's `permissions`, with the word why. */
export function permissionLines(grants: readonly Grant[]): readonly string[] {
  if (grants.length === 0) return ['permissions: {} # the job does nothing'];
  return ['permissions:', ...grants.map(([name, level, why]) => `  ${name}: ${level} # ${why}`)];
}
