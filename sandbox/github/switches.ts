/** What nobody has checked on GitHub itself. Each has a side that is worse for whoever relies on it; the sandbox stands on that one unless told otherwise. */
export interface Switches {
  /**
   * How GraphQL lists a team among an environment's reviewers for a token without the organisation's permission to read members, such as a job's. `forbidden`:
   * nothing, and an error at its place. `null`: nothing, and no word about it. `named`: as for anybody.
   */
  readonly teamsInGraphql: 'forbidden' | 'null' | 'named';
  /** Whether the REST API lists such a team for such a token. */
  readonly teamsInRest: 'hidden' | 'named';
}

export const UNFAVOURABLE: Switches = { teamsInGraphql: 'forbidden', teamsInRest: 'hidden' };
export const FAVOURABLE: Switches = { teamsInGraphql: 'named', teamsInRest: 'named' };
