import { DEFAULTS } from './input-defaults.ts';

/**
 * Every input and output of the action. `action.yml` and the tables in the documentation are generated from these registries,
 * so what the code reads, what GitHub validates and what people look up cannot differ.
 */

interface InputEntry {
  readonly description: string;
  /** As in `action.yml`; an expression is evaluated by the runner. Absent: empty. */
  readonly default?: string;
}

export const INPUTS = {
  command: {
    description:
      '`plan` answers where the candidate may go next · `deploy` checks the door and keeps the record · `accept` records an acceptance · `rehearse` runs the environment’s migration on a copy of the data and records how it went · `resume` runs the runs again whose candidates waited for time · `find-artifact` finds what was built from the commit before · `veto` vetoes the version that a rollback leaves, in a job before the one that deploys.',
    default: DEFAULTS.command,
  },
  environment: {
    description:
      'The environment to enter, to accept or to rehearse for, by its name in the pipeline file. Needed by `deploy`, `accept`, `rehearse` and `veto`.',
  },
  token: {
    description:
      'Token for the GitHub API: the job’s own, or an App’s. What a person’s token puts on record proves nothing. Permissions: see the README.',
    default: DEFAULTS.token,
  },
  'reviewers-token': {
    description:
      'Token of an App that may read the organisation’s members (`members: read`) and this repository’s environments (`actions: read`). Only where gates name several teams: the job’s own token cannot name the teams that GitHub asks.',
  },
  pipeline: {
    description: 'Path of the pipeline file. It is always read from the default branch.',
    default: DEFAULTS.pipeline,
  },
  'artifact-digest': {
    description: 'Digest of what was built once, `sha256:…`. Empty: the one on record for this commit, if there is one.',
  },
  'artifact-name': {
    description:
      'For `find-artifact`: what the artifact is called, before the commit that is added to it. Empty: the path of the pipeline file.',
  },
  'artifact-id': {
    description:
      'Id of the artifact that the digest names, from `actions/upload-artifact`: kept in the record, so that later runs fetch it.',
  },
  'artifact-run-id': {
    description: 'Id of the run that uploaded it. Empty: this run.',
  },
  'artifact-file': {
    description:
      'For `deploy`, where the pipeline file says `attest: required`: the artifact as it was downloaded, its zip, or the folder in which that is the only file.',
  },
  'policy-hash': {
    description:
      'For `deploy`, `accept` and `rehearse`: the output of that name of the run’s plan. Approvals count as long as the pipeline file was not relaxed since, nor other commands put into it.',
  },
  ref: {
    description: 'Ref of the candidate where the event does not name the right one: `refs/heads/…` or `refs/tags/…`.',
  },
  sha: {
    description: 'Commit of the candidate where the event does not name the right one. It must be contained in the ref.',
  },
  version: {
    description: 'Version of the candidate, for people. Empty: the tag name, or branch and short commit.',
  },
  rollback: {
    description: 'Go back to this candidate. It must have succeeded in the environment before; the version it replaces is vetoed.',
    default: DEFAULTS.rollback,
  },
  migrations: {
    description:
      'Identity of the set of migrations of this candidate, for example a hash, where the pipeline file does not name their files. Rehearsal evidence for another set does not count.',
  },
  'migration-seconds': {
    description:
      'For `deploy` with steps of your own that migrate: how long that took, from an output of yours. It is read when the job ends.',
  },
  'when-blocked': {
    description: '`fail` ends the step with the explanation · `continue` goes on, and the other steps test the output `proceed`.',
    default: DEFAULTS['when-blocked'],
  },
  url: {
    description: 'Where the deployed environment can be visited. Empty: the `url` in the pipeline file.',
  },
  'queue-timeout': {
    description: 'Minutes to wait for a deploy that is already in progress in the same environment.',
    default: DEFAULTS['queue-timeout'],
  },
  'request-timeout': {
    description: 'Seconds after which a request to GitHub counts as failed and is tried again.',
    default: DEFAULTS['request-timeout'],
  },
  'retry-wait': {
    description: 'Seconds before the first repetition of a failed request; later ones wait longer.',
    default: DEFAULTS['retry-wait'],
  },
  'job-status': {
    description: 'Tells the post step how the job ended. Leave it alone.',
    default: DEFAULTS['job-status'],
  },
} as const satisfies Record<string, InputEntry>;

export type InputName = keyof typeof INPUTS;

export const OUTPUTS = {
  verdict:
    'Of the next stage: `deploy`, `ask`, `wait`, `blocked`, `superseded` or `complete`. With `environment` given: of that environment.',
  environment: 'The next target environment; the first of them when the next stage has several. Empty when there is none.',
  environments: 'JSON list of the next stage’s environments that may be entered now or after approval.',
  stages: 'JSON list of stages, each a list of environments that the candidate has still to pass, from the next one on.',
  chain:
    'JSON list of the stages that this run can go through, each a list of environments. It ends before what waits for time or for a change.',
  entries:
    'JSON object: for each environment in `chain` what entering it takes: `deploy` (`false` where only its acceptance is missing), `approvals`, `acceptance` (the GitHub environment, or empty), `acceptance-approvals`, `rehearsal`, `url`.',
  'without-command': 'Names of the environments in `chain` that the pipeline file has no deploy command for, separated by commas.',
  proceed: '`true` when the verdict is `deploy` or, for `plan`, `ask`; `false` otherwise.',
  reason: 'Code of the first reason that bars the next target. Empty when nothing does.',
  reasons: 'JSON list of the codes of every reason that bars the next target.',
  explanation: 'Why not further, what would change it and who can, as text.',
  route: 'Name of the route that took the candidate’s ref.',
  version: 'Version of the candidate.',
  sha: 'Commit of the candidate.',
  ref: 'Full ref of the candidate.',
  'artifact-digest': 'Digest of the candidate’s artifact. Empty when it is still to be built.',
  'artifact-name': 'For `find-artifact`: the name under which the artifact of the commit is kept.',
  'artifact-id': 'Id of the artifact on record for this candidate. Empty when there is none.',
  'artifact-run-id': 'Id of the run that uploaded it.',
  build: '`true` when the artifact must be built before the candidate can enter anything.',
  'build-run': 'The build command of the pipeline file.',
  'artifact-path': 'Path of what the build leaves, from the pipeline file. Empty when nothing is built.',
  attest: '`true` when the pipeline file demands an attestation of the artifact.',
  'lifts-at': 'When time alone opens the next target, ISO 8601 in UTC. Empty when time alone does not.',
  'policy-hash': 'Git blob id of the pipeline file that decided.',
  'asked-for':
    'What approvals of this run are for, short enough for a job’s name: the jobs that wait for one end their names in ` · ` and this, `/` and the id of the artifact.',
  decision: 'The whole decision as JSON; its `schema` names the version of the format.',
  resumed: 'JSON list of the ids of the runs that `resume` ran again.',
  record: 'Id of the GitHub deployment that records this promotion, acceptance or rehearsal.',
  'approved-by': 'JSON list of the logins whose approval counted.',
  replaced: 'Version that was live in the environment before.',
  rehearsal: 'Verdict of the rehearsal: `pass`, `warn` or `fail`. Empty when none took place.',
  'rehearsal-seconds': 'How long the migration took in its rehearsal.',
  'rehearsal-reasons': 'JSON list of the codes of everything that the rehearsal found.',
  'rehearsal-report': 'Path of the report of the rehearsal, one HTML file to look at. Empty when there is none.',
  'rehearsal-evidence': 'Path of the same as JSON.',
} as const satisfies Record<string, string>;

export type OutputName = keyof typeof OUTPUTS;
