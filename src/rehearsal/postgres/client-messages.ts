import { meaningOf } from './sqlstates.ts';

/**
 * What a client program such as pg_restore says of a failure quotes rows, statements and names from the data. So nothing of it is passed on:
 * it is only searched for what is known, and told in words of our own. The programs run with `LC_ALL=C`, and give no SQLSTATE.
 */
const SERVER_SAID: readonly (readonly [RegExp, sqlstate: string])[] = [
  [/relation .* already exists/, '42P07'],
  [/schema .* already exists/, '42P06'],
  [/already exists/, '42710'],
  [/relation .* does not exist/, '42P01'],
  [/schema .* does not exist/, '3F000'],
  [/(?:function|operator) .* does not exist/, '42883'],
  [/column .* does not exist/, '42703'],
  [/(?:role|type|parameter|extension|collation) .* does not exist|unrecognized configuration parameter/, '42704'],
  [/extension .* is not available|cannot .* in this server/, '0A000'],
  [/extension control file|could not access file/, '58P01'],
  [/duplicate key value|could not create unique index/, '23505'],
  [/violates foreign key/, '23503'],
  [/violates not-null/, '23502'],
  [/violates exclusion|conflicting key value/, '23P01'],
  [/violates check constraint|no partition of relation|is violated by some row/, '23514'],
  [/invalid byte sequence/, '22021'],
  [/invalid input|malformed/, '22P02'],
  [/value too long/, '22001'],
  [/out of range/, '22003'],
  [/division by zero/, '22012'],
  [/permission denied|must be (?:owner|superuser)/, '42501'],
  [/syntax error/, '42601'],
  [/No space left on device/, '53100'],
  [/out of memory|out of shared memory/, '53200'],
  [/canceling statement|lock timeout/, '57014'],
  [/terminating connection|server closed the connection/, '57P01'],
  [/version mismatch/, '0A000'],
];

const PROGRAM_SAID: readonly (readonly [RegExp, string])[] = [
  [/connection to server .* failed|could not connect/, 'it could not reach the server'],
  [/unsupported version/, 'it does not know the version of the archive'],
  [/did not find magic string|does not appear to be a valid archive/, 'what it read is no archive'],
  [
    /unexpected end of file|could not read from input file|corrupt tar header|incomplete tar header|could not uncompress/,
    'it could not read the archive to its end',
  ],
  [/could not open input file|could not open file/, 'a file of the archive cannot be opened'],
  [/No space left on device/, 'the disk is full'],
  [/^spawn /, 'it could not be started'],
];

/** Kinds of entries in an archive, as pg_dump writes them; an entry's name may have been made from data. */
const ENTRY =
  /from TOC entry (\d{1,7}); \d+ \d+ (TABLE DATA|TABLE ATTACH|TABLE|MATERIALIZED VIEW DATA|MATERIALIZED VIEW|VIEW|INDEX ATTACH|INDEX|FK CONSTRAINT|CHECK CONSTRAINT|CONSTRAINT|FUNCTION|PROCEDURE|AGGREGATE|TRIGGER|EVENT TRIGGER|RULE|POLICY|ROW SECURITY|SEQUENCE SET|SEQUENCE|SCHEMA|EXTENSION|TYPE|DOMAIN|COMMENT|DEFAULT|ACL|BLOB|PUBLICATION|STATISTICS)\b/;

/**
 * Why a client program failed, without a word of its own.
 * @param said what it wrote to its standard error
 * @returns to stand behind a colon: `a function or operator is missing for these types (undefined_function) (SQLSTATE 42883), at entry 3345 of the archive (TABLE DATA)`
 */
export function diagnosisOf(said: string): string {
  // The program says where it is before it passes the server's words on, and those may pretend to be the program's.
  const [before = ''] = said.split('ERROR: ');
  const [, entry, kind] = ENTRY.exec(before) ?? [];
  return [causeIn(said), entry && `at entry ${entry} of the archive (${kind})`].filter(Boolean).join(', ');
}

function causeIn(said: string): string {
  // What the server said first is the cause; what follows it may be a row.
  const [server] = /ERROR: .*/.exec(said) ?? [];
  const [, code] = SERVER_SAID.find(([pattern]) => server !== undefined && pattern.test(server)) ?? [];
  if (code !== undefined) return conditionOf(code);
  if (server !== undefined) return 'the server refused a statement';
  const [, program] = PROGRAM_SAID.find(([pattern]) => pattern.test(said)) ?? [];
  return program ?? /^it ended with code \d+$/.exec(said)?.[0] ?? 'for a reason that is not shown, because it may hold values of the data';
}

/** For people: `a table is missing (undefined_table) (SQLSTATE 42P01)`. */
export function conditionOf(code: string): string {
  return `${meaningOf(code)} (SQLSTATE ${code})`;
}
