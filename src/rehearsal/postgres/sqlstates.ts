import pg from 'pg';

/**
 * What applications and queries meet, by SQLSTATE. Codes and condition names:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const CODES: Readonly<Record<string, readonly [condition: string, meaning: string]>> = {
  '08006': ['connection_failure', 'the connection was lost'],
  '0A000': ['feature_not_supported', 'a prepared statement no longer fits: its columns have other types than when it was prepared'],
  '22001': ['string_data_right_truncation', 'a value is too long for its column'],
  '22003': ['numeric_value_out_of_range', 'a number is too large for its column'],
  '22007': ['invalid_datetime_format', 'a value is no date or time'],
  '22008': ['datetime_field_overflow', 'a date or time is out of range'],
  '22012': ['division_by_zero', 'something is divided by zero'],
  '22P02': ['invalid_text_representation', 'a value does not fit the type of its column'],
  '23502': ['not_null_violation', 'a column that must not be null would be'],
  '23503': ['foreign_key_violation', 'a row that is referred to does not exist, or is still referred to'],
  '23505': ['unique_violation', 'a value that must be unique is there already'],
  '23514': ['check_violation', 'a row does not fit a check'],
  '25006': ['read_only_sql_transaction', 'the database takes no writes'],
  '25P02': ['in_failed_sql_transaction', 'the transaction had failed before'],
  '40001': ['serialization_failure', 'a transaction got in the way of another and has to be repeated'],
  '40P01': ['deadlock_detected', 'a deadlock: it was ended for the others to go on'],
  '42501': ['insufficient_privilege', 'the right to do it is missing'],
  '42601': ['syntax_error', 'the syntax is wrong, or there are several statements where one is allowed'],
  '42702': ['ambiguous_column', 'a column may be that of several tables'],
  '42703': ['undefined_column', 'a column is missing'],
  '42803': ['grouping_error', 'a column stands neither in GROUP BY nor in an aggregate'],
  '42804': ['datatype_mismatch', 'a value has another type than its column'],
  '42809': ['wrong_object_type', 'what was a table is something else'],
  '42883': ['undefined_function', 'a function or operator is missing for these types'],
  '42P01': ['undefined_table', 'a table is missing'],
  '428C9': ['generated_always', 'a column that is written has become a generated one'],
  '53100': ['disk_full', 'the disk is full'],
  '53200': ['out_of_memory', 'the server has no memory left'],
  '53300': ['too_many_connections', 'the server has no connection left'],
  '55000': ['object_not_in_prerequisite_state', 'something is not in the state that it needs'],
  '55P03': ['lock_not_available', 'a lock was not to be had in time'],
  '57014': ['query_canceled', 'a statement was cancelled or took too long'],
  '57P01': ['admin_shutdown', 'the connection was ended by somebody'],
  '21000': ['cardinality_violation', 'a subquery gives several rows where one is allowed'],
  '22004': ['null_value_not_allowed', 'a value is null where it must not be'],
  '22021': ['character_not_in_repertoire', 'a text is not valid in the encoding of the database'],
  '22023': ['invalid_parameter_value', 'a parameter has a value that is not allowed'],
  '22026': ['string_data_length_mismatch', 'a bit string has another length than its column'],
  '2201B': ['invalid_regular_expression', 'a regular expression is not valid'],
  '22P03': ['invalid_binary_representation', 'binary data does not fit the type of its column'],
  '22P04': ['bad_copy_file_format', 'a row of COPY has more or fewer columns than its table, or is malformed'],
  '22P05': ['untranslatable_character', 'a character does not exist in the encoding of the database'],
  '2200H': ['sequence_generator_limit_exceeded', 'a sequence has no number left'],
  '2200N': ['invalid_xml_content', 'a value is no XML'],
  '22032': ['invalid_json_text', 'a value is no JSON'],
  '23001': ['restrict_violation', 'a row is still referred to'],
  '23P01': ['exclusion_violation', 'rows exclude each other'],
  '28P01': ['invalid_password', 'the password is not accepted'],
  '28000': ['invalid_authorization_specification', 'the role may not log in'],
  '2BP01': ['dependent_objects_still_exist', 'something else depends on it'],
  '3D000': ['invalid_catalog_name', 'there is no such database'],
  '3F000': ['invalid_schema_name', 'a schema is missing'],
  '42611': ['invalid_column_definition', 'the definition of a column is not valid'],
  '42622': ['name_too_long', 'a name is too long'],
  '42701': ['duplicate_column', 'a column is there already'],
  '42704': ['undefined_object', 'a role, type, parameter or other object is missing'],
  '42710': ['duplicate_object', 'an object of that name is there already'],
  '42723': ['duplicate_function', 'a function of that name is there already'],
  '42830': ['invalid_foreign_key', 'a foreign key refers to columns that are not unique'],
  '42P06': ['duplicate_schema', 'a schema of that name is there already'],
  '42P07': ['duplicate_table', 'a table or index of that name is there already'],
  '42P16': ['invalid_table_definition', 'the definition of a table is not valid'],
  '42P17': ['invalid_object_definition', 'the definition of an object is not valid'],
  '54001': ['statement_too_complex', 'a statement is nested too deeply'],
  '55006': ['object_in_use', 'something is in use'],
  '58P01': ['undefined_file', 'a file of the server is missing'],
  P0002: ['no_data_found', 'a query in a function found no row'],
  P0003: ['too_many_rows', 'a query in a function found several rows'],
  P0004: ['assert_failure', 'an assertion in a function failed'],
  '57P02': ['crash_shutdown', 'the server crashed'],
  '57P03': ['cannot_connect_now', 'the server takes no connections'],
  P0001: ['raise_exception', 'a function raised an error'],
};

const CLASSES: Readonly<Record<string, string>> = {
  '08': 'the connection failed',
  '28': 'the role may not log in',
  P0: 'a function or trigger failed',
  '22': 'a value does not fit',
  '23': 'a row breaks a constraint',
  '25': 'the transaction is in the wrong state',
  '40': 'the transaction was rolled back',
  '42': 'a statement no longer fits the schema, or a right is missing',
  '53': 'the server lacks resources',
  '54': 'a limit of the server is reached',
  '55': 'something is not in the state that it needs',
  '57': 'somebody intervened',
  '58': 'the system around the server failed',
  XX: 'an internal error of the server',
};

/** For people: `a column is missing (undefined_column)`. */
export function meaningOf(code: string): string {
  const known = CODES[code];
  if (known !== undefined) return `${known[1]} (${known[0]})`;
  return CLASSES[code.slice(0, 2)] ?? 'an error';
}

/** SQLSTATE of whatever a query threw; what the server did not say itself is a lost connection. */
export function sqlstateOf(error: unknown): string {
  return (error instanceof pg.DatabaseError ? error.code : undefined) ?? '08006';
}
