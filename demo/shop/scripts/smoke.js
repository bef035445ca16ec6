/** `node scripts/smoke.js <home>`: fails unless the environment runs the version that was deployed, and sells something. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [home] = process.argv.slice(2);
const { port } = JSON.parse(readFileSync(join(home, 'running.json'), 'utf8'));
const shop = `http://127.0.0.1:${port}`;

function expect(what, holds) {
  if (!holds) {
    console.error(`✗ ${what}`);
    process.exit(1);
  }
  console.log(`✓ ${what}`);
}

const health = await (await fetch(`${shop}/health`)).json();
expect(`it runs ${process.env.PROMOTE_VERSION} (it says ${health.version})`, health.version === process.env.PROMOTE_VERSION);
const products = await (await fetch(`${shop}/api/products`)).json();
expect(`it sells ${products.length} products`, products.length > 0);
const page = await (await fetch(shop)).text();
expect(
  'its page shows them all',
  products.every(({ name }) => page.includes(name)),
);
