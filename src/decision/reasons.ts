/**
 * The closed registry of reason codes: what each means, what it does to the verdict, what unblocks it and who can.
 * `docs/reasons.md` is generated from it. A code is never reused for another meaning.
 */

/**
 * What a reason does to the verdict of the environment it stands on. `supersedes` > `blocks` > `waits` > `asks`; the strongest wins.
 */
export type Effect = 'supersedes' | 'blocks' | 'waits' | 'asks';

export interface ReasonEntry {
  readonly effect: Effect;
  /** The rule that returns it: the name of a file in `rules/`. */
  readonly rule: string;
  readonly meaning: string;
  readonly fix: string;
  readonly who: string;
}

export const REASONS = {
  no_route: {
    effect: 'blocks',
    rule: 'ref',
    meaning: 'No route of the pipeline takes this branch or tag.',
    fix: 'Add a route for it to the pipeline file on the default branch, or push to a branch that a route takes.',
    who: 'Whoever may change the pipeline file.',
  },
  not_on_path: {
    effect: 'blocks',
    rule: 'ref',
    meaning: 'The route that takes this branch or tag does not lead to the environment that was asked about.',
    fix: 'Name an environment on the path of the route, or add this one to the path in the pipeline file on the default branch.',
    who: 'Whoever may change the pipeline file.',
  },
  fork: {
    effect: 'blocks',
    rule: 'ref',
    meaning: 'The commit comes from another repository than the one that deploys.',
    fix: 'Have the change merged here; what is merged is a candidate of its own.',
    who: 'Whoever may merge the pull request.',
  },
  ref_gone: {
    effect: 'blocks',
    rule: 'ref',
    meaning: 'The branch or tag of the candidate no longer exists, so nobody stands behind the commit any more.',
    fix: 'Promote a branch or tag that exists and contains the commit, or restore the deleted one.',
    who: 'The author of the change.',
  },
  ref_moved: {
    effect: 'blocks',
    rule: 'ref',
    meaning: 'The branch or tag exists and no longer contains the candidate: it was force-pushed, or the tag was moved.',
    fix: 'Promote what the branch or tag holds now.',
    who: 'The author of the change.',
  },
  ref_unread: {
    effect: 'blocks',
    rule: 'ref',
    meaning: 'Nobody could read whether the branch or tag still holds the candidate.',
    fix: 'Let the token read the repository (contents: read) and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  vetoed: {
    effect: 'blocks',
    rule: 'veto',
    meaning: 'A person has forbidden this candidate by an open issue labelled promote:veto.',
    fix: 'Close the issue once what it names is no longer true, or promote another version.',
    who: 'Whoever set the veto, or anybody with triage rights.',
  },
  vetoes_unread: {
    effect: 'blocks',
    rule: 'veto',
    meaning: 'Nobody could read whether a person has forbidden the candidate.',
    fix: 'Let the token read issues (issues: read) and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  artifact_unknown: {
    effect: 'blocks',
    rule: 'artifact',
    meaning: 'Something was built from this commit, and nobody can say what.',
    fix: 'Pass the digest of what was built as the input artifact-digest.',
    who: 'Whoever may change the workflow or its token.',
  },
  artifact_unbuilt: {
    effect: 'blocks',
    rule: 'artifact',
    meaning: 'The job stands at the door, and nothing has been built from this commit yet.',
    fix: 'Build first, and pass the digest of what was built as the input artifact-digest.',
    who: 'Whoever may change the workflow or its token.',
  },
  artifact_differs: {
    effect: 'blocks',
    rule: 'artifact',
    meaning: 'This commit has been deployed as another artifact before: it was built a second time.',
    fix: 'Promote the artifact that was built first by passing its digest as the input artifact-digest, or make a new commit.',
    who: 'Whoever may start a run.',
  },
  builds_unread: {
    effect: 'blocks',
    rule: 'artifact',
    meaning: 'Nobody could read whether this commit has been deployed as another artifact somewhere on the path.',
    fix: 'Let the token read deployments (deployments: read) of every environment on the path and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  rollback_unproven: {
    effect: 'blocks',
    rule: 'rollback',
    meaning: 'A rollback was asked for to an artifact that never succeeded in this environment.',
    fix: 'Name a version that succeeded here before, or promote this one along its path.',
    who: 'Whoever may start a run.',
  },
  rollback_live: {
    effect: 'blocks',
    rule: 'rollback',
    meaning: 'A rollback was asked for to the artifact that is live here already and has failed since.',
    fix: 'Name the version before it.',
    who: 'Whoever may start a run.',
  },
  earlier_not_passed: {
    effect: 'blocks',
    rule: 'order',
    meaning: 'An earlier stage of the path is not passed by this artifact.',
    fix: 'Bring the candidate through the earlier stage first.',
    who: 'Whoever the earlier environment waits for.',
  },
  earlier_failed: {
    effect: 'blocks',
    rule: 'order',
    meaning: 'This candidate failed in an earlier stage of the path after it had been let in there.',
    fix: 'Deploy it there again, or promote a version with the cause removed.',
    who: 'The author of the change.',
  },
  verification_missing: {
    effect: 'blocks',
    rule: 'verification',
    meaning: 'An earlier environment asks for a verification, and this artifact was deployed there without one that passed.',
    fix: 'Deploy the candidate to the earlier environment again, with its verification.',
    who: 'Whoever may start a run.',
  },
  records_unread: {
    effect: 'blocks',
    rule: 'evidence',
    meaning: 'Nobody could read what has been deployed to this environment.',
    fix: 'Let the token read deployments (deployments: read) and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  superseded: {
    effect: 'supersedes',
    rule: 'ancestry',
    meaning: 'What is live here contains the candidate: something newer is already there.',
    fix: 'Nothing to do. To go back on purpose, ask for a rollback.',
    who: 'Whoever may start a run.',
  },
  diverged: {
    effect: 'blocks',
    rule: 'ancestry',
    meaning: 'What is live here and the candidate do not contain each other; entering would undo what is live, for example a hotfix.',
    fix: 'Merge what is live into the candidate, and promote the merge.',
    who: 'The author of the change.',
  },
  ancestry_unread: {
    effect: 'blocks',
    rule: 'ancestry',
    meaning: 'Nobody could read how the candidate stands to what is live here.',
    fix: 'Let the token read the repository (contents: read) and run again; if the live commit no longer exists, push it again.',
    who: 'Whoever may change the workflow or its token.',
  },
  version_refused: {
    effect: 'blocks',
    rule: 'version-policy',
    meaning: 'The environment takes other versions: the candidate is not new, accepted or current as its policy "accepts" asks.',
    fix: 'Have the candidate accepted where its acceptance is asked, or change "accepts" in the pipeline file.',
    who: 'The reviewers of the acceptance environment.',
  },
  version_unread: {
    effect: 'blocks',
    rule: 'version-policy',
    meaning: 'Nobody could read whether the candidate is new, accepted or current.',
    fix: 'Let the token read deployments (deployments: read) of every environment with an acceptance and of production, and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  rehearsal_missing: {
    effect: 'blocks',
    rule: 'rehearsal',
    meaning: 'The migration of this artifact has not been rehearsed where the path asks for it.',
    fix: 'Run the rehearsal.',
    who: 'Whoever may start a run.',
  },
  rehearsal_failed: {
    effect: 'blocks',
    rule: 'rehearsal',
    meaning: 'The latest rehearsal of this artifact failed.',
    fix: 'Repair the migration in a new candidate, or rehearse again if the cause lay elsewhere.',
    who: 'The author of the change.',
  },
  rehearsal_stale: {
    effect: 'blocks',
    rule: 'rehearsal',
    meaning: 'The rehearsal used a snapshot that is older than the pipeline allows.',
    fix: 'Fetch a fresh snapshot and run the rehearsal again.',
    who: 'Whoever may start a run.',
  },
  rehearsal_differs: {
    effect: 'blocks',
    rule: 'rehearsal',
    meaning: 'The rehearsal ran another set of migrations than the candidate has.',
    fix: "Run the rehearsal with the candidate's migrations.",
    who: 'Whoever may start a run.',
  },
  migrations_unread: {
    effect: 'blocks',
    rule: 'rehearsal',
    meaning: 'The pipeline names the files of the migrations, and nobody could read what the candidate has there.',
    fix: 'Correct `rehearsal.migrations` in the pipeline file if the path is wrong; else let the token read the repository (contents: read) and run again.',
    who: 'Whoever may change the pipeline file or the workflow.',
  },
  environment_missing: {
    effect: 'blocks',
    rule: 'gate-exists',
    meaning:
      'The pipeline asks for a gate, and GitHub has no environment of that name; a job that names it would create it without any protection.',
    fix: 'Create the environment in the repository settings, with required reviewers.',
    who: 'An administrator of the repository.',
  },
  reviewers_missing: {
    effect: 'blocks',
    rule: 'gate-exists',
    meaning: 'The pipeline asks for a gate, and nobody is a required reviewer of the GitHub environment.',
    fix: 'Add required reviewers to the environment in the repository settings.',
    who: 'An administrator of the repository.',
  },
  reviewers_insufficient: {
    effect: 'blocks',
    rule: 'gate-exists',
    meaning: 'The required reviewers of the GitHub environment cannot give the approvals that the pipeline asks for.',
    fix: 'Make the required reviewers of the environment and the gate of the pipeline file agree.',
    who: 'An administrator of the repository.',
  },
  protection_unread: {
    effect: 'blocks',
    rule: 'gate-exists',
    meaning: 'The pipeline asks for a gate, and nobody could read how the GitHub environment is protected.',
    fix: 'Let the token read environments (actions: read) and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  held: {
    effect: 'waits',
    rule: 'hold',
    meaning: 'A person has closed the environment by an open issue labelled promote:hold.',
    fix: 'Close the issue when the environment is free again.',
    who: 'Whoever set the hold, or anybody with triage rights.',
  },
  holds_unread: {
    effect: 'blocks',
    rule: 'hold',
    meaning: 'Nobody could read whether a person has closed an environment.',
    fix: 'Let the token read issues (issues: read) and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  frozen: {
    effect: 'waits',
    rule: 'freeze',
    meaning: 'The calendar forbids entry for a span of time.',
    fix: 'Wait until the freeze ends, or change it in the pipeline file on the default branch.',
    who: 'Nobody has to: time alone does it.',
  },
  outside_window: {
    effect: 'waits',
    rule: 'window',
    meaning: 'Entry is allowed in weekly windows, and none is open now.',
    fix: 'Wait until a window opens, or change the windows in the pipeline file on the default branch.',
    who: 'Nobody has to: time alone does it.',
  },
  soak_running: {
    effect: 'waits',
    rule: 'soak',
    meaning: 'The candidate has not been healthy long enough in the environment where it soaks.',
    fix: 'Wait until it has.',
    who: 'Nobody has to: time alone does it.',
  },
  soak_missing: {
    effect: 'blocks',
    rule: 'soak',
    meaning: 'The candidate is not soaking: it never was healthy in that environment, or nobody could read it.',
    fix: 'Deploy the candidate there first.',
    who: 'Whoever may start a run.',
  },
  soak_interrupted: {
    effect: 'blocks',
    rule: 'soak',
    meaning: 'The healthy time in the environment where the candidate soaks ended too early: another version took its place, or it failed.',
    fix: 'Deploy the candidate there again and leave it, or promote the version that is there.',
    who: 'Whoever may start a run.',
  },
  approval_required: {
    effect: 'asks',
    rule: 'approval',
    meaning: 'The gate is still to be asked: its reviewers decide when the job reaches it.',
    fix: 'Approve the waiting deployment on the page of the run.',
    who: 'The reviewers of the environment.',
  },
  approval_missing: {
    effect: 'blocks',
    rule: 'approval',
    meaning: "The job has passed GitHub's gate, and fewer approvals count than the pipeline asks for.",
    fix: 'Run the failed jobs again, or start a new run, and have as many distinct people approve as the gate asks for.',
    who: 'The reviewers of the environment.',
  },
  approval_stale: {
    effect: 'blocks',
    rule: 'approval',
    meaning: 'Approvals of this run opened the door for an earlier attempt already, or for another artifact; they do not count twice.',
    fix: 'Start a new run, and have it approved.',
    who: 'The reviewers of the environment.',
  },
  approvals_unread: {
    effect: 'blocks',
    rule: 'approval',
    meaning: 'Nobody could read who approved this run.',
    fix: 'Let the token read the run (actions: read) and run again.',
    who: 'Whoever may change the workflow or its token.',
  },
  authors_unread: {
    effect: 'blocks',
    rule: 'approval',
    meaning: 'The gate excludes the authors, and nobody could read who wrote all of what would enter; so no approval counts.',
    fix: 'Depending on what the reason says: let the token read pull requests (pull-requests: read), have the author add the address in their commit to their account, or promote an earlier commit first so that less enters at once. Then run again.',
    who: 'Whoever may change the workflow or its token, or the author who is named.',
  },
  acceptance_missing: {
    effect: 'waits',
    rule: 'acceptance',
    meaning: 'The candidate is deployed here, and people have not accepted it yet.',
    fix: 'Try the version, and approve the waiting acceptance on the page of the run.',
    who: 'The reviewers of the acceptance environment.',
  },
  acceptance_not_asked: {
    effect: 'blocks',
    rule: 'acceptance',
    meaning: 'The pipeline asks for no acceptance in this environment.',
    fix: 'Name an environment with an acceptance, or add one to the pipeline file on the default branch.',
    who: 'Whoever may change the pipeline file.',
  },
  acceptance_not_live: {
    effect: 'blocks',
    rule: 'acceptance',
    meaning: 'The candidate to be accepted is not what is live in the environment: people would sign off something they did not see.',
    fix: 'Deploy the candidate there first, or accept what is live.',
    who: 'Whoever may start a run.',
  },
  acceptance_required: {
    effect: 'asks',
    rule: 'acceptance',
    meaning: 'The acceptance is still to be asked: its reviewers decide when the job reaches it.',
    fix: 'Approve the waiting acceptance on the page of the run.',
    who: 'The reviewers of the acceptance environment.',
  },
  acceptance_unapproved: {
    effect: 'blocks',
    rule: 'acceptance',
    meaning: 'The acceptance job runs, and fewer approvals of it count than the pipeline asks for.',
    fix: 'Start a new run of the acceptance, and have as many distinct people approve as it asks for.',
    who: 'The reviewers of the acceptance environment.',
  },
  acceptance_unprotected: {
    effect: 'blocks',
    rule: 'acceptance',
    meaning:
      'Nobody can be asked for the acceptance: its GitHub environment does not exist, has no required reviewers that fit, or could not be read.',
    fix: 'Create the acceptance environment in the repository settings, with the required reviewers that the pipeline names.',
    who: 'An administrator of the repository.',
  },
  queue_busy: {
    effect: 'waits',
    rule: 'queue',
    meaning: 'A deployment to the same environment is in progress or ahead in the queue.',
    fix: 'Wait until it has ended and run the job again; a deployment whose job or run has ended without closing it is closed by the next one in the queue.',
    who: 'Nobody has to: the queue serves the lowest record first.',
  },
  record_unseen: {
    effect: 'waits',
    rule: 'queue',
    meaning: 'The record of this job is not among those that were read: the answer is older than the record.',
    fix: 'Read again.',
    who: 'Nobody has to: the next reading shows it.',
  },
  record_closed: {
    effect: 'blocks',
    rule: 'queue',
    meaning: 'The record of this job was closed by somebody else, who took its job for dead.',
    fix: 'Start a new run.',
    who: 'Whoever may start a run.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type ReasonCode = keyof typeof REASONS;

/** Every code, in the order of the registry. */
export const REASON_CODES = Object.keys(REASONS) as readonly ReasonCode[];
