/**
 * Bundles the compiled sources into `dist/`: one folder per entry, everything minified, the same bytes every time.
 * @vercel/ncc minifies only the entry chunk; the chunks that are loaded on demand are minified here.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';

const root = join(import.meta.dirname, '..');
const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js');

/** PostgreSQL's parser, which the code that loads it expects in its own folder. */
const PARSER = 'libpg-query.wasm';

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
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.js')) continue;
    minify(join(folder, file));
    if (readFileSync(join(folder, file), 'utf8').includes(PARSER))
      copyFileSync(join(root, 'node_modules/libpg-query/wasm', PARSER), join(folder, PARSER));
  }
}

/** A CommonJS module knows its folder by a name that ES modules do not have. */
function withFolder(code: string): string {
  return code.replaceAll(/\b__dirname\b/g, 'import.meta.dirname');
}

/** Modules of Node that are loaded by their first use: TLS takes a tenth of a start, and a server behind `http:` needs none. */
const LATE = ['https', 'tls'];

/**
 * ncc has Node's own modules required through the module loader, which looks for files first. `process.getBuiltinModule` does not.
 * It needs Node 20.16, which everything that can run the bundle has.
 */
function withBuiltins(code: string): string {
  return code.replaceAll(/__WEBPACK_EXTERNAL_createRequire\(import\.meta\.url\)\("(?:node:)?([a-z_/]+)"\)/g, (_match, name: string) => {
    const builtin = `process.getBuiltinModule("${name}")`;
    if (!LATE.includes(name)) return builtin;
    const names = JSON.stringify(Object.keys(process.getBuiltinModule(name) ?? {}));
    return `${names}.reduce((late, name) => Object.defineProperty(late, name, { enumerable: true, get: () => ${builtin}[name] }), {})`;
  });
}

function minify(file: string): void {
  const { code } = transformSync(withFolder(withBuiltins(readFileSync(file, 'utf8'))), {
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
