import { closeSync, openSync, readSync } from 'node:fs';
import type { Rewrite } from '../observed.ts';
import { rowsOf, withDatabase } from './driver.ts';
import { fullName } from './tables.ts';

/** From that share of its pages on, a table counts as written anew. */
const MOST = 0.9;
const PIECE = 4 * 2 ** 20;

export interface Changes {
  /** Tables that were there before and of which a page, or one of an index, is another one now; `main.orders`. */
  readonly touched: readonly string[];
  readonly rewrites: readonly Rewrite[];
}

interface Layout {
  readonly pageSize: number;
  /** By page number from 1. */
  readonly ownerOf: ReadonlyMap<number, string>;
  /** By name of a table or an index: the table, and whether it is one itself. */
  readonly objects: ReadonlyMap<string, { readonly table: string; readonly root: number; readonly isTable: boolean }>;
  /** By table: the definitions of it and of everything on it. */
  readonly definitions: ReadonlyMap<string, string>;
}

/**
 * What a migration changed, by comparing all pages with those of before. Nobody may have the file open: reading it past SQLite would
 * take away the locks of whoever in this process has.
 */
export function changesBetween(before: string, after: string): Changes {
  const was = layoutOf(before);
  const is = layoutOf(after);
  const changed = was.pageSize === is.pageSize ? changedPages(before, after, was.pageSize) : null;
  const hit = new Map<string, number>();
  for (const [page, owner] of was.ownerOf) if (changed === null || changed.has(page)) hit.set(owner, (hit.get(owner) ?? 0) + 1);
  const touched = new Set<string>();
  for (const owner of hit.keys()) addTable(touched, was, owner);
  // Pages that were free or did not exist before tell of a table that only grew.
  for (const [page, owner] of is.ownerOf) if (changed?.has(page) === true) addTable(touched, is, owner);
  for (const [table, definition] of was.definitions) if (is.definitions.get(table) !== definition) touched.add(table);
  const there = [...was.objects.values()].filter(({ isTable }) => isTable);
  const rewrites = there.flatMap(({ table, root }) => {
    const pages = [...was.ownerOf.values()].filter((owner) => owner === table).length;
    const moved = is.objects.get(table);
    const anew = (moved !== undefined && moved.root !== root) || (moved !== undefined && (hit.get(table) ?? 0) >= pages * MOST);
    return anew && touched.has(table) ? [{ relation: fullName(table), root: null, bytes: pages * was.pageSize, statement: null }] : [];
  });
  return {
    touched: there
      .map(({ table }) => table)
      .filter((table) => touched.has(table))
      .map(fullName)
      .sort(),
    rewrites,
  };
}

function addTable(touched: Set<string>, layout: Layout, owner: string): void {
  const table = layout.objects.get(owner)?.table;
  if (table !== undefined) touched.add(table);
}

function layoutOf(path: string): Layout {
  return withDatabase(path, { readOnly: true }, (database) => {
    const [size] = rowsOf(database, 'PRAGMA page_size');
    const objects = rowsOf(database, `SELECT name, tbl_name, type, rootpage FROM sqlite_schema WHERE rootpage > 0`);
    const definitions = rowsOf(
      database,
      `SELECT tbl_name, group_concat(sql, char(10) ORDER BY type, name) AS sql FROM sqlite_schema GROUP BY tbl_name`,
    );
    return {
      pageSize: Number(size?.['page_size']),
      ownerOf: new Map(rowsOf(database, 'SELECT pageno, name FROM dbstat').map(({ pageno, name }) => [Number(pageno), String(name)])),
      definitions: new Map(definitions.map(({ tbl_name: table, sql }) => [String(table), String(sql)])),
      objects: new Map(
        objects
          .filter(({ tbl_name: table }) => !String(table).startsWith('sqlite_'))
          .map(({ name, tbl_name: table, type, rootpage }) => [
            String(name),
            { table: String(table), root: Number(rootpage), isTable: type === 'table' },
          ]),
      ),
    };
  });
}

function changedPages(before: string, after: string, pageSize: number): ReadonlySet<number> {
  const changed = new Set<number>();
  const piece = PIECE - (PIECE % pageSize);
  const [was, is] = [Buffer.alloc(piece), Buffer.alloc(piece)];
  const files = [openSync(before, 'r'), openSync(after, 'r')] as const;
  try {
    for (let at = 0; ; at += piece) {
      const old = readSync(files[0], was, 0, piece, at);
      const now = readSync(files[1], is, 0, piece, at);
      if (old === 0 && now === 0) return changed;
      for (let offset = 0; offset < Math.max(old, now); offset += pageSize) {
        const same =
          offset + pageSize <= old &&
          offset + pageSize <= now &&
          was.compare(is, offset, offset + pageSize, offset, offset + pageSize) === 0;
        if (!same) changed.add((at + offset) / pageSize + 1);
      }
    }
  } finally {
    for (const file of files) closeSync(file);
  }
}
