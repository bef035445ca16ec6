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
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const chunks = new Map(
    names.map((name) => [name, withoutEagerPromises(withFolder(withBuiltins(readFileSync(join(folder, name), 'utf8'))))]),
  );
  for (const [name, code] of withLateModules(chunks))
    writeFileSync(join(folder, name), minify(code, name.endsWith('.cjs') ? 'cjs' : 'esm'));
  if ([...chunks.values()].some((code) => code.includes(PARSER)))
    copyFileSync(join(root, 'node_modules/libpg-query/wasm', PARSER), join(folder, PARSER));
}

/** A CommonJS module knows its folder by a name that ES modules do not have. */
function withFolder(code: string): string {
  return code.replaceAll(/\b__dirname\b/g, 'import.meta.dirname');
}

/** Modules of Node that are loaded by their first use: TLS takes a tenth of a start, and a server behind `http:` needs none; most plans need no `crypto`. */
const LATE = ['https', 'tls', 'crypto'];

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

/** Functions of `fs.promises` that a module takes out of it when it is loaded, where nearly nobody calls them: forwarded when called. */
function withoutEagerPromises(code: string): string {
  return code.replaceAll(/^const \{ ([\w, ]+) \} = (\w+)\.promises;$/gm, (_match, names: string, fs: string) =>
    names
      .split(', ')
      .map((name) => `const ${name} = (...all) => ${fs}.promises.${name}(...all);`)
      .join('\n'),
  );
}

/**
 * Modules that are read by their first use: most plans look at no time zone, start no program through the toolkit, and pass no proxy. They do
 * nothing but define, so nobody can tell when they are evaluated. `import()` would have to be awaited by every caller. (Of `tunnel`, ncc keeps
 * the index apart from the rest, which stays where it is, unevaluated.)
 */
const LATE_MODULES = new Map([
  ['/lib/pipeline/zones.js', 'zones.cjs'],
  ['/@actions/exec/lib/exec.js', 'exec.cjs'],
  ['/tunnel/index.js', 'tunnel.cjs'],
]);

/** Takes the late modules out of a folder's chunks. @returns the chunks without them, and a file for each of them */
function withLateModules(chunks: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const late = lateIds([...chunks.values()].join('\n'));
  const modules = /^(\/\*{3}\/ (\d+):\n\/\*{3}\/ )(\(\(.*?\) => \{\n[\s\S]*?\n\/\*{3}\/ \}\))/gm;
  const imports = /^((?:\/\* harmony import \*\/ )?(?:var|const) \w+ = )(\w+\((\d+)\));$/gm;
  for (const [name, code] of chunks) {
    const without = code.replaceAll(modules, (all, start: string, id: string, module: string) => {
      const file = late.get(id);
      if (file === undefined) return all;
      files.set(file, `module.exports = ${module};`);
      return `${start}((...all) => process.getBuiltinModule("module").createRequire(import.meta.url)("./${file}")(...all))`;
    });
    const deferred = without.replaceAll(imports, (all, start: string, load: string, id: string) =>
      late.has(id) ? `${start}new Proxy({}, { get: (_, name) => ${load}[name] });` : all,
    );
    files.set(name, deferred);
  }
  return files;
}

/** The files of the late modules, by the ids that ncc gave these. @throws Error for one that has become a part of another module. */
function lateIds(code: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, path = '', id = ''] of code.matchAll(/^\/\/ EXTERNAL MODULE: (.*?)(?: \+ \d+ modules)?\nvar \w+ = \w+\((\d+)\);$/gm)) {
    for (const [end, file] of LATE_MODULES) if (path.endsWith(end)) found.set(id, file);
  }
  const files = [...found.values()];
  for (const [, path = ''] of code.matchAll(/^;\/\/ CONCATENATED MODULE: (.*)$/gm)) {
    const lost = [...LATE_MODULES].find(([end, file]) => path.endsWith(end) && !files.includes(file));
    if (lost !== undefined) throw new Error(`${lost[0]} would be loaded by whoever imports it: ncc has made it a part of another module.`);
  }
  return found;
}

function minify(source: string, format: 'esm' | 'cjs'): string {
  return transformSync(source, {
    minify: true,
    keepNames: false,
    format,
    platform: 'node',
    target: 'node24',
    legalComments: 'none',
  }).code;
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
for (const [entry, folder] of [
  ['main.js', join(root, 'dist')],
  ['cli.js', join(root, 'dist/cli')],
] as const) {
  bundle(entry, folder);
  for (const file of readdirSync(folder)) {
    const path = join(folder, file);
    if (/\.c?js$/.test(file)) console.log(`${path.slice(root.length + 1)}  ${Math.round(statSync(path).size / 1000)} kB`);
  }
}
