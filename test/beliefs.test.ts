import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BELIEFS } from '../sandbox/github/beliefs.ts';
import { FAVOURABLE, UNFAVOURABLE } from '../sandbox/github/switches.ts';

it('every belief about GitHub has an id of its own, and a source', () => {
  expect(new Set(BELIEFS.map(({ id }) => id)).size).toBe(BELIEFS.length);
  for (const { id, belief, source, otherwise } of BELIEFS) {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(belief).toMatch(/\.$/);
    expect(otherwise).toMatch(/\.$/);
    expect(source.length).toBeGreaterThan(5);
  }
});

it.each(BELIEFS)('what happens if $id is otherwise is tested', ({ test }) => {
  expect(test.title.length).toBeGreaterThan(9);
  expect(readFileSync(join(import.meta.dirname, '..', test.file), 'utf8')).toContain(test.title);
});

it('what nobody verified can be tried, by a switch of the sandbox and by the probe, or says why not', () => {
  for (const { id, status, switch: side, untriable } of BELIEFS) if (status === 'unverified') expect(side ?? untriable, id).toBeDefined();
});

it('every switch of the sandbox stands for a belief, and has two sides', () => {
  const switches = new Set(BELIEFS.flatMap((belief) => belief.switch ?? []));
  expect([...switches].toSorted()).toEqual(Object.keys(UNFAVOURABLE).toSorted());
  for (const name of switches) expect(FAVOURABLE[name]).not.toBe(UNFAVOURABLE[name]);
});
