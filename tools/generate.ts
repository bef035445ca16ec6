/** Writes every generated file of the repository: `npm run generate`. `--check` compares instead and fails when one is out of date. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generated } from './generate/index.ts';

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');
const stale: string[] = [];

for (const [path, make] of Object.entries(generated)) {
  const file = join(root, path);
  const text = await make(existsSync(file) ? readFileSync(file, 'utf8') : '');
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  stale.push(path);
  if (check) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`generated ${path}`);
}

if (check && stale.length > 0) {
  console.error(`Out of date, run "npm run generate": ${stale.join(', ')}`);
  process.exitCode = 1;
}
