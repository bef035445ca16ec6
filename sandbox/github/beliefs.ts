import type { Switches } from './switches.ts';

/** How much is known: GitHub says so; its published code or schema shows it; others saw it and said so; nobody here knows. */
export type Status = 'documented' | 'source' | 'seen' | 'unverified';

/** Something that the product takes for granted about GitHub. */
export interface Belief {
  /** Never reused for another belief. */
  readonly id: string;
  readonly belief: string;
  readonly status: Status;
  /** Where it is said, or what is known. */
  readonly source: string;
  /** What the product does if it is otherwise. */
  readonly otherwise: string;
  /** The test of that: its file, and how its title begins. */
  readonly test: { readonly file: string; readonly title: string };
  /** What the sandbox can be told about it. */
  readonly switch?: keyof Switches;
  /** Why `npm run probe` cannot find out. */
  readonly untriable?: string;
}

const acceptance = (file: string, title: string) => ({ file: `test/acceptance/${file}.test.ts`, title });
const chain = (file: string, title: string) => ({ file: `test/chain/${file}.test.ts`, title });
const github = (file: string, title: string) => ({ file: `test/github/${file}.test.ts`, title });

export const BELIEFS: readonly Belief[] = [
  // Environments and approvals
  {
    id: 'missing-environment',
    belief: 'A job that names an environment which does not exist creates it, without any protection.',
    status: 'documented',
    source: 'Deployments and environments; REST, environments',
    otherwise: 'A gate counts only where the environment and its reviewers are seen, so nothing changes.',
    test: chain('gates', 'an environment that GitHub does not have is no open door'),
  },
  {
    id: 'team-in-graphql',
    belief: "A job's token cannot name the teams among an environment's reviewers in GraphQL: FORBIDDEN at the place, or nothing.",
    status: 'seen',
    source: 'actions/github-script#572, cli/cli#14317, cli/cli#10948, abhinav/git-spice#972',
    otherwise: 'Where they are named, their names are compared with the gate.',
    test: acceptance('teams', 'opens with the job’s own token when %s'),
    switch: 'teamsInGraphql',
  },
  {
    id: 'team-in-rest',
    belief: "The REST API names the teams among an environment's reviewers for a job's token.",
    status: 'unverified',
    source: 'GET /repos/{owner}/{repo}/environments asks for actions: read; nothing is said about teams',
    otherwise: 'One team without a name is taken for the one that the gate names; several need the input reviewers-token.',
    test: acceptance('teams', 'is refused before anybody is asked, naming the permission that is missing'),
    switch: 'teamsInRest',
  },
  {
    id: 'approvals-without-deployment',
    belief: 'Approvals of jobs with `deployment: false` are listed among the approvals of the run.',
    status: 'unverified',
    source: 'that such a job waits for reviewers is seen (max-sixty/tend#852); the list is not described for it',
    otherwise:
      'Jobs have a deployment of GitHub’s own by default, and approvals of those are listed. With the input `deployment: false`, `approval_missing` at the door says that GitHub may not list them.',
    test: chain('deployments', 'that jobs make none: GitHub may not list who approved, and the door says so'),
    switch: 'approvalsWithoutDeployment',
  },
  {
    id: 'approval-names-nothing',
    belief: 'A listed approval has no attempt, no job and no commit.',
    status: 'source',
    source: 'OpenAPI description, environment-approvals',
    otherwise: 'Nothing: attempts that asked for something else void the approvals of the run all the same.',
    test: chain('approvals', 'and not for what the branch holds when the run is run again'),
  },
  {
    id: 'one-reviewer-suffices',
    belief: 'One of the listed reviewers releases a job; there is no N of M.',
    status: 'documented',
    source: 'Deployments and environments, required reviewers (six at most)',
    otherwise: 'Several approvals are collected by several jobs, and distinct people are counted.',
    test: chain('gates', 'one person is one approval, however often they give it'),
  },
  {
    id: 'bypass-listed',
    belief: "An administrator's bypass is not listed as an approval.",
    status: 'unverified',
    source: 'the page offers a bypass; the list of approvals is not described for it',
    otherwise: 'It counts as the approval that it is listed as; `doctor` says so, and how to forbid it.',
    test: chain('deployments', 'an administrator who starts it past its reviewers %s'),
    switch: 'bypasses',
    untriable: 'The API has no operation for a bypass; it is a button of the page.',
  },
  {
    id: 'unanswered',
    belief: 'A job that nobody approves for thirty days fails, and costs no minute.',
    status: 'documented',
    source: 'Actions limits',
    otherwise: 'The run ends in another way; records say what went in.',
    test: chain('gates', 'nobody answering for thirty days ends the run, and costs no runner a minute'),
    untriable: 'It takes thirty days.',
  },
  {
    id: 'concurrency-before-approval',
    belief: 'A job takes its concurrency group before it is approved.',
    status: 'seen',
    source: 'community discussion 17401, hypothesis/lms#4533',
    otherwise: 'Nothing: no shipped job with a gate has a group; the queue is kept in the records.',
    test: { file: 'test/workflows.test.ts', title: 'has no concurrency where people are waited for' },
  },
  // Runs and jobs
  {
    id: 'job-list',
    belief: "The list of a run's jobs is GitHub's own: nothing that runs in a job changes a job's name, attempt or conclusion.",
    status: 'source',
    source: 'OpenAPI description, workflow-jobs: only reading operations',
    otherwise: 'A record could be forged again; production’s gate and the digest stand.',
    test: acceptance('confirmed-records', 'does not count when it names $name'),
  },
  {
    id: 'job-list-lags',
    belief: 'A job that ended is not listed as going on any more.',
    status: 'unverified',
    source: 'nothing is said about how fresh the list is',
    otherwise: 'It is looked at up to three times within four seconds.',
    test: acceptance('confirmed-records', 'counts when GitHub lists the job that left it as ended a moment late'),
    switch: 'jobList',
  },
  {
    id: 'job-attempts',
    belief: 'With `filter=all` the list holds the jobs of every attempt, each with its attempt.',
    status: 'source',
    source: 'OpenAPI description, list-jobs-for-workflow-run and the schema `job`',
    otherwise: 'A record of an attempt that is not listed counts no more: `record_unverified`, and that stage comes next again.',
    test: acceptance('confirmed-records', 'does not count when it names $name'),
  },
  {
    id: 'job-name-length',
    belief: "Each part of a job's name is cut to a hundred characters, the last three of them dots.",
    status: 'source',
    source: 'actions/runner, JobNameBuilder.cs; kata-containers#11176',
    otherwise: 'A name that says nothing voids approvals of earlier attempts; a new run is the way on.',
    test: { file: 'test/github/asked-before.test.ts', title: 'a name that GitHub has cut to a hundred characters says nothing' },
  },
  {
    id: 'runs-expire',
    belief: 'Runs are kept ninety days by default, and can be deleted.',
    status: 'documented',
    source: 'Actions retention',
    otherwise: 'Records whose run is gone count where a later confirmed one rests on them; otherwise the first stage comes next.',
    test: acceptance('confirmed-records', 'counts when a later one, which GitHub confirms, rests on it'),
    untriable: 'It takes ninety days.',
  },
  {
    id: 'referenced-workflows',
    belief: 'A run lists the reusable workflows that it calls, directly or not.',
    status: 'source',
    source: 'OpenAPI description, schema `workflow-run`, referenced_workflows',
    otherwise: 'What another file of the repository left counts only where that file is on the default branch.',
    test: acceptance('confirmed-records', 'counts %s: it rests on nothing'),
  },
  {
    id: 'pull-request-runs',
    belief: 'Runs of pull requests and forks have an event that begins with `pull_request`, or another head repository.',
    status: 'documented',
    source: 'Events that trigger workflows; schema `workflow-run`',
    otherwise: 'Their file has another path or commit than the candidate’s, and they do not count for that.',
    test: chain('artifacts', 'is not what a pull request onto somebody’s own branch uploaded'),
  },
  {
    id: 'rerun-by-job-token',
    belief: "A job's token with `actions: write` may run a run again.",
    status: 'unverified',
    source: 'REST, re-run a workflow, says so; execution protections, which no description covers, may forbid it',
    otherwise: '`resume` starts the workflow anew on the candidate’s ref, or says who has to act.',
    test: chain('resume', 'the workflow is started anew, once, look after look'),
    switch: 'rerunByJobs',
  },
  {
    id: 'rerun-asks-again',
    belief: 'A job that was approved asks its reviewers again when its run is run again.',
    status: 'unverified',
    source: 'nothing is said about it',
    otherwise:
      'An approval that was not used yet still counts for the same commit, artifact and rules; for others none does, and a new run asks anew.',
    test: chain('approvals', 'and not for what the branch holds when the run is run again; a new run goes in'),
    switch: 'rerunGates',
  },
  {
    id: 'rerun-takes-tag-again',
    belief:
      'A run that is run again as a whole takes the action and the called workflows from where their tag points now; its failed jobs alone keep the first commit.',
    status: 'documented',
    source: 'Re-running workflows and jobs',
    otherwise: 'Nothing: records are read whichever version of the action wrote them.',
    test: chain('upgrades', 'ten upgrades in the middle of a promotion strand nothing'),
  },
  {
    id: 'execution-policies',
    belief:
      'Execution protections are listed under `/repos/{owner}/{repo}/actions/policies`, with the events and the actors that may start workflows.',
    status: 'unverified',
    source: 'changelog of September 2026; in no published description',
    otherwise: '`doctor` notes that they were not looked at; nothing else reads them.',
    test: {
      file: 'test/setup/doctor.test.ts',
      title: 'is not looked at where GitHub has no such page, the token may not, or it looks otherwise; that is a note',
    },
    untriable: 'Whether a repository has any is its administrators’ choice, and the probe makes none.',
  },
  {
    id: 'many-jobs',
    belief: 'A run may define as many jobs as the shipped chain does, about 140 with all stages.',
    status: 'unverified',
    source: 'the server sets a limit whose value is not published',
    otherwise: 'The run does not start, and says so; `promote init --local` writes a chain of the jobs that a pipeline needs.',
    test: chain('deployments', 'a run that may not define so many jobs does not start'),
    switch: 'manyJobs',
  },
  {
    id: 'own-deployment-address',
    belief:
      'The success of a deployment that GitHub makes for a job has the address of the job’s environment, as `environment_url`, with what stands behind `#`.',
    status: 'documented',
    source: 'Workflow syntax, jobs.<job_id>.environment.url; REST, deployment statuses',
    otherwise: 'It reads as somebody else’s deployment of the run’s commit: what lacks that commit is kept out, and nothing is let in.',
    test: chain('deployments', 'are told from records, also where the run is of another commit'),
  },
  {
    id: 'environment-secrets',
    belief: 'Secrets of an environment reach a workflow of another repository.',
    status: 'unverified',
    source: 'Reuse workflows says so; others saw the contrary (actions/runner#4453, rios0rios0/pipelines#579)',
    otherwise: 'Nothing needs them. One called `PROMOTE_ENV` goes before the caller’s where it is given, and the job says which it got.',
    test: chain('secrets', 'a secret PROMOTE_ENV of an environment that is %s to the called workflow'),
    switch: 'environmentSecrets',
  },
  {
    id: 'masked-output',
    belief:
      'An output of a job in which a secret is hidden does not leave the job, and each line of a secret is hidden wherever it occurs.',
    status: 'source',
    source: 'actions/runner, JobExtension.cs and Worker.cs',
    otherwise: 'Nothing: a chain goes on only where a job said that the candidate went in.',
    test: chain('time', 'goes no further either when GitHub drops what the job said'),
  },
  {
    id: 'cancel-signals',
    belief: 'A cancelled step gets SIGINT, after 7.5 s SIGTERM, after 2.5 s more it is killed; the post phase runs.',
    status: 'source',
    source: 'actions/runner, ProcessInvoker.cs',
    otherwise: 'The next run closes the record that was left open.',
    test: acceptance('interrupted', 'closes the record of a run whose machine was lost, and goes on'),
  },
  {
    id: 'post-job-status',
    belief: 'An input whose default is `${{ job.status }}` tells the post phase how the job ended.',
    status: 'seen',
    source: 'github/branch-deploy relies on it',
    otherwise: 'A job whose end is not told is not recorded as a success.',
    test: acceptance('phases', 'a job whose end the runner does not tell is not recorded as a success'),
  },
  {
    id: 'waiting-is-no-time',
    belief: '`timeout-minutes` does not count while a job waits for its reviewers.',
    status: 'documented',
    source:
      'Workflow syntax: every job has a limit, of six hours where it says none. Deployments and environments: one may wait for thirty days.',
    otherwise: 'The job fails while it waits; give the workflows a larger `timeout-minutes`.',
    test: chain('gates', 'nobody answering for thirty days ends the run, and costs no runner a minute'),
  },
  {
    id: 'self-path',
    belief: '`uses: $/path` is the action at that path of the repository and commit of the workflow file.',
    status: 'documented',
    source: 'Workflow syntax (July 2026), runner 2.336.0; `$/` alone works in steps of workflows and is not documented',
    otherwise:
      'The shipped workflows do not run, as on GitHub Enterprise Server; `promote init --local` writes a chain that names the action by tag or commit.',
    test: { file: 'test/workflows.test.ts', title: 'names itself by a path that is documented' },
  },
  // Identity
  {
    id: 'identity-environment',
    belief: "The claim `environment` of a job's identity names its environment, also with `deployment: false`.",
    status: 'unverified',
    source: 'OpenID Connect reference; `deployment: false` is not mentioned there',
    otherwise: 'Jobs have a deployment by default. With `deployment: false`: `enforcement_unproven`; an approval that is listed counts.',
    test: chain('deployments', 'proves the hold where %s'),
    switch: 'identityWithoutDeployment',
  },
  {
    id: 'identity-subject',
    belief: 'The subject of an identity has ids of owner and repository in repositories created or renamed since July 2026.',
    status: 'documented',
    source: 'OpenID Connect reference, subject claims',
    otherwise: 'Nothing: the claims `repository`, `run_id`, `run_attempt` and `environment` are read, never the subject.',
    test: acceptance('gates', 'that trust needs a job that GitHub held: one that %s enters nothing'),
  },
  // Deployments, as records
  {
    id: 'payload-encoding',
    belief: 'A deployment’s payload comes back in GraphQL as JSON text, or as JSON text of JSON text.',
    status: 'seen',
    source: 'both were seen in answers',
    otherwise: 'Nothing: both are read.',
    test: github('evidence', 'come back as stored, payload encoded %s'),
  },
  {
    id: 'creator-kind',
    belief: 'GraphQL tells whether a person or an app created a deployment.',
    status: 'source',
    source: 'GraphQL schema, Deployment.creator',
    otherwise: 'A record without a creator proves nothing.',
    test: chain('artifacts', 'any run, written by a person'),
  },
  {
    id: 'large-ids',
    belief: '`databaseId` is null once an id exceeds 32 bits.',
    status: 'source',
    source: 'GraphQL schema: Int',
    otherwise: 'Nothing: ids are taken from addresses and node ids.',
    test: acceptance('large-ids', 'are read all the same'),
  },
  {
    id: 'status-lists',
    belief: 'The newest status of a deployment comes first in the REST list.',
    status: 'documented',
    source: 'REST, deployment statuses',
    otherwise: 'A status whose answer was lost is told as not set, and the job fails; running it again mends it.',
    test: { file: 'test/faults/afterwards.test.ts', title: 'is a success when only the answer about the success was lost' },
  },
  // The API
  {
    id: 'errors-under-200',
    belief: 'GraphQL tells errors under status 200, beside the data that it could read.',
    status: 'documented',
    source: 'GraphQL, rate limits and errors',
    otherwise: 'Nothing: what is missing is unread in both cases.',
    test: github('evidence', 'leaves unread what GitHub gives in part'),
  },
  {
    id: 'one-large-query',
    belief: 'GitHub answers one query for all that a decision needs.',
    status: 'seen',
    source: 'since July 2026 some are answered in part, with RESOURCE_LIMITS_EXCEEDED: github-readme-stats#4916, markscribe#103',
    otherwise:
      'It is asked in at most twenty parts, then piece by piece with shorter lists; what is too costly even so is unread. What is not answered in time, or with 502, is asked in parts with shorter lists, too.',
    test: github('evidence', 'is asked in parts %s, and the evidence is the same'),
  },
  {
    id: 'date-header',
    belief: 'Every answer carries a Date header with GitHub’s own time.',
    status: 'seen',
    source: 'every answer that was seen',
    otherwise: 'Nothing is decided: there is no clock to trust.',
    test: github('client', 'without a Date header is no basis for a decision'),
  },
  {
    id: 'history-of-a-path',
    belief: 'The history of a path lists the commits of the default branch that changed it.',
    status: 'source',
    source: 'GraphQL schema, Commit.history(path:)',
    otherwise:
      'After a change of the pipeline file, a run that is run again as a whole needs its approvals anew in a new run (`approval_stale`).',
    test: chain('approvals', 'in all jobs of a run that is run again: stricter rules keep it'),
  },
  {
    id: 'enterprise-server',
    belief: 'The actions that keep artifacts refuse GitHub Enterprise Server, and `uses: $/` does not exist there.',
    status: 'source',
    source: 'actions/upload-artifact, GHESNotSupportedError; changelog of July 2026',
    otherwise:
      'More runs there than the documentation says: the action by itself and the command line do, the shipped workflows are not claimed to.',
    test: acceptance('enterprise-server', 'is asked under its own addresses, from a plan to a record'),
    untriable: 'It takes such a server.',
  },
  {
    id: 'schedules-stop',
    belief: 'Schedules of public repositories stop after sixty days without activity.',
    status: 'documented',
    source: 'Events that trigger workflows, schedule',
    otherwise: 'Nothing: what waits for time is taken up by the next look, whenever it comes, or by a person.',
    test: chain('time', 'ends the run before a soak, and a schedule takes it up the next morning, once'),
    untriable: 'It takes sixty days.',
  },
  {
    id: 'rate-limit-headers',
    belief: 'A limit that is reached says when it ends: `x-ratelimit-reset` or `retry-after`.',
    status: 'documented',
    source: 'REST, rate limits',
    otherwise: 'The request is repeated three times and then given up with a message.',
    test: { file: 'test/faults/afterwards.test.ts', title: 'records a success as soon as a %s limit lets it' },
  },
];
