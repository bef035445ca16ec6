import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * The house's rules: imports run downwards only, the pure floors stay pure, and `rehearsal` is reached from `commands` alone; what it leaves may also be read by whoever
 * shows or keeps it. The formatter writes every import in one way, so a plain search finds them all.
 */

const SRC = join(import.meta.dirname, '..', 'src');

/** Floors from the top. Rooms of one floor do not import each other, but those that `BESIDE` names. */
const FLOORS = [
  ['entries'],
  ['commands'],
  ['job'],
  ['setup'],
  ['report', 'github', 'check', 'rehearsal'],
  ['decision'],
  ['pipeline'],
] as const;
type Room = (typeof FLOORS)[number][number];

/** What a rehearsal leaves: plain data and words for it. */
const LEFT_BY_REHEARSAL = ['amounts', 'evidence', 'figures', 'impossible', 'observed', 'prediction', 'reasons'].map((name) =>
  join('rehearsal', `${name}.ts`),
);
const READERS: readonly string[] = ['report', 'github'];

/** Rooms that are pure: no toolkit, no client, no file, no process, no clock, no chance. */
const PURE: readonly Room[] = ['setup', 'decision', 'pipeline'];
const IMPURE_MODULES = /^(@actions\/|@octokit\/|undici|octokit$|node:(?!crypto$))/;
const IMPURE_CALLS: readonly (readonly [string, RegExp])[] = [
  ['Date.now', /\bDate\s*\.\s*now\b/],
  ['new Date()', /\bnew\s+Date\s*\(\s*\)/],
  ['Date()', /(?<!new\s)(?<![.\w])Date\s*\(\s*\)/],
  ['performance.now', /\bperformance\s*\.\s*now\b/],
  ['Temporal.Now', /\bTemporal\s*\.\s*Now\b/],
  ['Math.random', /\bMath\s*\.\s*random\b/],
  ['process', /\bprocess\s*\./],
  ['randomness of node:crypto', /\brandom(UUID|Bytes|Int)\b|\bgetRandomValues\b/],
  ['timers', /\bset(Timeout|Interval|Immediate)\s*\(/],
  ['fetch', /(?<![.\w])fetch\s*\(/],
  ['require', /(?<![.\w])require\s*\(|\bcreateRequire\b/],
];

interface Import {
  readonly from: string;
  readonly specifier: string;
}

/** Modules that a file imports, of whatever kind: static, types only, re-exported, dynamic. */
function importsOf(code: string): readonly string[] {
  const found = withoutComments(code).matchAll(/(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)(['"`])([^'"`\n]+)\1/gm);
  return [...found].map((match) => match[2] ?? '');
}

/** Comments may name what code must not. A `//` inside a text is not a comment. */
function withoutComments(code: string): string {
  return code.replaceAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/\*[\s\S]*?\*\/|(?<![:\\/])\/\/[^\n]*/g, (match) =>
    match.startsWith('/') ? '' : match,
  );
}

/** The room a path under `src` belongs to: its directory, or the entries for what lies on top. */
function roomOf(file: string): string {
  const parts = relative(SRC, file).split(/[\\/]/);
  return parts.length === 1 ? 'entries' : (parts[0] ?? '');
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => (rooms as readonly string[]).includes(room));
}

/** What is wrong with one import; `null` when nothing is. */
function wrongImport({ from, specifier }: Import): string | null {
  const room = roomOf(from);
  if (!specifier.startsWith('.')) {
    return (PURE as readonly string[]).includes(room) && IMPURE_MODULES.test(specifier) ? `${room} is pure and imports ${specifier}` : null;
  }
  const target = roomOf(resolve(dirname(from), specifier));
  if (target === room) return null;
  if (floorOf(target) < 0) return `${specifier} lies outside the house`;
  if (READERS.includes(room) && LEFT_BY_REHEARSAL.includes(relative(SRC, resolve(dirname(from), specifier)))) return null;
  if (target === 'rehearsal' && room !== 'commands') return `rehearsal is reached from commands alone, not from ${room}`;
  return floorOf(target) > floorOf(room) ? null : `${room} imports upwards or sideways from ${target}`;
}

function impureCalls(code: string): readonly string[] {
  const bare = withoutComments(code).replaceAll(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''");
  return IMPURE_CALLS.filter(([, pattern]) => pattern.test(bare)).map(([name]) => name);
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(SRC, name));

describe('the house', () => {
  it('has files in its rooms, and no other rooms', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.map(roomOf).filter((room) => floorOf(room) < 0)).toEqual([]);
  });

  it('has imports that run downwards only', () => {
    const imports = files.flatMap((from) => importsOf(readFileSync(from, 'utf8')).map((specifier) => ({ from, specifier })));
    expect(imports.length).toBeGreaterThan(files.length);
    const wrong = imports.flatMap((one) => {
      const mistake = wrongImport(one);
      return mistake === null ? [] : [`${relative(SRC, one.from)}: ${mistake}`];
    });
    expect(wrong).toEqual([]);
  });

  it.each(PURE)('has nothing in %s that reads a clock, a process or chance', (room) => {
    const inside = files.filter((file) => roomOf(file) === room);
    expect(inside.length).toBeGreaterThan(0);
    expect(inside.flatMap((file) => impureCalls(readFileSync(file, 'utf8')).map((call) => `${relative(SRC, file)}: ${call}`))).toEqual([]);
  });

  it('has one file for each command in commands, beside what rehearsing takes', () => {
    const commands = [
      'accept',
      'answer-explain',
      'answer-plan',
      'deploy',
      'doctor',
      'find-artifact',
      'finish',
      'init',
      'plan',
      'print-pipeline',
    ];
    const inside = files.filter((file) => roomOf(file) === 'commands').map((file) => basename(file, '.ts'));
    expect(inside.filter((name) => !name.startsWith('rehears')).toSorted()).toEqual([...commands, 'resume', 'veto']);
  });

  it('has one file that loads Temporal', () => {
    const users = files.filter((file) => importsOf(readFileSync(file, 'utf8')).some((specifier) => specifier.startsWith('temporal')));
    expect(users.map((file) => relative(SRC, file))).toEqual([join('pipeline', 'zones.ts')]);
  });
});

describe('the inspection itself', () => {
  it('finds imports of every kind', () => {
    const code = [
      "import a from './a.ts';",
      "import './b.ts';",
      "import type { C } from './c.ts';",
      "export { d } from './d.ts';",
      "export * from './e.ts';",
      "const f = await import('./f.ts');",
      'import {\n  g,\n} from "./g.ts";',
      "// import x from './no.ts';",
      "/* import y from './no.ts'; */",
    ].join('\n');
    expect(importsOf(code)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `./${name}.ts`));
  });

  it.each([
    ['pipeline/load.ts', '../decision/decide.ts', 'pipeline imports upwards or sideways from decision'],
    ['decision/decide.ts', '../github/client.ts', 'decision imports upwards or sideways from github'],
    ['report/summary.ts', '../github/client.ts', 'report imports upwards or sideways from github'],
    ['github/client.ts', '../main.ts', 'github imports upwards or sideways from entries'],
    ['check/explore.ts', '../rehearsal/verdict.ts', 'rehearsal is reached from commands alone, not from check'],
    ['report/rehearsal.ts', '../rehearsal/verdict.ts', 'rehearsal is reached from commands alone, not from report'],
    ['report/rehearsal.ts', '../rehearsal/evidence.ts', null],
    ['check/explore.ts', '../rehearsal/evidence.ts', 'rehearsal is reached from commands alone, not from check'],
    ['main.ts', './rehearsal/verdict.ts', 'rehearsal is reached from commands alone, not from entries'],
    ['decision/decide.ts', '@actions/core', 'decision is pure and imports @actions/core'],
    ['pipeline/load.ts', 'node:fs', 'pipeline is pure and imports node:fs'],
    ['pipeline/load.ts', 'node:fs/promises', 'pipeline is pure and imports node:fs/promises'],
    ['decision/rules/ref.ts', '@octokit/core', 'decision is pure and imports @octokit/core'],
    ['decision/rules/ref.ts', '../../../sandbox/main.ts', '../../../sandbox/main.ts lies outside the house'],
    ['main.ts', './commands/plan.ts', null],
    ['commands/rehearse.ts', '../rehearsal/verdict.ts', null],
    ['decision/rules/ref.ts', '../../pipeline/routes.ts', null],
    ['decision/rules/ref.ts', '../decide.ts', null],
    ['pipeline/blob-id.ts', 'node:crypto', null],
    ['github/client.ts', '@actions/github', null],
  ])('%s importing %s: %s', (from, specifier, expected) => {
    expect(wrongImport({ from: join(SRC, from), specifier })).toBe(expected);
  });

  it.each([
    ['const now = Date.now();', ['Date.now']],
    ['const now = new Date();', ['new Date()']],
    ['const now = Date();', ['Date()']],
    ['const n = Math.random();', ['Math.random']],
    ["const t = process.env['X'];", ['process']],
    ['new Date(ms).toISOString(); Date.parse(text);', []],
    ['// Date.now() is forbidden\nconst text = "Date.now()";', []],
  ])('%j calls %j', (code, expected) => {
    expect(impureCalls(code)).toEqual(expected);
  });
});

interface LockedPackage {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
}

describe('the lock file', () => {
  const text = readFileSync(join(SRC, '..', 'package-lock.json'), 'utf8');
  const packages = Object.entries((JSON.parse(text) as { packages: Record<string, LockedPackage> }).packages);
  /** What `npm ci` fetches: everything but this repository's own folders and the links to them. */
  const fetched = packages.filter(([path, { link }]) => path.includes('node_modules/') && link !== true);

  it('has the hash of every package that is fetched, on every platform', () => {
    expect(fetched.length).toBeGreaterThan(100);
    expect(fetched.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
  });

  it('names no registry', () => {
    expect(fetched.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });
});
