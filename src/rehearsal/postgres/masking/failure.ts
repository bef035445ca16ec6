import pg from 'pg';
import { RehearsalImpossible } from '../../database.ts';
import { withNames } from '../failure.ts';

/** What the conditions mean that masked values can run into, by SQLSTATE. */
const MEANINGS: Readonly<Record<string, string>> = {
  '22001': 'a masked value is too long',
  '22003': 'a masked number is out of range',
  '22007': 'a masked date is out of range',
  '22008': 'a masked date is out of range',
  '23502': 'NULL is not allowed',
  '23503': 'a value has no partner on the other side of the foreign key',
  '23505': 'two different values got the same mask',
  '23514': 'a masked value is not what the constraint allows, or no partition takes it',
  '23P01': 'masked values exclude each other',
  '42501': 'the role that rehearses may not do it; it must own the table or be superuser',
  '53100': 'the disk is full',
  '57014': 'it was cancelled',
};

/**
 * Runs one step. Of what the server says of a failure, only the condition is passed on, and the names that stand in `what`.
 * @throws RehearsalImpossible
 */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    throw new RehearsalImpossible(
      error.code === '53100' ? 'disk' : 'masking_impossible',
      `Masking stopped: ${what}: ${told(error, what)}.`,
    );
  }
}

/** @param what names the table, as the masking file does */
function told(error: pg.DatabaseError, what: string): string {
  return withNames(error, MEANINGS[error.code ?? ''] ?? 'the server refused it', what);
}
