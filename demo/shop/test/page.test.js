import assert from 'node:assert/strict';
import { test } from 'node:test';
import { page } from '../src/page.js';

const release = { environment: 'uat', version: 'v1.0.0', commit: '0123456789abcdef', migrations: 2 };

test('the page tells what runs where', () => {
  const html = page(release, []);
  assert.match(html, /<span class="badge" id="version">v1\.0\.0<\/span>/);
  assert.match(html, /<code>0123456<\/code>, database at migration 2/);
});

test('the page shows each product with its price', () => {
  const html = page(release, [{ name: 'Green tea', cents: 790 }]);
  assert.match(html, /Green tea/);
  assert.match(html, /7\.90 €/);
});

test('a name cannot bring its own markup', () => {
  const html = page(release, [{ name: '<script>alert(1)</script>', cents: 1 }]);
  assert.doesNotMatch(html, /<script>/);
});
