/**
 * The closed registry of reason codes: what each does to the verdict, what unblocks it and who can; what it means stands in
 * `reason-meanings.ts`. `docs/reasons.md` is generated from both. A code is never reused for another meaning.
 */

/**
 * What a reason does to the verdict of the environment it stands on. `supersedes` > `blocks` > `waits` > `asks`; the strongest wins.
 */
export type Effect = 'supersedes' | 'blocks' | 'waits' | 'asks';

export interface ReasonEntry {
  readonly effect: Effect;
  /** The rule that returns it: the name of a file in `rules/`. */
  readonly rule: string;
  readonly fix: string;
  readonly who: string;
}

export const REASONS = {
  no_route: {
    effect: 'blocks',
    rule: 'ref',
    fix: 'Add a route for it to the pipeline file on the default branch, or push to a branch that a route takes.',
    who: 'Whoever may change the pipeline file.',
  },
  not_on_path: {
    effect: 'blocks',
    rule: 'ref',
    fix: 'Name an environment on the path of the route, or add this one to the path in the pipeline file on the default branch.',
    who: 'Whoever may change the pipeline file.',
  },
  fork: {
    effect: 'blocks',
    rule: 'ref',
    fix: 'Have the change merged here; what is merged is a candidate of its own.',
    who: 'Whoever may merge the pull request.',
  },
  ref_gone: {
    effect: 'blocks',
    rule: 'ref',
    fix: 'Promote a branch or tag that exists and contains the commit, or restore the deleted one.',
    who: 'The author of the change.',
  },
  ref_moved: {
    effect: 'blocks',
    rule: 'ref',
    fix: 'Promote what the branch or tag holds now.',
    who: 'The author of the change.',
  },
  ref_unread: {
    effect: 'blocks',
    rule: 'ref',
    fix: 'Let the token read the repository (contents: read) and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  vetoed: {
    effect: 'blocks',
    rule: 'veto',
    fix: 'Close the issue once what it names is no longer true, or promote another version.',
    who: 'Whoever set the veto, or anybody with triage rights.',
  },
  veto_unclear: {
    effect: 'blocks',
    rule: 'veto',
    fix: 'Rename the issue so that its title begins with what is meant and a colon, such as "v1.4.2: corrupts invoices", or close it.',
    who: 'Anybody with triage rights.',
  },
  vetoes_unread: {
    effect: 'blocks',
    rule: 'veto',
    fix: 'Let the token read issues (issues: read) and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  artifact_unknown: {
    effect: 'blocks',
    rule: 'artifact',
    fix: 'Pass the digest of what was built as the input artifact-digest.',
    who: 'Whoever may change the workflow or its token.',
  },
  artifact_unbuilt: {
    effect: 'blocks',
    rule: 'artifact',
    fix: 'Build first, and pass the digest of what was built as the input artifact-digest.',
    who: 'Whoever may change the workflow or its token.',
  },
  artifact_differs: {
    effect: 'blocks',
    rule: 'artifact',
    fix: 'Promote the artifact that was built first by passing its digest as the input artifact-digest, or make a new commit.',
    who: 'Whoever may start a run.',
  },
  builds_unread: {
    effect: 'blocks',
    rule: 'artifact',
    fix: 'Depending on what the reason says: let the token read deployments (deployments: read) of every environment on the path, or delete deployments that are too many to read. Then run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  rollback_unproven: {
    effect: 'blocks',
    rule: 'rollback',
    fix: 'Name a version that succeeded here before, or promote this one along its path.',
    who: 'Whoever may start a run.',
  },
  rollback_live: {
    effect: 'blocks',
    rule: 'rollback',
    fix: 'Name the version before it.',
    who: 'Whoever may start a run.',
  },
  record_unverified: {
    effect: 'blocks',
    rule: 'record',
    fix: 'Start a new run: it deploys again to the first environment that is not passed, and the records that it leaves count. To go back to a version whose run is gone, give the environment a gate, so that a person decides. If nobody here knows the record, whoever wrote it used a token that may write deployments: find out who, and delete it.',
    who: 'Whoever may start a run.',
  },
  earlier_not_passed: {
    effect: 'blocks',
    rule: 'order',
    fix: 'Bring the candidate through the earlier stage first.',
    who: 'Whoever the earlier environment waits for.',
  },
  earlier_failed: {
    effect: 'blocks',
    rule: 'order',
    fix: 'Deploy it there again, or promote a version with the cause removed.',
    who: 'The author of the change.',
  },
  verification_missing: {
    effect: 'blocks',
    rule: 'verification',
    fix: 'Deploy the candidate to the earlier environment again, with its verification.',
    who: 'Whoever may start a run.',
  },
  records_unread: {
    effect: 'blocks',
    rule: 'evidence',
    fix: 'Depending on what the reason says: let the token read deployments (deployments: read), or delete deployments that are too many to read. Then run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  superseded: {
    effect: 'supersedes',
    rule: 'ancestry',
    fix: 'Nothing to do. To go back on purpose, ask for a rollback.',
    who: 'Whoever may start a run.',
  },
  diverged: {
    effect: 'blocks',
    rule: 'ancestry',
    fix: 'Merge what is live into the candidate, and promote the merge.',
    who: 'The author of the change.',
  },
  ancestry_unread: {
    effect: 'blocks',
    rule: 'ancestry',
    fix: 'Let the token read the repository (contents: read) and run again; if the live commit no longer exists, push it again.',
    who: 'Whoever may change the workflow or its token.',
  },
  version_refused: {
    effect: 'blocks',
    rule: 'version-policy',
    fix: 'Have the candidate accepted where its acceptance is asked, or change "accepts" in the pipeline file.',
    who: 'The reviewers of the acceptance environment.',
  },
  version_unread: {
    effect: 'blocks',
    rule: 'version-policy',
    fix: 'Let the token read deployments (deployments: read) of every environment with an acceptance and of production, and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  rehearsal_missing: {
    effect: 'blocks',
    rule: 'rehearsal',
    fix: 'Run the rehearsal.',
    who: 'Whoever may start a run.',
  },
  rehearsal_failed: {
    effect: 'blocks',
    rule: 'rehearsal',
    fix: 'Repair the migration in a new candidate, or rehearse again if the cause lay elsewhere.',
    who: 'The author of the change.',
  },
  rehearsal_stale: {
    effect: 'blocks',
    rule: 'rehearsal',
    fix: 'Fetch a fresh snapshot and run the rehearsal again.',
    who: 'Whoever may start a run.',
  },
  rehearsal_differs: {
    effect: 'blocks',
    rule: 'rehearsal',
    fix: "Run the rehearsal with the candidate's migrations.",
    who: 'Whoever may start a run.',
  },
  migrations_unread: {
    effect: 'blocks',
    rule: 'rehearsal',
    fix: 'Correct `rehearsal.migrations` in the pipeline file if the path is wrong; else let the token read the repository (contents: read) and run again.',
    who: 'Whoever may change the pipeline file or the workflow.',
  },
  environment_missing: {
    effect: 'blocks',
    rule: 'gate-exists',
    fix: 'Create the environment in the repository settings, with required reviewers.',
    who: 'An administrator of the repository.',
  },
  reviewers_missing: {
    effect: 'blocks',
    rule: 'gate-exists',
    fix: 'Add required reviewers to the environment in the repository settings.',
    who: 'An administrator of the repository.',
  },
  reviewers_insufficient: {
    effect: 'blocks',
    rule: 'gate-exists',
    fix: 'Make the required reviewers of the environment and the gate of the pipeline file agree. Where a team cannot be named: let one team guard the environment and name that one in the gate, or give the input reviewers-token a token of an app that may read members.',
    who: 'An administrator of the repository.',
  },
  protection_unread: {
    effect: 'blocks',
    rule: 'gate-exists',
    fix: 'Let the token read environments (actions: read) and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  held: {
    effect: 'waits',
    rule: 'hold',
    fix: 'Close the issue when the environment is free again.',
    who: 'Whoever set the hold, or anybody with triage rights.',
  },
  holds_unread: {
    effect: 'blocks',
    rule: 'hold',
    fix: 'Let the token read issues (issues: read) and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  frozen: {
    effect: 'waits',
    rule: 'freeze',
    fix: 'Wait until the freeze ends, or change it in the pipeline file on the default branch.',
    who: 'Nobody has to: time alone does it.',
  },
  outside_window: {
    effect: 'waits',
    rule: 'window',
    fix: 'Wait until a window opens, or change the windows in the pipeline file on the default branch.',
    who: 'Nobody has to: time alone does it.',
  },
  soak_running: {
    effect: 'waits',
    rule: 'soak',
    fix: 'Wait until it has.',
    who: 'Nobody has to: time alone does it.',
  },
  soak_missing: {
    effect: 'blocks',
    rule: 'soak',
    fix: 'Deploy the candidate there first.',
    who: 'Whoever may start a run.',
  },
  soak_interrupted: {
    effect: 'blocks',
    rule: 'soak',
    fix: 'Deploy the candidate there again and leave it, or promote the version that is there.',
    who: 'Whoever may start a run.',
  },
  approval_required: {
    effect: 'asks',
    rule: 'approval',
    fix: 'Approve the waiting deployment on the page of the run.',
    who: 'The reviewers of the environment.',
  },
  approval_missing: {
    effect: 'blocks',
    rule: 'approval',
    fix: 'Start a new run, and have as many distinct people approve as the gate asks for. Running the failed jobs again does where GitHub asks the reviewers once more then.',
    who: 'The reviewers of the environment.',
  },
  approval_stale: {
    effect: 'blocks',
    rule: 'approval',
    fix: 'Start a new run, and have it approved.',
    who: 'The reviewers of the environment.',
  },
  approvals_unread: {
    effect: 'blocks',
    rule: 'approval',
    fix: 'Let the token read the run (actions: read) and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  authors_unread: {
    effect: 'blocks',
    rule: 'approval',
    fix: 'Depending on what the reason says: let the token read pull requests (pull-requests: read), have the author add the address in their commit to their account, or promote an earlier commit first so that less enters at once. Then run again.',
    who: 'Whoever may change the workflow or its token, or the author who is named.',
  },
  enforcement_unproven: {
    effect: 'blocks',
    rule: 'approval',
    fix: 'Name the environment in the job that deploys (`environment:`) and give that job `id-token: write`, in the shipped workflows by their input `oidc: true`; or leave `evidence: enforced` out of the pipeline file. Then start a new run.',
    who: 'Whoever may change the workflow or the pipeline file.',
  },
  initiator_unknown: {
    effect: 'blocks',
    rule: 'approval',
    fix: 'Start it as a person for the same ref and commit: Actions, the workflow, "Run workflow", or `gh workflow run` with your own token.',
    who: 'Whoever may start a run.',
  },
  acceptance_missing: {
    effect: 'waits',
    rule: 'acceptance',
    fix: 'Try the version, and approve the waiting acceptance on the page of the run.',
    who: 'The reviewers of the acceptance environment.',
  },
  acceptance_not_asked: {
    effect: 'blocks',
    rule: 'acceptance',
    fix: 'Name an environment with an acceptance, or add one to the pipeline file on the default branch.',
    who: 'Whoever may change the pipeline file.',
  },
  acceptance_not_live: {
    effect: 'blocks',
    rule: 'acceptance',
    fix: 'Deploy the candidate there first, or accept what is live.',
    who: 'Whoever may start a run.',
  },
  acceptance_required: {
    effect: 'asks',
    rule: 'acceptance',
    fix: 'Approve the waiting acceptance on the page of the run.',
    who: 'The reviewers of the acceptance environment.',
  },
  acceptance_unapproved: {
    effect: 'blocks',
    rule: 'acceptance',
    fix: 'Start a new run of the acceptance, and have as many distinct people approve as it asks for.',
    who: 'The reviewers of the acceptance environment.',
  },
  acceptance_unprotected: {
    effect: 'blocks',
    rule: 'acceptance',
    fix: 'Create the acceptance environment in the repository settings, with the required reviewers that the pipeline names.',
    who: 'An administrator of the repository.',
  },
  queue_busy: {
    effect: 'waits',
    rule: 'queue',
    fix: 'Wait until it has ended and run the job again; a deployment whose job or run has ended without closing it is closed by the next one in the queue.',
    who: 'Nobody has to: the queue serves the lowest record first.',
  },
  record_unseen: {
    effect: 'waits',
    rule: 'queue',
    fix: 'Read again.',
    who: 'Nobody has to: the next reading shows it.',
  },
  record_closed: {
    effect: 'blocks',
    rule: 'queue',
    fix: 'Start a new run.',
    who: 'Whoever may start a run.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type ReasonCode = keyof typeof REASONS;

/** Every code, in the order of the registry. */
export const REASON_CODES = Object.keys(REASONS) as readonly ReasonCode[];
