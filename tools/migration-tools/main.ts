/**
 * Installs one of the migration tools that the tests drive and that npm does not have: `node tools/migration-tools/main.ts alembic`.
 * Prints the folder with its program. What cannot be had fails: a tool that was not driven has not passed.
 */
import { join } from 'node:path';
import { installGoTool, installPythonTools, type Outcome, tools } from '../installing.ts';

const GOOSE = 'github.com/pressly/goose/v3/cmd/goose@v3.29.0';
/** goose brings the drivers of many kinds of databases unless it is told not to. */
const OTHER_DATABASES = ['clickhouse', 'libsql', 'mssql', 'mysql', 'sqlite3', 'spanner', 'vertica', 'ydb'].map((name) => `no_${name}`);
const GOLANG_MIGRATE = 'github.com/golang-migrate/migrate/v4/cmd/migrate@v4.20.1';

interface Tool {
  readonly folder: string;
  readonly install: (folder: string) => Outcome;
}

const TOOLS: Readonly<Record<string, Tool>> = {
  alembic: {
    folder: 'alembic/bin',
    install: (folder) => installPythonTools(join(folder, '..'), join(import.meta.dirname, 'requirements.txt')),
  },
  goose: { folder: GOOSE.split('/').at(-1) ?? '', install: (folder) => installGoTool(folder, GOOSE, OTHER_DATABASES) },
  migrate: { folder: GOLANG_MIGRATE.split('/').at(-1) ?? '', install: (folder) => installGoTool(folder, GOLANG_MIGRATE, ['postgres']) },
};

const [name = ''] = process.argv.slice(2);
const tool = TOOLS[name];
if (tool === undefined) throw new Error(`No tool is called "${name}"; there are ${Object.keys(TOOLS).join(', ')}.`);
const folder = join(tools, tool.folder);
const { passed, output } = tool.install(folder);
if (passed === true) console.log(folder);
else {
  console.error(`${name} could not be installed; python3 with pip and go must be there, and the package registries be reached.\n${output}`);
  process.exitCode = 1;
}
