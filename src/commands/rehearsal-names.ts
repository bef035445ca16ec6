import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Rehearsal } from '../pipeline/model.ts';
import { KnownNames } from '../rehearsal/known-names.ts';
import type { RehearsalFiles } from './rehearsal-files.ts';

/** Where migrations lie, and a schema is declared, when the pipeline file does not say. */
const USUAL_FOLDER = /^(?:migrations?|migrate|alembic)$/i;
const USUAL_FILE = /^(?:schema|structure)\.(?:sql|rb|prisma)$/i;
/** Neither the team's own nor worth the time. */
const OTHERS = /^(?:node_modules|vendor|dist|build|target|\..*)$/;
/** A file that is larger holds data. */
const LARGEST_FILE = 1_000_000;
const MOST_FILES = 5000;
const DEEPEST = 8;

/**
 * The names that the team's own files spell: those of masking, checks and load, and the migrations. Where the pipeline file names no migrations,
 * files in the usual places are read, and those that its commands name. What the migration's statements spell comes with them.
 * @param workspace path of the checkout
 */
export function namesOfTeam(
  workspace: string,
  rules: Rehearsal,
  files: Pick<RehearsalFiles, 'masking' | 'checks' | 'loadScript'>,
): KnownNames {
  const names = new KnownNames();
  for (const [table, columns] of files.masking?.tables ?? []) names.add(table, ...columns.keys());
  for (const { sql } of [...(files.checks?.invariants ?? []), ...(files.checks?.lookups ?? [])]) names.spellSql(sql);
  names.add(...(files.checks?.rowChanges.keys() ?? []));
  if (files.loadScript !== null) names.spellSql(files.loadScript);
  const snapshot = rules.snapshot?.file === undefined || rules.snapshot.file === null ? null : resolve(workspace, rules.snapshot.file);
  for (const path of new Set(filesOf(workspace, rules))) if (path !== snapshot) spell(names, path);
  return names;
}

function filesOf(workspace: string, { migrate, rollback, migrations }: Rehearsal): readonly string[] {
  const inCommands = `${migrate} ${rollback || ''}`.split(/[\s"'`;&|()<>=]+/).filter((word) => /^[\w@./-]+\.\w+$/.test(word));
  const own = [...migrations, ...inCommands]
    .map((path) => resolve(workspace, path))
    .filter((path) => path.startsWith(`${resolve(workspace)}/`));
  return [...own.flatMap((path) => within(path)), ...(migrations.length > 0 ? [] : usual(workspace, 0))].slice(0, MOST_FILES);
}

function usual(folder: string, depth: number): readonly string[] {
  return entriesOf(folder, depth).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return USUAL_FOLDER.test(entry.name) ? within(path) : usual(path, depth + 1);
    return entry.isFile() && USUAL_FILE.test(entry.name) ? [path] : [];
  });
}

function within(path: string, depth = 0): readonly string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return entriesOf(path, depth).flatMap((entry) => {
    if (entry.isDirectory()) return within(join(path, entry.name), depth + 1);
    return entry.isFile() ? [join(path, entry.name)] : [];
  });
}

/** No link is followed: it may lead to the data. */
function entriesOf(folder: string, depth: number): readonly Dirent[] {
  if (depth > DEEPEST) return [];
  return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !OTHERS.test(name));
}

function spell(names: KnownNames, path: string): void {
  if (statSync(path).size > LARGEST_FILE) return;
  const text = readFileSync(path, 'utf8');
  if (text.includes('\0')) return;
  if (/\.sql$/i.test(path)) names.spellSql(text);
  else names.spellText(text);
}
