import { timestamp } from '../clock.ts';
import type { Signature } from '../git-repository.ts';
import { nodeId } from '../node-id.ts';
import { userByEmail } from '../rest/shapes.ts';
import { type Environment, findTeam, findUser, type Team, type User } from '../state.ts';
import { maySeeTeams } from '../tokens.ts';
import { connection, githubError, type PageArguments } from './connection.ts';
import type { ActorSource, Fields, GraphqlContext, ResolverTable } from './resolver.ts';

const GHOST: User = { id: 10137, login: 'ghost', type: 'User', emails: [], role: 'none' };

export function actor(context: GraphqlContext, login: string): ActorSource {
  return actorOf(findUser(context.state, login) ?? GHOST);
}

export function actorOf(user: User): ActorSource {
  return { __typename: user.type, user };
}

const common: Fields<ActorSource> = {
  id: ({ user }) => nodeId('User', user.login),
  databaseId: ({ user }) => user.id,
  url: ({ user }, _, { place }) => `${place.webUrl}/${encodeURIComponent(user.login)}`,
  resourcePath: ({ user }) => `/${encodeURIComponent(user.login)}`,
  avatarUrl: ({ user }, _, { place }) => `${place.webUrl}/avatars/${user.id}`,
  createdAt: () => timestamp(0),
  updatedAt: () => timestamp(0),
};

const user: Fields<ActorSource> = { ...common, login: (source) => source.user.login, name: (source) => source.user.login, email: () => '' };

/** GraphQL names a bot without the `[bot]` that the REST API puts behind it. */
const bot: Fields<ActorSource> = { ...common, login: (source) => source.user.login.replace(/\[bot\]$/, '') };

interface TeamSource {
  readonly __typename: 'Team';
  readonly team: Team;
}

const team: Fields<TeamSource> = {
  id: (source) => nodeId('Team', `${source.team.organization}/${source.team.slug}`),
  databaseId: (source) => source.team.id,
  name: (source) => source.team.slug,
  slug: (source) => source.team.slug,
  combinedSlug: (source) => `${source.team.organization}/${source.team.slug}`,
  url: (source, _, { place }) => `${place.webUrl}/orgs/${source.team.organization}/teams/${source.team.slug}`,
  members: (source, args: PageArguments, context) =>
    connection(
      source.team.members,
      args,
      (login) => login,
      (login) => actor(context, login),
    ),
};

interface GitActorSource {
  readonly signature: Signature;
}

export function gitActor(signature: Signature): GitActorSource {
  return { signature };
}

const gitActorFields: Fields<GitActorSource> = {
  name: ({ signature }) => signature.name,
  email: ({ signature }) => signature.email,
  date: ({ signature }) => gitTimestamp(signature),
  user: ({ signature }, _, context) => {
    const found = userByEmail(context.state, signature.email);
    return found === null || found.type === 'Bot' ? null : actorOf(found);
  },
};

/** Git keeps the author's own offset from UTC. */
function gitTimestamp({ at, offset }: Signature): string {
  if (offset === 0) return timestamp(at);
  const two = (number: number) => String(number).padStart(2, '0');
  const local = timestamp(at + offset * 60_000).slice(0, -1);
  const minutes = Math.abs(offset);
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/**
 * Reviewers of an environment, teams and users. A team that the token may not see leaves a gap in the list (source: GitHub's answers to tokens of apps
 * without `members: read`, as people report them).
 */
export function reviewers(environment: Environment, args: PageArguments, context: GraphqlContext): unknown {
  return connection(
    environment.reviewers,
    args,
    (name) => name,
    (name) => {
      const found = findTeam(context.state, name);
      if (found === undefined) return actor(context, name);
      const side = maySeeTeams(context.state, context.identity) ? 'named' : context.place.switches.teamsInGraphql;
      if (side === 'forbidden') return githubError('FORBIDDEN', 'Resource not accessible by integration');
      return side === 'null' ? null : { __typename: 'Team', team: found };
    },
  );
}

export const peopleResolvers: ResolverTable = { User: user, Organization: user, Bot: bot, Team: team, GitActor: gitActorFields };
