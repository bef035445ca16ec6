/** What nobody has checked on GitHub itself. Each has a side that is worse for whoever relies on it; the sandbox stands on that one unless told otherwise. */
export interface Switches {
  /**
   * How GraphQL lists a team among an environment's reviewers for a token without the organisation's permission to read members, such as a job's. `forbidden`:
   * nothing, and an error at its place. `null`: nothing, and no word about it. `named`: as for anybody.
   */
  readonly teamsInGraphql: 'forbidden' | 'null' | 'named';
  /** Whether the REST API lists such a team for such a token. */
  readonly teamsInRest: 'hidden' | 'named';
  /** Whether a review is listed that released only jobs with `deployment: false`. */
  readonly approvalsWithoutDeployment: 'unlisted' | 'listed';
  /** Whether the identity of a job with `deployment: false` names its environment. */
  readonly identityWithoutDeployment: 'silent' | 'named';
  /** Whether jobs that an administrator started past their reviewers show as approved by that administrator. */
  readonly bypasses: 'listed' | 'unlisted';
  /** What the list of a run's jobs says of one that just ended. `late`: once more, that it goes on. */
  readonly jobList: 'late' | 'current';
  /** Whether the secrets of a job's environment reach a workflow of another repository; there they go before what the caller hands over. */
  readonly environmentSecrets: 'withheld' | 'given';
  /** Whether a job that was approved asks its reviewers again when its run is run again. */
  readonly rerunGates: 'open' | 'ask';
  /** Whether the token of a job may run a run again. */
  readonly rerunByJobs: 'refused' | 'allowed';
  /** Whether a run may define as many jobs as the shipped chain does. */
  readonly manyJobs: 'refused' | 'allowed';
}

export const UNFAVOURABLE: Switches = {
  teamsInGraphql: 'forbidden',
  teamsInRest: 'hidden',
  approvalsWithoutDeployment: 'unlisted',
  identityWithoutDeployment: 'silent',
  bypasses: 'listed',
  jobList: 'late',
  environmentSecrets: 'withheld',
  rerunGates: 'open',
  rerunByJobs: 'refused',
  manyJobs: 'refused',
};

export const FAVOURABLE: Switches = {
  teamsInGraphql: 'named',
  teamsInRest: 'named',
  approvalsWithoutDeployment: 'listed',
  identityWithoutDeployment: 'named',
  bypasses: 'unlisted',
  jobList: 'current',
  environmentSecrets: 'given',
  rerunGates: 'ask',
  rerunByJobs: 'allowed',
  manyJobs: 'allowed',
};

/** Where the sandbox stands unless told otherwise: on the unfavourable side. On that of `manyJobs` the shipped chain would not start at all, and nothing else could be seen. */
export const DEFAULT_SIDES: Switches = { ...UNFAVOURABLE, manyJobs: 'allowed' };
