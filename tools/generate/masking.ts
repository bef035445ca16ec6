import * as z from 'zod/mini';
import { MASK_KINDS } from '../../src/rehearsal/masking/rules.ts';
import { maskingSchema } from '../../src/rehearsal/masking/schema.ts';
import { fillRegions } from './io-tables.ts';

/** `docs/masking.md`: the table of what a masked value can be. */
export function maskingDocs(present: string): string {
  const rows = Object.entries(MASK_KINDS).map(([kind, meaning]) => `| \`${kind}\` | ${meaning} |`);
  return fillRegions(present, { kinds: ['| kind | the masked value |', '| --- | --- |', ...rows].join('\n') });
}

/** `schema/masking.schema.json`: the reader's own schema, for editors. */
export function maskingJsonSchema(): string {
  const made = z.toJSONSchema(maskingSchema, { target: 'draft-7', io: 'input' });
  const description = 'What becomes of every column of the data before anything is rehearsed on it.';
  return `${JSON.stringify({ title: 'Masking file of promote-action', description, ...made }, null, 2)}\n`;
}
