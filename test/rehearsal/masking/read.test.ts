import { describe, expect, it } from 'vitest';
import { RehearsalImpossible } from '../../../src/rehearsal/database.ts';
import { readMaskingRules } from '../../../src/rehearsal/masking/read.ts';

const KEY = Buffer.from('key');

function refused(text: string): RehearsalImpossible {
  try {
    readMaskingRules(text, 'masking.yml', KEY);
  } catch (error) {
    if (error instanceof RehearsalImpossible) return error;
    throw error;
  }
  throw new Error('was read');
}

describe('the masking file', () => {
  it('says what becomes of every column, with the line where it says so', () => {
    const { tables, file, largeObjects, schemaReviewed } = readMaskingRules(
      `version: 1
large-objects: drop
tables:
  public.customers:
    id: keep
    email: mask
    name: { mask: name }
    phone: { mask: phone, domain: phone }
    notes: null
    remarks: 'null'
    bio: { keep: reviewed }
    "*": keep
`,
      'masking.yml',
      KEY,
    );
    expect(Object.fromEntries(tables.get('public.customers') ?? [])).toEqual({
      id: { rule: 'keep', reviewed: false, line: 5 },
      email: { rule: 'mask', as: 'auto', domain: null, line: 6 },
      name: { rule: 'mask', as: 'name', domain: null, line: 7 },
      phone: { rule: 'mask', as: 'phone', domain: 'phone', line: 8 },
      notes: { rule: 'null', line: 9 },
      remarks: { rule: 'null', line: 10 },
      bio: { rule: 'keep', reviewed: true, line: 11 },
      '*': { rule: 'keep', reviewed: false, line: 12 },
    });
    expect({ largeObjects, schemaReviewed }).toEqual({ largeObjects: 'drop', schemaReviewed: false });
    expect(file).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('tells every mistake at once, with its place and the fix', () => {
    const { code, message } = refused(`version: 2
table:
  x: 1
tables:
  customers:
    id: kep
  public.orders:
    note: { mask: emial }
    mail: { mask: email, domein: x }
    list: [keep]
large-objects: delete
`);
    expect(code).toBe('masking_invalid');
    expect(message).toMatch(/masking\.yml:1:10: "version" is 2\. Fix: Write "version: 1"/);
    expect(message).toMatch(/masking\.yml:2:1: "table" is not a key here\. Fix: Did you mean "tables"\?/);
    expect(message).toMatch(/masking\.yml:6:9: "id" is "kep"\. Fix: Write "keep", "mask"/);
    expect(message).toMatch(/masking\.yml:8:19: "mask" is "emial"\. Fix: Write what a masked value still is: auto, text, name, email/);
    expect(message).toMatch(/masking\.yml:9:26: "domein" is not a key here\. Fix: Did you mean "domain"\?/);
    expect(message).toMatch(/masking\.yml:10:11: "list" is a list/);
    expect(message).toMatch(/masking\.yml:11:16: "large-objects" is "delete"\. Fix: Write "keep" or "drop"/);
  });

  it('names tables with their schema', () => {
    expect(refused('version: 1\ntables:\n  customers:\n    id: keep\n').message).toMatch(
      /masking\.yml:3:3: "customers" names no schema\. Fix: Write it as schema\.table, such as public\.customers/,
    );
  });

  it.each(['', '- a\n', 'version: 1\n', 'tables: {}\n', 'version: 1\ntables:\n  public.a: [\n', '\0'])('refuses %j', (text) => {
    expect(refused(text)).toMatchObject({ code: 'masking_invalid' });
  });
});
