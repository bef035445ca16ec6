/** Builds `dist/`: each program in one file with everything it needs, and the migrations. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
/** A folder of packages to build with; the repository's own when there is none. */
const tools = process.env.SHOP_TOOLS || join(root, 'node_modules');
const esbuild = createRequire(join(tools, 'package.json'))('esbuild');

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
await esbuild.build({
  entryPoints: ['server', 'migrate', 'fetch-snapshot'].map((name) => join(root, 'src', `${name}.js`)),
  outdir: dist,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  nodePaths: [tools],
  external: ['pg-native'],
  // The client of PostgreSQL is written with require.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
});
cpSync(join(root, 'migrations'), join(dist, 'migrations'), { recursive: true });
const commit = process.env.GITHUB_SHA || execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
writeFileSync(join(dist, 'build.json'), `${JSON.stringify({ commit })}\n`);
writeFileSync(join(dist, 'package.json'), '{"type":"module"}\n');
console.log(`Built ${commit.slice(0, 7)} into dist.`);
