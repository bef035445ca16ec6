/** The files of a repository, as they lie in its checkout. Paths are relative to its root, with `/`. */
export interface RepositoryFiles {
  readonly paths: readonly string[];
  /** `null` when there is no such file. */
  read(path: string): string | null;
}

export const TOOLS = ['bundler', 'maven', 'gradle', 'go', 'poetry', 'uv', 'pip', 'pnpm', 'yarn', 'npm'] as const;
export type ToolName = (typeof TOOLS)[number];

/** What builds the repository, and how. */
export interface Tool {
  readonly name: ToolName;
  /** The file it was recognised by. */
  readonly evidence: string;
  /** Where that file lies; empty: the root. */
  readonly directory: string;
  /** Brings in what the code needs, run from the root. `null`: nothing is needed. */
  readonly install: string | null;
  /** `null` when there is nothing to build. */
  readonly build: { readonly run: string; readonly artifact: string } | null;
}

export const MIGRATION_TOOLS = ['prisma', 'rails', 'alembic', 'goose', 'knex', 'flyway', 'sql'] as const;
export type MigrationTool = (typeof MIGRATION_TOOLS)[number];

export type Database = 'postgres' | 'mysql' | 'sqlite';

/** How the database is migrated. */
export interface Migrations {
  readonly tool: MigrationTool;
  readonly evidence: string;
  /** Run from the root, with `DATABASE_URL` in its environment. */
  readonly migrate: string;
  readonly rollback: string | null;
  /** Where the migrations lie; `null` when they were not found. */
  readonly folder: string | null;
  /** `null` when nothing in the repository names one. */
  readonly database: Database | null;
}

/** A command that the repository has already, or the one that it should get. */
export interface Script {
  readonly run: string;
  readonly exists: boolean;
}

/** An environment on GitHub. */
export interface ExistingEnvironment {
  readonly name: string;
  /** Logins, or `org/team`. */
  readonly reviewers: readonly string[];
}

/** What GitHub tells of a repository, or why nobody asked. */
export type OnGitHub =
  | { readonly looked: true; readonly environments: readonly ExistingEnvironment[] }
  | { readonly looked: false; readonly why: string };

/** All that is needed to write a repository its first files. */
export interface Described {
  /** The one that builds comes first. */
  readonly tools: readonly Tool[];
  readonly migrations: Migrations | null;
  readonly deploy: Script;
  /** What tries the deployed version. */
  readonly smoke: Script | null;
  /** File that names the version of Node.js. */
  readonly nodeVersionFile: string | null;
  readonly defaultBranch: string;
  readonly github: OnGitHub;
}
