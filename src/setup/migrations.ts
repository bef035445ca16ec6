import { directoryOf, findFile, findFiles, inDirectory, shellWord } from './files.ts';
import type { Database, Migrations, MigrationTool, RepositoryFiles, Tool } from './repository.ts';
import { MIGRATION_TOOLS } from './repository.ts';

interface Found {
  readonly evidence: string;
  readonly migrate: string;
  readonly rollback: string | null;
}

type Finder = (files: RepositoryFiles, tools: readonly Tool[]) => Found | null;

const FINDERS: Readonly<Record<MigrationTool, Finder>> = {
  prisma: (files, tools) => {
    const evidence = findFile(files, /(?:^|\/)schema\.prisma$|(?:^|\/)prisma\/migrations\/migration_lock\.toml$/);
    if (evidence === null) return null;
    const directory = packageAbove(files, evidence);
    return { evidence, migrate: after(tools, NODE, inDirectory(directory, `${runner(tools)} prisma migrate deploy`)), rollback: null };
  },
  rails: (files, tools) => {
    const evidence = findFile(files, /(?:^|\/)bin\/rails$/);
    if (evidence === null || findFile(files, /(?:^|\/)config\/application\.rb$/) === null) return null;
    const directory = directoryOf(directoryOf(evidence));
    const run = (task: string) => after(tools, ['bundler'], inDirectory(directory, `bin/rails ${task}`));
    return { evidence, migrate: run('db:migrate'), rollback: run('db:rollback') };
  },
  alembic: (files, tools) => {
    const evidence = findFile(files, /(?:^|\/)alembic\.ini$/);
    if (evidence === null) return null;
    const python = tools.find((tool) => PYTHON.includes(tool.name))?.name;
    const command = python === 'poetry' || python === 'uv' ? `${python} run alembic` : 'alembic';
    const run = (task: string) => after(tools, PYTHON, inDirectory(directoryOf(evidence), `${command} ${task}`));
    return { evidence, migrate: run('upgrade head'), rollback: run('downgrade -1') };
  },
  goose: (files) => {
    const evidence = findFiles(files, /\.sql$/).find((path) => /^--\s*\+goose\s+up/im.test(files.read(path) ?? ''));
    if (evidence === undefined) return null;
    const version = goModules(files).match(/github\.com\/pressly\/goose\/v3\s+(v[\w.+-]+)/)?.[1];
    const command = version === undefined ? 'goose' : `go run github.com/pressly/goose/v3/cmd/goose@${version}`;
    const driver = databaseOf(files) === 'mysql' ? 'mysql' : databaseOf(files) === 'sqlite' ? 'sqlite3' : 'postgres';
    const run = (task: string) => `${command} -dir ${shellWord(directoryOf(evidence) || '.')} ${driver} "$DATABASE_URL" ${task}`;
    return { evidence, migrate: run('up'), rollback: run('down') };
  },
  knex: (files, tools) => {
    const evidence = findFile(files, /(?:^|\/)knexfile\.[cm]?[jt]s$/);
    if (evidence === null) return null;
    const run = (task: string) => after(tools, NODE, inDirectory(directoryOf(evidence), `${runner(tools)} knex migrate:${task}`));
    return { evidence, migrate: run('latest'), rollback: run('rollback') };
  },
  flyway: (files, tools) => {
    const evidence = findFile(files, /(?:^|\/)flyway\.(?:conf|toml)$|(?:^|\/)V\d[\d._]*__[^/]+\.sql$/);
    if (evidence === null) return null;
    const built = tools.find((tool) => tool.name === 'maven' || tool.name === 'gradle');
    if (built === undefined) return { evidence, migrate: 'flyway migrate', rollback: null };
    const script = files.paths.includes('mvnw') ? './mvnw' : 'mvn';
    const gradle = files.paths.includes('gradlew') ? './gradlew' : 'gradle';
    return {
      evidence,
      migrate: built.name === 'maven' ? `${script} --batch-mode flyway:migrate` : `${gradle} flywayMigrate`,
      rollback: null,
    };
  },
  sql: (files) => {
    const evidence = findFile(files, /(?:^|\/)(?:migrations?|db\/migrate)\/[^/]+\.sql$/);
    if (evidence === null) return null;
    // Where files come in pairs, those that go back are not applied.
    const pattern = `${shellWord(directoryOf(evidence))}/${findFile(files, /\.up\.sql$/) === null ? '*' : '*.up'}.sql`;
    const apply = 'psql "$DATABASE_URL" --no-psqlrc --set ON_ERROR_STOP=1 --single-transaction --file "$file"';
    return { evidence, migrate: `for file in ${pattern}; do ${apply} || exit 1; done`, rollback: null };
  },
};

