/**
 * What a client of the load does in a thread of its own: SQLite's calls do not return before they have their lock. It is text, because a
 * bundle has no file that a thread could start from. It says when each operation begins and ends, in epoch milliseconds.
 */
export const LOAD_CLIENT = `
const { DatabaseSync } = require('node:sqlite');
const { parentPort, workerData } = require('node:worker_threads');
const { path, plan, tables, script, timeout, pace, holds, pauses } = workerData;
const now = () => performance.timeOrigin + performance.now();
const pick = (all) => all[Math.floor(Math.random() * all.length)];
let turn = Math.floor(Math.random() * 1000);
const next = (all) => all[turn++ % all.length];
let database = null;
let prepared = new Map();
let stopped = false;
parentPort.on('message', () => { stopped = true; });
function open() {
  if (database === null) database = new DatabaseSync(path, { timeout, enableForeignKeyConstraints: false });
  return database;
}
function statement(sql) {
  if (!prepared.has(sql)) prepared.set(sql, open().prepare(sql));
  return prepared.get(sql);
}
function attempt(kind, relation, work) {
  let problem = null;
  parentPort.postMessage({ begins: now(), kind, relation });
  try {
    work();
  } catch (error) {
    problem = { code: error.errcode ?? 0, message: String(error.message) };
  }
  parentPort.postMessage({ ended: now(), problem });
  return problem === null;
}
const read = (table) => attempt('read', table.name, () => statement(table.read).all(...pick(table.keys)));
const write = (table) => attempt('write', table.name, () => statement(table.write).run(...pick(table.keys)));
const run = (sql) => { open().exec(sql); };
function undo() {
  try { if (database?.isTransaction) database.exec('ROLLBACK'); } catch {}
  prepared = new Map();
}
const plans = {
  reader: () => (read(next(tables)) ? pace : null),
  writer: () => {
    const several = tables.length > 1 && turn % 2 === 0;
    if (!several) return write(next(tables)) ? pace : null;
    turn += 1;
    if (!attempt('write', tables[0].name, () => run('BEGIN IMMEDIATE'))) return null;
    for (const table of tables.slice(0, 3)) if (!write(table)) return null;
    return attempt('write', tables[0].name, () => run('COMMIT')) ? 4 * pace : null;
  },
  'long reader': async () => {
    run('BEGIN');
    for (const table of tables) if (!read(table)) return null;
    await new Promise((resolve) => setTimeout(resolve, holds));
    run('COMMIT');
    return pauses;
  },
  script: () => (attempt('script', 'the script', () => run(script)) && !database.isTransaction ? 4 * pace : null),
};
(async () => {
  while (!stopped) {
    let wait = null;
    try { wait = await plans[plan](); } catch {}
    if (wait === null) undo();
    await new Promise((resolve) => setTimeout(resolve, wait ?? 10 * pace));
  }
  undo();
  database?.close();
  parentPort.close();
})();
`;
