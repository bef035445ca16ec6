/** What the masking file says, read and checked as to shape. Whether the columns exist is known only beside the data. */
export interface MaskingRules {
  /** Path of the file, for messages. */
  readonly path: string;
  /** `sha256:…` of the file. */
  readonly file: string;
  /** By `schema.table`, then by column; `*` is every column of the table that is not named. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, ColumnRule>>;
  /** What becomes of large objects; `null`: nobody said. */
  readonly largeObjects: 'keep' | 'drop' | null;
  /** Whether a person has looked at the schema's own texts: comments, defaults, definitions. */
  readonly schemaReviewed: boolean;
  /** What only the default branch's file names, as `schema.table.column`: a candidate that it is newer than need not have it. */
  readonly optional?: ReadonlySet<string>;
  /** Key of the HMACs; never printed. */
  readonly key: Uint8Array;
}

/** The rule for every column of a table that is not named. */
export const ALL_OTHERS = '*';

/** What becomes of a column. `line` is where the file says so. */
export type ColumnRule =
  /** `reviewed`: a person has looked at what is in it, so what merely looks personal is no leak. */
  | { readonly rule: 'keep'; readonly reviewed: boolean; readonly line: number }
  | { readonly rule: 'null'; readonly line: number }
  | { readonly rule: 'mask'; readonly as: MaskKind; readonly domain: string | null; readonly line: number };

/** What a masked value still is, and what each means to the reader of `docs/masking.md`, which is generated from here. */
export const MASK_KINDS = {
  auto: 'Found from the column’s type and name. What `mask` alone means.',
  text: 'Letters and digits, as many signs as the value has.',
  name: 'One or two pronounceable words that are no names.',
  email: 'An address at `example.com`, which belongs to nobody.',
  phone: 'A number that begins with 999, a country code that nobody has; with `+` where the value has one.',
  number: 'As many digits as the value has, with its sign and its decimal places. In a unique column anything that fits.',
  digits: 'Every digit becomes a digit and every letter a letter; everything between them stays.',
  date: 'Another day of the same year; for instants another time too.',
  uuid: 'Another UUID.',
  json: 'Texts and numbers inside are masked; keys, lists, `true`, `false` and `null` stay.',
  bytes: 'As many other bytes.',
  address: 'A house number and a street that does not exist.',
  card: 'Digits that begin with 9, which no card network uses, with a valid check digit.',
} as const satisfies Readonly<Record<string, string>>;

export type MaskKind = keyof typeof MASK_KINDS;

/** A column that the masking file names and the data does not have. */
export interface PendingColumn {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** What masking did. Holds no value of the data. */
export interface MaskingReport {
  /** `sha256:…` of the masking file. */
  readonly file: string;
  readonly columns: { readonly keep: number; readonly mask: number; readonly null: number };
  readonly rows: number;
  readonly seconds: number;
  /** What the scan for leaks looked through. */
  readonly scan: { readonly columns: number; readonly values: number; readonly canaries: number; readonly seconds: number };
  /** Declared columns that the data does not have: the candidate's own migrations must bring them. `schema.table.column`. */
  readonly pending: readonly PendingColumn[];
}
