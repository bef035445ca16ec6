import type { ReasonCode } from './reasons.ts';

/** What each reason code means, for the documentation; a decision has no use for it. */
export const REASON_MEANINGS: Readonly<Record<ReasonCode, string>> = {
  no_route: 'No route of the pipeline takes this branch or tag.',
  not_on_path: 'The route that takes this branch or tag does not lead to the environment that was asked about.',
  fork: 'The commit comes from another repository than the one that deploys.',
  ref_gone: 'The branch or tag of the candidate no longer exists, so nobody stands behind the commit any more.',
  ref_moved: 'The branch or tag exists and no longer contains the candidate: it was force-pushed, or the tag was moved.',
  ref_unread: 'Nobody could read whether the branch or tag still holds the candidate.',
  vetoed: 'A person has forbidden this candidate by an open issue labelled promote:veto.',
  veto_unclear:
    'The title of an open issue labelled promote:veto does not say which candidate it forbids. Production stays closed until it does.',
  vetoes_unread: 'Nobody could read whether a person has forbidden the candidate.',
  artifact_unknown: 'Something was built from this commit, and nobody can say what.',
  artifact_unbuilt: 'The job stands at the door, and nothing has been built from this commit yet.',
  artifact_differs: 'This commit has been deployed as another artifact before: it was built a second time.',
  builds_unread: 'Nobody could read whether this commit has been deployed as another artifact somewhere on the path.',
  rollback_unproven: 'A rollback was asked for to an artifact that never succeeded in this environment.',
  rollback_live: 'A rollback was asked for to the artifact that is live here already and has failed since.',
  record_unverified:
    'A record says that the candidate succeeded, and GitHub does not confirm it: the run that it names is gone, is of another workflow or commit, or has no job that did it.',
  earlier_not_passed: 'An earlier stage of the path is not passed by this artifact.',
  earlier_failed: 'This candidate failed in an earlier stage of the path after it had been let in there.',
  verification_missing: 'An earlier environment asks for a verification, and this artifact was deployed there without one that passed.',
  records_unread: 'Nobody could read what has been deployed to this environment.',
  superseded: 'What is live here contains the candidate: something newer is already there.',
  diverged: 'What is live here and the candidate do not contain each other; entering would undo what is live, for example a hotfix.',
  ancestry_unread: 'Nobody could read how the candidate stands to what is live here.',
  version_refused: 'The environment takes other versions: the candidate is not new, accepted or current as its policy "accepts" asks.',
  version_unread: 'Nobody could read whether the candidate is new, accepted or current.',
  rehearsal_missing: 'The migration of this artifact has not been rehearsed where the path asks for it.',
  rehearsal_failed: 'The latest rehearsal of this artifact failed.',
  rehearsal_stale: 'The rehearsal used a snapshot that is older than the pipeline allows.',
  rehearsal_differs: 'The rehearsal ran another set of migrations than the candidate has.',
  migrations_unread: 'The pipeline names the files of the migrations, and nobody could read what the candidate has there.',
  environment_missing:
    'The pipeline asks for a gate, and GitHub has no environment of that name; a job that names it would create it without any protection.',
  reviewers_missing: 'The pipeline asks for a gate, and nobody is a required reviewer of the GitHub environment.',
  reviewers_insufficient: 'The required reviewers of the GitHub environment cannot give the approvals that the pipeline asks for.',
  protection_unread: 'The pipeline asks for a gate, and nobody could read how the GitHub environment is protected.',
  held: 'A person has closed the environment by an open issue labelled promote:hold.',
  holds_unread: 'Nobody could read whether a person has closed an environment.',
  frozen: 'The calendar forbids entry for a span of time.',
  outside_window: 'Entry is allowed in weekly windows, and none is open now.',
  soak_running: 'The candidate has not been healthy long enough in the environment where it soaks.',
  soak_missing: 'The candidate is not soaking: it never was healthy in that environment, or nobody could read it.',
  soak_interrupted:
    'The healthy time in the environment where the candidate soaks ended too early: another version took its place, or it failed.',
  approval_required: 'The gate is still to be asked: its reviewers decide when the job reaches it.',
  approval_missing: "The job has passed GitHub's gate, and fewer approvals count than the pipeline asks for.",
  approval_stale:
    'An approval belongs to one commit, one artifact and the rules of the environment. Approvals of this run were given for another, or let an earlier attempt in already; they do not count for this one.',
  approvals_unread: 'Nobody could read who approved this run.',
  authors_unread: 'The gate excludes the authors, and nobody could read who wrote all of what would enter; so no approval counts.',
  enforcement_unproven:
    "The gate takes GitHub's own hold on the job for an approval (`evidence: enforced`), and nothing proves that GitHub held it: the identity that GitHub signs for the job names no such environment, or there is none.",
  initiator_unknown:
    'The gate excludes the initiator, and a bot started the run: GitHub does not say who had it do so, and that person could be any of the approvers. So no approval counts.',
  acceptance_missing: 'The candidate is deployed here, and people have not accepted it yet.',
  acceptance_not_asked: 'The pipeline asks for no acceptance in this environment.',
  acceptance_not_live:
    'The candidate to be accepted is not what is live in the environment: people would sign off something they did not see.',
  acceptance_required: 'The acceptance is still to be asked: its reviewers decide when the job reaches it.',
  acceptance_unapproved: 'The acceptance job runs, and fewer approvals of it count than the pipeline asks for.',
  acceptance_unprotected:
    'Nobody can be asked for the acceptance: its GitHub environment does not exist, has no required reviewers that fit, or could not be read.',
  queue_busy: 'A deployment to the same environment is in progress or ahead in the queue.',
  record_unseen: 'The record of this job is not among those that were read: the answer is older than the record.',
  record_closed: 'The record of this job was closed by somebody else, who took its job for dead.',
};
