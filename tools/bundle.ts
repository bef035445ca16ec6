/**
 * Bundles the compiled sources into `dist/`: one folder per entry, everything minified, the same bytes every time.
 * @vercel/ncc minifies only the entry chunk; the chunks that are loaded on demand are minified here.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';

const root = join(import.meta.dirname, '..');
const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js');

function bundle(entry: string, folder: string): void {
  const run = spawnSync(
    process.execPath,
    [ncc, 'build', join(root, 'lib', entry), '--out', folder, '--license', 'LICENSES.txt', '--quiet'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  if (run.status !== 0) throw new Error(`ncc could not bundle ${entry}:\n${run.stdout}${run.stderr}`);
  for (const file of readdirSync(folder)) if (file.endsWith('.js')) minify(join(folder, file));
}

function minify(file: string): void {
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    minify: true,
    keepNames: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    legalComments: 'none',
  });
  writeFileSync(file, code);
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
for (const [entry, folder] of [
  ['main.js', join(root, 'dist')],
  ['cli.js', join(root, 'dist/cli')],
] as const) {
  bundle(entry, folder);
  for (const file of readdirSync(folder)) {
    const path = join(folder, file);
    if (file.endsWith('.js')) console.log(`${path.slice(root.length + 1)}  ${Math.round(statSync(path).size / 1000)} kB`);
  }
}