const NODE: readonly Tool['name'][] = ['pnpm', 'yarn', 'npm'];
const PYTHON: readonly Tool['name'][] = ['poetry', 'uv', 'pip'];

/** How the repository migrates its database; `null` when nothing tells. */
export function findMigrations(files: RepositoryFiles, tools: readonly Tool[]): Migrations | null {
  for (const tool of MIGRATION_TOOLS) {
    const found = FINDERS[tool](files, tools);
    if (found !== null) return { tool, ...found, folder: folderOf(files, tool, found.evidence), database: databaseOf(files) };
  }
  return null;
}

/** A migration of each tool, and the folder that it lies in. */
const MIGRATION_FILES: Readonly<Record<MigrationTool, RegExp>> = {
  prisma: /^((?:.*\/)?migrations)\/(?:migration_lock\.toml|[^/]+\/migration\.sql)$/,
  rails: /^((?:.*\/)?db\/migrate)\/[^/]+\.rb$/,
  alembic: /^((?:.*\/)?versions)\/[^/]+\.py$/,
  goose: /^(.+)\/[^/]+\.sql$/,
  knex: /^((?:.*\/)?migrations)\/[^/]+\.[cm]?[jt]s$/,
  flyway: /^(.+)\/V\d[\d._]*__[^/]+\.sql$/,
  sql: /^(.+)\/[^/]+\.sql$/,
};

/** A folder whose name the pipeline file would not take, or a shell not as it is, is not named at all. */
function folderOf(files: RepositoryFiles, tool: MigrationTool, evidence: string): string | null {
  const pattern = MIGRATION_FILES[tool];
  const paths = tool === 'goose' || tool === 'sql' ? [evidence] : findFiles(files, pattern);
  const folders = paths.flatMap((path) => pattern.exec(path)?.[1] ?? []);
  return folders.find((folder) => /^[\w.@+-]+(?:\/[\w.@+-]+)*$/.test(folder)) ?? null;
}

/** A command after what brings in the tool that it calls. */
function after(tools: readonly Tool[], names: readonly Tool['name'][], command: string): string {
  const install = tools.find((tool) => names.includes(tool.name))?.install ?? null;
  return install === null ? command : `${install} && ${command}`;
}

/** What runs a package's command. */
function runner(tools: readonly Tool[]): string {
  const name = tools.find((tool) => NODE.includes(tool.name))?.name;
  return name === 'pnpm' ? 'pnpm exec' : name === 'yarn' ? 'yarn' : 'npx';
}

/** The nearest directory above a file that is a package; the root when there is none. */
function packageAbove(files: RepositoryFiles, path: string): string {
  for (let directory = directoryOf(path); directory !== ''; directory = directoryOf(directory)) {
    if (files.paths.includes(`${directory}/package.json`)) return directory;
  }
  return '';
}

function goModules(files: RepositoryFiles): string {
  return findFiles(files, /(?:^|\/)go\.mod$/)
    .map((path) => files.read(path) ?? '')
    .join('\n');
}

/** Files that name the database, and the words by which they do. */
const NAMING =
  /(?:^|\/)(?:schema\.prisma|package\.json|requirements[^/]*\.txt|pyproject\.toml|Gemfile|database\.yml|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|alembic\.ini|flyway\.(?:conf|toml)|knexfile\.[cm]?[jt]s)$/;
const WORDS: readonly (readonly [Database, RegExp])[] = [
  ['postgres', /postgres|psycopg|asyncpg|jackc\/pgx|lib\/pq|["']pg["']/i],
  ['mysql', /mysql|mariadb/i],
  ['sqlite', /sqlite/i],
];

/** The database that the repository's files name; with several, the first of PostgreSQL, MySQL and SQLite. */
function databaseOf(files: RepositoryFiles): Database | null {
  const texts = findFiles(files, NAMING).map((path) => files.read(path) ?? '');
  return WORDS.find(([, word]) => texts.some((text) => word.test(text)))?.[0] ?? null;
}
