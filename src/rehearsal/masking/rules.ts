/** What the masking file says, read and checked as to shape. Whether the columns exist is known only beside the data. */
export interface MaskingRules {
  /** Path of the file, for messages. */
  readonly path: string;
  /** By `schema.table`, then by column. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, ColumnRule>>;
  /** Key of the HMACs; never printed. */
  readonly key: Uint8Array;
}

/** What becomes of a column. */
export type ColumnRule =
  | { readonly rule: 'keep'; readonly line: number }
  | { readonly rule: 'null'; readonly line: number }
  | { readonly rule: 'mask'; readonly as: MaskKind; readonly domain: string | null; readonly line: number };

/** What a masked value still is. `auto`: found from the column's type and name. */
export type MaskKind =
  | 'auto'
  | 'text'
  | 'name'
  | 'email'
  | 'phone'
  | 'number'
  | 'digits'
  | 'date'
  | 'uuid'
  | 'json'
  | 'bytes'
  | 'address'
  | 'card';

/** What masking did. Holds no value of the data. */
export interface MaskingReport {
  /** `sha256:…` of the masking file. */
  readonly file: string;
  readonly columns: { readonly keep: number; readonly mask: number; readonly null: number };
  readonly rows: number;
  readonly seconds: number;
  /** What the scan for leaks looked through. */
  readonly scan: { readonly columns: number; readonly values: number; readonly canaries: number; readonly seconds: number };
  /** Declared columns that the data does not have: the candidate's own migrations must bring them. */
  readonly pending: readonly { readonly schema: string; readonly table: string; readonly column: string }[];
}
