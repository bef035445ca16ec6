import { LockLedger } from './ledger.ts';
import { kindOf } from './words.ts';

/** Longest text that is kept of a statement until it is told without literals, characters. */
const KEPT = 64_000;

/** A statement as it passes; times in milliseconds of the observation's clock. */
export interface Statement {
  /** With literals: never leaves the observation. */
  readonly text: string;
  readonly connection: number;
  readonly transaction: Transaction;
  readonly began: number;
  /** When its connection was done with the one before it, and held no lock any more of a transaction before it. */
  readonly after: number;
  kind: string;
  /** When the server was done with it; `null` while it is not, or when it was never run. */
  ended: number | null;
  seconds: number;
  error: string | null;
  rows: number | null;
  /** Whether the server got to it at all: in a pipeline it skips what follows an error. */
  run: boolean;
  /** Whether the server takes a backslash in a plain literal as one. */
  readonly plain: boolean;
}

export interface Transaction {
  readonly connection: number;
  readonly began: number;
  readonly locks: LockLedger;
  readonly statements: Statement[];
  /** Shapes of statements whose locks were read in it. */
  readonly seen: Set<string>;
  /** Whether something ran since its locks were looked at. */
  unread: boolean;
  block: boolean;
  ended: number | null;
  how: 'commit' | 'rollback' | 'lost';
  /** When what ended it was sent. */
  endSent: number;
}

/** Start-up of one connection of the migration. */
export interface Opening {
  readonly connection: number;
  readonly settings: ReadonlyMap<string, string>;
}

/** Everything that passed, in the order in which it began. */
export class Journal {
  readonly statements: Statement[] = [];
  readonly transactions: Transaction[] = [];
  readonly openings: Opening[] = [];
  readonly blind = new Set<string>();
  private readonly begun = performance.now();
  /** Epoch milliseconds. */
  readonly begunAt = Date.now();

  /** Milliseconds since observation began. */
  now(): number {
    return performance.now() - this.begun;
  }

  openTransaction(connection: number): Transaction {
    const transaction: Transaction = {
      connection,
      began: this.now(),
      locks: new LockLedger(),
      statements: [],
      seen: new Set(),
      unread: false,
      block: false,
      ended: null,
      how: 'lost',
      endSent: this.now(),
    };
    this.transactions.push(transaction);
    return transaction;
  }

  openStatement(transaction: Transaction, text: string, plain: boolean, before: Statement | null): Statement {
    const began = this.now();
    const statement: Statement = {
      text: text.length > KEPT ? text.slice(0, KEPT) : text,
      connection: transaction.connection,
      transaction,
      began,
      after: before === null ? 0 : (before.transaction.ended ?? before.ended ?? began),
      kind: kindOf(text),
      ended: null,
      seconds: 0,
      error: null,
      rows: null,
      run: true,
      plain,
    };
    this.statements.push(statement);
    transaction.statements.push(statement);
    return statement;
  }

  closeTransaction(transaction: Transaction, how: 'commit' | 'rollback' | 'lost'): void {
    if (transaction.ended !== null) return;
    transaction.ended = this.now();
    transaction.how = how;
    transaction.locks.release(Math.min(transaction.endSent, transaction.ended), transaction.ended);
  }
}
