import type { Context } from '../context.ts';
import type { GitCommit, GitTag, ObjectInfo, TreeEntry } from '../git-repository.ts';
import type { Environment, Run, User } from '../state.ts';
import type { QueryCost } from './limits.ts';

export interface GraphqlContext extends Context {
  readonly cost: QueryCost;
}

/** Answers one field. What a source is depends on the type; the tables below say it. */
export type Resolver<Source> = (source: Source, args: never, context: GraphqlContext) => unknown;
export type Fields<Source> = Readonly<Record<string, Resolver<Source>>>;
export type ResolverTable = Readonly<Record<string, Fields<never>>>;

export interface CommitSource {
  readonly __typename: 'Commit';
  readonly commit: GitCommit;
}
export interface BlobSource {
  readonly __typename: 'Blob';
  readonly info: ObjectInfo;
}
export interface TreeSource {
  readonly __typename: 'Tree';
  readonly info: ObjectInfo;
}
export interface TagSource {
  readonly __typename: 'Tag';
  readonly tag: GitTag;
}
export type ObjectSource = CommitSource | BlobSource | TreeSource | TagSource;

export interface EntrySource {
  readonly entry: TreeEntry;
  readonly path: string;
}

export interface RefSource {
  readonly __typename: 'Ref';
  /** Full name. */
  readonly name: string;
  readonly oid: string;
}

/** A user or a bot, where an actor is asked for. */
export interface ActorSource {
  readonly __typename: 'User' | 'Bot';
  readonly user: User;
}

export interface RunSource {
  readonly __typename: 'WorkflowRun';
  readonly run: Run;
}

export interface EnvironmentSource {
  readonly __typename: 'Environment';
  readonly environment: Environment;
}
