/** Executes queries against GitHub's own schema. A query that the schema does not know is an error of the client, and a loud one. */
import {
  type DocumentNode,
  execute,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { type Context, NotServed, type Reply, Violation } from '../context.ts';
import { mayDo, type Needed } from '../tokens.ts';
import { githubError } from './connection.ts';
import { deploymentResolvers } from './deployments.ts';
import { gitResolvers } from './git.ts';
import { issueResolvers } from './issues.ts';
import { queryCost } from './limits.ts';
import { peopleResolvers } from './people.ts';
import { queryResolvers } from './query.ts';
import type { GraphqlContext, ResolverTable } from './resolver.ts';
import { githubSchema } from './schema.ts';

export interface GraphqlServer {
  readonly lacks: readonly string[];
}

/** @param lacks fields that the server does not have, as `Type.field` */
export function createGraphqlServer(lacks: readonly string[]): GraphqlServer {
  // A misspelt field is told at once, not at the first query.
  if (lacks.length > 0) githubSchema(lacks);
  return { lacks };
}

const RESOLVERS: ResolverTable = { ...queryResolvers, ...peopleResolvers, ...gitResolvers, ...deploymentResolvers, ...issueResolvers };

const READ_CONTENTS: Needed = { permission: 'contents', level: 'read' };
const READ_DEPLOYMENTS: Needed = { permission: 'deployments', level: 'read' };
const READ_ACTIONS: Needed = { permission: 'actions', level: 'read' };
const READ_ISSUES: Needed = { permission: 'issues', level: 'read' };
const READ_PULL_REQUESTS: Needed = { permission: 'pull-requests', level: 'read' };

/** What a token needs for a field. What is not here needs nothing beyond the repository itself. */
const NEEDS: Readonly<Record<string, Needed>> = {
  'Repository.object': READ_CONTENTS,
  'Repository.ref': READ_CONTENTS,
  'Repository.refs': READ_CONTENTS,
  'Repository.defaultBranchRef': READ_CONTENTS,
  'Repository.deployments': READ_DEPLOYMENTS,
  'Commit.deployments': READ_DEPLOYMENTS,
  'Repository.environment': READ_ACTIONS,
  'Repository.environments': READ_ACTIONS,
  'Commit.checkSuites': { permission: 'checks', level: 'read' },
  'CheckSuite.workflowRun': READ_ACTIONS,
  'WorkflowRun.deploymentReviews': READ_ACTIONS,
  'WorkflowRun.pendingDeploymentRequests': READ_ACTIONS,
  'Repository.issue': READ_ISSUES,
  'Repository.issues': READ_ISSUES,
  'Repository.label': READ_ISSUES,
  'Repository.pullRequest': READ_PULL_REQUESTS,
  'Repository.pullRequests': READ_PULL_REQUESTS,
  'Commit.associatedPullRequests': READ_PULL_REQUESTS,
  'Ref.associatedPullRequests': READ_PULL_REQUESTS,
};

const resolveField: GraphQLFieldResolver<unknown, GraphqlContext> = (source, args, context, info) => {
  const field = `${info.parentType.name}.${info.fieldName}`;
  const needed = NEEDS[field];
  if (needed !== undefined && !mayDo(context.state, context.identity, needed))
    throw githubError('FORBIDDEN', 'Resource not accessible by integration');
  const resolver = RESOLVERS[info.parentType.name]?.[info.fieldName];
  if (resolver !== undefined) return resolver(source as never, args as never, context);
  const value = (source as Readonly<Record<string, unknown>> | undefined)?.[info.fieldName];
  if (value === undefined) throw new NotServed(`the field ${field} is not served`);
  return typeof value === 'function' ? (value as () => unknown)() : value;
};

/** The name of the operation that a request's body asks for; `null` when it has none. */
export function operationNameOf(body: unknown): string | null {
  const { operationName, query } = (typeof body === 'object' && body !== null ? body : {}) as { operationName?: unknown; query?: unknown };
  if (typeof operationName === 'string') return operationName;
  return /\b(?:query|mutation)\s+(\w+)/.exec(String(query ?? ''))?.[1] ?? null;
}

interface Prepared {
  readonly document: DocumentNode;
  readonly problems: readonly string[];
}

/** Parsing and validating take longer than executing, and the same query comes again and again. */
const prepared = new Map<string, Prepared>();

function prepare(schema: GraphQLSchema, text: string): Prepared {
  const known = prepared.get(text);
  if (known !== undefined) return known;
  let document: DocumentNode;
  try {
    document = parse(text);
  } catch (error) {
    throw mistake([error instanceof Error ? error.message : String(error)]);
  }
  const made = { document, problems: validate(schema, document).map((error) => error.message) };
  prepared.set(text, made);
  return made;
}

/**
 * What a query that is too costly gets: GitHub stops somewhere, and says so. Where it stops is not described; here it is in the middle of the repository's
 * fields (source: anuraghazra/github-readme-stats#4916, charmbracelet/markscribe#103).
 */
function inPart(data: unknown): Reply {
  const all = structuredClone(data) as { repository?: Record<string, unknown> | null } | null;
  const fields = Object.keys(all?.repository ?? {});
  const lost = fields.slice(Math.floor(fields.length / 2));
  for (const field of lost) if (all?.repository) all.repository[field] = null;
  const path = ['repository', ...lost.slice(0, 1)];
  return {
    status: 200,
    body: { data: all, errors: [{ type: 'RESOURCE_LIMITS_EXCEEDED', path, message: 'Resource limits for this query exceeded.' }] },
  };
}

function badGateway(): Reply {
  return { status: 502, body: { message: 'We couldn’t respond to your request in time. Sorry about that.' } };
}

/** The client's mistake, told as a violation by whoever calls. */
function mistake(problems: readonly string[]): Violation {
  return new Violation(`the query is not as GitHub's schema allows: ${problems.join('; ')}`);
}

interface Asked {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
}

function readBody(body: unknown): Asked {
  if (typeof body !== 'object' || body === null) throw mistake(['the body is no JSON object']);
  const { query, variables, operationName, ...rest } = body as Record<string, unknown>;
  if (typeof query !== 'string') throw mistake(['the body has no "query"']);
  if (Object.keys(rest).length > 0) throw mistake([`the body has an unknown ${Object.keys(rest).join(', ')}`]);
  return {
    text: query,
    variables: (variables ?? {}) as Record<string, unknown>,
    operationName: typeof operationName === 'string' ? operationName : null,
  };
}

/** Answers `POST /graphql`. @throws when the query breaks the schema or GitHub's limits, or asks for what is not served */
export async function answerGraphql(server: GraphqlServer, context: Context, body: unknown): Promise<Reply> {
  const asked = readBody(body);
  const full = githubSchema();
  const { document, problems } = prepare(full, asked.text);
  if (problems.length > 0) throw mistake(problems);
  const operation = getOperationAST(document, asked.operationName);
  if (operation == null) throw mistake(['it is not clear which operation is meant']);
  const schema = githubSchema(server.lacks);
  const unknown = server.lacks.length === 0 ? [] : validate(schema, document);
  if (unknown.length > 0) return { status: 200, body: { errors: unknown.map(undefinedField) } };
  return run(schema, document, operation, asked, context);
}

/** How a server that lacks a field says so. */
function undefinedField(error: GraphQLError): unknown {
  const [, fieldName = '', typeName = ''] = /^Cannot query field "(\w+)" on type "(\w+)"/.exec(error.message) ?? [];
  return {
    path: ['query', fieldName],
    extensions: { code: 'undefinedField', typeName, fieldName },
    locations: error.locations,
    message: `Field '${fieldName}' doesn't exist on type '${typeName}'`,
  };
}

async function run(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  asked: Asked,
  context: Context,
): Promise<Reply> {
  const cost = queryCost(schema, document, operation, asked.variables);
  if (cost.problems.length > 0) throw mistake(cost.problems);
  context.identity.used.graphql += cost.points;
  const contextValue: GraphqlContext = { ...context, cost };
  const result = await execute({
    schema,
    document,
    contextValue,
    variableValues: asked.variables,
    operationName: asked.operationName,
    fieldResolver: resolveField as GraphQLFieldResolver<unknown, unknown>,
    typeResolver: (value) => (value as { __typename?: string }).__typename,
  });
  const errors = result.errors ?? [];
  for (const error of errors) throwOwn(error);
  if (cost.nodes > context.place.mostNodes) return context.place.tooCostly === 502 ? badGateway() : inPart(result.data ?? null);
  return { status: 200, body: { data: result.data ?? null, ...(errors.length === 0 ? {} : { errors: errors.map(githubShape) }) } };
}

/** Errors that GitHub would not report are the sandbox's or the client's. */
function throwOwn(error: GraphQLError): void {
  if (error.extensions['type'] !== undefined) return;
  throw error.originalError instanceof NotServed
    ? error.originalError
    : mistake([`${error.message}${error.path === undefined ? '' : ` at ${error.path.join('.')}`}`]);
}

function githubShape(error: GraphQLError): unknown {
  const { type, ...extensions } = error.extensions;
  return {
    type,
    path: error.path,
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
    locations: error.locations,
    message: error.message,
  };
}
