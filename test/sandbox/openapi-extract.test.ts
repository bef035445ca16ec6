import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SERVED } from '../../sandbox/github/operations.ts';
import { generated } from '../../tools/generate/index.ts';

const PATH = 'sandbox/github/openapi-extract.json';

it('is what the installed OpenAPI description says, for the operations that are served', async () => {
  const present = readFileSync(join(import.meta.dirname, '../..', PATH), 'utf8');
  expect(await generated[PATH]?.(present)).toBe(present);
  expect(Object.keys(JSON.parse(present).operations).toSorted()).toEqual([...SERVED].toSorted());
});
