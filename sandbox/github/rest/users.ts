import { notFound, Refusal, type RestContext } from '../context.ts';
import { findTeam, findUser, type Role } from '../state.ts';
import { maySeeTeams } from '../tokens.ts';
import { type Endpoints, ok, reads } from './endpoint.ts';
import { fullTeam, fullUser, simpleUser } from './shapes.ts';

type Ids =
  | 'rate-limit/get'
  | 'repos/get-collaborator-permission-level'
  | 'teams/get-by-name'
  | 'users/get-authenticated'
  | 'users/get-by-username';

/** The finer roles as the older `permission` knows them. */
const COARSE: Readonly<Record<Role, string>> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
  none: 'none',
};

export const userEndpoints: Endpoints<Ids> = {
  'users/get-authenticated': reads('metadata', (context) => {
    const user = findUser(context.state, context.identity.login);
    if (context.identity.kind === 'app') throw new Refusal(403, 'Resource not accessible by integration');
    if (user === undefined) throw new Refusal(401, 'Bad credentials');
    return ok(fullUser(context, user, true));
  }),
  'users/get-by-username': reads('metadata', (context) => {
    const user = findUser(context.state, context.path['username'] ?? '');
    if (user === undefined) throw notFound();
    return ok(fullUser(context, user, false));
  }),
  'teams/get-by-name': reads('metadata', (context) => {
    const found = findTeam(context.state, `${context.path['org']}/${context.path['team_slug']}`);
    if (found === undefined || !maySeeTeams(context.state, context.identity)) throw notFound();
    return ok(fullTeam(context, found));
  }),
  'repos/get-collaborator-permission-level': reads('metadata', (context) => {
    const user = findUser(context.state, context.path['username'] ?? '');
    if (user === undefined) throw notFound();
    return ok({ permission: COARSE[user.role], role_name: user.role, user: { ...simpleUser(context.place, user), role_name: user.role } });
  }),
  'rate-limit/get': reads('metadata', (context) =>
    ok({
      resources: { core: limit(context, 'rest'), graphql: limit(context, 'graphql'), search: limit(context, null) },
      rate: limit(context, 'rest'),
    }),
  ),
};

function limit(context: RestContext, kind: 'rest' | 'graphql' | null): unknown {
  const used = kind === null ? 0 : context.identity.used[kind];
  const all = context.place.rateLimit;
  return { limit: all, used, remaining: Math.max(all - used, 0), reset: Math.floor(context.identity.resetsAt / 1000) };
}
