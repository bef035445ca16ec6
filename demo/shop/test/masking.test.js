import assert from 'node:assert/strict';
import { test } from 'node:test';
import { masked } from '../src/masking.js';

const mona = { id: 7, name: 'Mona', email: 'mona@example.org' };

test('a masked customer keeps the number and nothing else', () => {
  const customer = masked(mona, 'key');
  assert.equal(customer.id, 7);
  assert.doesNotMatch(JSON.stringify(customer), /mona/i);
  assert.match(customer.email, /^[0-9a-f]{16}@example\.com$/);
});

test('the same customer is masked alike within a copy, and otherwise in the next', () => {
  assert.deepEqual(masked(mona, 'key'), masked({ ...mona }, 'key'));
  assert.notEqual(masked(mona, 'key').email, masked(mona, 'another').email);
  assert.notEqual(masked(mona, 'key').email, masked({ ...mona, email: 'hubot@example.org' }, 'key').email);
});
