/** Why a rehearsal could not take place: a closed list. Nothing of it says anything about the migration. */
export const IMPOSSIBLE = {
  cancelled: 'The job was cancelled.',
  unsupported: 'There is no engine for the kind of database, or it lacks what was asked for.',
  server_missing: 'No database server could be found, started or reached.',
  server_version: 'The server has another major version than the one that the data comes from or the pipeline file names.',
  snapshot_failed: 'The snapshot could not be fetched: its command failed or took too long.',
  snapshot_unreadable: 'What was fetched cannot be restored: truncated, encrypted, or of another kind of database.',
  snapshot_empty: 'After restoring there is no table with a row.',
  snapshot_expired: 'The snapshot is older than the pipeline file allows.',
  masking_invalid: 'The masking file cannot be read, or contradicts itself or the schema.',
  masking_incomplete: 'A column is declared neither keep, mask nor null.',
  masking_impossible: 'A value cannot be masked as declared without breaking a constraint.',
  leak: 'A value of a masked column was found elsewhere after masking.',
  checks_invalid: 'The file with the checks cannot be read.',
  checkout: 'Another commit than the candidate is checked out, or its migrations were changed in the checkout.',
  disk: 'There is not enough disk for the copies.',
} as const satisfies Readonly<Record<string, string>>;

export type Impossibility = keyof typeof IMPOSSIBLE;
