import assert from 'node:assert/strict';
import { test } from 'node:test';
import { availability, price } from '../src/catalogue.js';

test('a price is told in euros and cents', () => {
  assert.equal(price(1250), '12.50 €');
  assert.equal(price(5), '0.05 €');
  assert.equal(price(3900), '39.00 €');
});

test('a product tells how many there are, if anybody knows', () => {
  const tea = { name: 'Green tea', cents: 790 };
  assert.equal(availability(tea), '');
  assert.equal(availability({ ...tea, stock: 0 }), 'sold out');
  assert.equal(availability({ ...tea, stock: 4 }), 'only 4 left');
  assert.equal(availability({ ...tea, stock: 5 }), 'in stock');
});
