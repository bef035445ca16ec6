/**
 * Tries this version on the database at DATABASE_URL, which may be that of a later version: starts what is in `dist/` on any port, asks
 * for what a customer sees, and ends it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const LONGEST = 20_000;
const server = spawn(process.execPath, [join(import.meta.dirname, '../dist/server.js')], {
  env: { PATH: process.env.PATH, DATABASE_URL: process.env.DATABASE_URL, SHOP_PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.on('exit', () => server.kill('SIGKILL'));
setTimeout(() => fail(`It was not done after ${LONGEST / 1000} s.`), LONGEST).unref();

function fail(why) {
  console.error(`✗ ${why}`);
  process.exit(1);
}

async function ask(path) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  if (!answer.ok) fail(`${path} answers ${answer.status}: ${await answer.text()}`);
  return answer;
}

const [port] = await Promise.race([
  once(createInterface(server.stdout), 'line').then(([line]) => /\d+$/.exec(line)),
  once(server, 'exit').then(([code]) => fail(`It did not start: exit code ${code}.`)),
]);
const products = await (await ask('/api/products')).json();
const page = await (await ask('/')).text();
for (const { name } of products) if (!page.includes(name)) fail(`Its page does not show ${name}.`);
if (products.length === 0) fail('It sells nothing.');
console.log(`✓ It sells ${products.length} products, and its page shows them.`);
process.exit(0);
