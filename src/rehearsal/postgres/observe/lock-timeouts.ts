import type { Node } from 'libpg-query';
import type { Journal, Opening, Statement } from './journal.ts';
import type { SqlParser } from './parser.ts';

const SETTING = 'lock_timeout';

/** A value in milliseconds; `null`: nobody knows. */
type Value = number | null;

/** What a connection's transaction can take back. */
interface Frame {
  readonly savepoint: string | null;
  readonly session: Value;
  readonly current: Value;
}

/**
 * Works out which `lock_timeout` held when each statement began, from what the connection was opened with and what it set since. Another
 * connection cannot ask.
 * @param byDefault what a new connection of the role to the database has
 */
export function lockTimeouts(journal: Journal, parser: SqlParser, byDefault: number): ReadonlyMap<Statement, Value> {
  const found = new Map<Statement, Value>();
  const openings = new Map(journal.openings.map((opening) => [opening.connection, opening]));
  const connections = new Map<number, SettingOfConnection>();
  for (const statement of journal.statements) {
    const { connection } = statement;
    const setting = connections.get(connection) ?? new SettingOfConnection(initial(openings.get(connection), byDefault));
    connections.set(connection, setting);
    found.set(statement, setting.before(statement));
    if (statement.run) setting.after(statement, parser);
  }
  return found;
}

class SettingOfConnection {
  private readonly reset: Value;
  /** What the session has, and what holds now: `SET LOCAL` changes only the latter. */
  private session: Value;
  private current: Value;
  private stack: Frame[] = [];
  private transaction: Statement['transaction'] | null = null;

  constructor(reset: Value) {
    this.reset = reset;
    this.session = reset;
    this.current = reset;
  }

  before(statement: Statement): Value {
    if (this.transaction !== statement.transaction) {
      this.endTransaction();
      this.transaction = statement.transaction;
      this.stack = [{ savepoint: null, session: this.session, current: this.current }];
    }
    return this.current;
  }

  after(statement: Statement, parser: SqlParser): void {
    if (statement.error !== null) return;
    const { kind, text } = statement;
    if (kind === 'SAVEPOINT') this.stack.push({ savepoint: nameIn(text), session: this.session, current: this.current });
    else if (kind === 'ROLLBACK TO') this.rollBackTo(nameIn(text));
    else if (kind === 'DISCARD') this.set(this.reset, false);
    else if (kind === 'RESET' && /\ball\b/i.test(text)) this.set(this.reset, false);
    else if (text.toLowerCase().includes(SETTING)) this.follow(kind, text, parser);
  }

  private follow(kind: string, text: string, parser: SqlParser): void {
    const change = kind === 'CREATE FUNCTION' || kind === 'CREATE PROCEDURE' || kind.startsWith('ALTER') ? null : changeIn(text, parser);
    if (change === null) return;
    this.set(change.value === 'default' ? this.reset : change.value, change.local);
  }

  private set(value: Value, local: boolean): void {
    this.current = value;
    if (!local) this.session = value;
  }

  private rollBackTo(savepoint: string): void {
    const index = this.stack.findLastIndex((frame) => frame.savepoint === savepoint);
    const frame = this.stack[index];
    if (frame === undefined) return;
    this.session = frame.session;
    this.current = frame.current;
    this.stack = this.stack.slice(0, index + 1);
  }

  private endTransaction(): void {
    const [first] = this.stack;
    if (this.transaction !== null && this.transaction.how !== 'commit' && first !== undefined) this.session = first.session;
    this.current = this.session;
  }
}

interface Change {
  readonly value: Value | 'default';
  readonly local: boolean;
}

/** @returns `null` when the statement leaves the setting alone */
function changeIn(text: string, parser: SqlParser): Change | null {
  let statements: readonly { readonly stmt?: Node }[];
  try {
    statements = parser.parse(text).stmts ?? [];
  } catch {
    return { value: null, local: false };
  }
  const changes = statements.map(({ stmt }) => (stmt === undefined ? null : changeBy(stmt)));
  return changes.findLast((change) => change !== null) ?? null;
}

function changeBy(statement: Node): Change | null {
  if ('VariableSetStmt' in statement) {
    const { kind, name, args = [], is_local: local = false } = statement.VariableSetStmt;
    if (name?.toLowerCase() !== SETTING) return null;
    if (kind === 'VAR_SET_DEFAULT' || kind === 'VAR_RESET') return { value: 'default', local };
    return { value: kind === 'VAR_SET_VALUE' ? constantOf(args[0]) : null, local };
  }
  if ('VariableShowStmt' in statement) return null;
  if ('SelectStmt' in statement) return configured(JSON.stringify(statement), statement);
  // A block of code that speaks of it may have set it.
  return 'DoStmt' in statement || 'CallStmt' in statement ? { value: null, local: false } : null;
}

/** `SELECT set_config('lock_timeout', '5s', false)`. */
function configured(tree: string, statement: Node): Change | null {
  if (!tree.includes('"set_config"')) return null;
  const targets = 'SelectStmt' in statement ? (statement.SelectStmt.targetList ?? []) : [];
  for (const target of targets) {
    const call = 'ResTarget' in target ? target.ResTarget.val : undefined;
    if (call === undefined || !('FuncCall' in call)) continue;
    const [name, value, local] = call.FuncCall.args ?? [];
    if (textOf(name)?.toLowerCase() !== SETTING) continue;
    return { value: constantOf(value), local: JSON.stringify(local ?? {}).includes('"boolval":true') };
  }
  return { value: null, local: false };
}

function constantOf(node: Node | undefined): Value {
  const text = textOf(node);
  return text === null ? null : milliseconds(text);
}

function textOf(node: Node | undefined): string | null {
  if (node === undefined || !('A_Const' in node)) return null;
  const { sval, ival, fval } = node.A_Const;
  if (sval !== undefined) return sval.sval ?? '';
  if (ival !== undefined) return String(ival.ival ?? 0);
  return fval?.fval ?? null;
}

function nameIn(text: string): string {
  return /([^\s;]+)[\s;]*$/.exec(text)?.[1]?.toLowerCase() ?? '';
}

/** From the start-up packet: a parameter of its own, or in `options` as `-c name=value` or `--name=value`. */
function initial(opening: Opening | undefined, byDefault: number): Value {
  const settings = opening?.settings ?? new Map<string, string>();
  const own = [...settings].find(([name]) => name.toLowerCase() === SETTING)?.[1];
  const inOptions = /(?:-c\s*|--)lock[-_]timeout=((?:\\.|\S)+)/gi;
  const option = [...(settings.get('options') ?? '').matchAll(inOptions)].at(-1)?.[1]?.replaceAll(/\\(.)/g, '$1');
  const given = own ?? option;
  return given === undefined ? byDefault : milliseconds(given);
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000, '': 1 };

/** https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES */
export function milliseconds(text: string): Value {
  const found = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(us|ms|s|min|h|d|)\s*$/.exec(text);
  return found === null ? null : Math.round(Number(found[1]) * (UNITS[found[2] ?? ''] ?? 1));
}
