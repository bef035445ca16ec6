import * as z from 'zod/mini';
import { MASK_KINDS, type MaskKind } from './rules.ts';

/** What a team may write into the masking file, as to shape. `schema/masking.schema.json` is generated from here. */

const name = z.string().check(z.minLength(1), z.maxLength(200));
const kind = z.enum(Object.keys(MASK_KINDS) as [MaskKind, ...MaskKind[]]);
const columnRule = z.union([
  z.enum(['keep', 'mask', 'null']),
  z.null(),
  z.strictObject({ mask: kind, domain: z.optional(name) }),
  z.strictObject({ keep: z.literal('reviewed') }),
]);

export const maskingSchema = z.strictObject({
  version: z.literal(1),
  tables: z.record(z.string(), z.record(z.string(), columnRule)),
  'large-objects': z.optional(z.enum(['keep', 'drop'])),
  'schema-texts': z.optional(z.literal('reviewed')),
});

export type ColumnRuleInput = z.infer<typeof columnRule>;
