import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { resolvedText } from '../../src/commands/print-pipeline.ts';
import { blobId } from '../../src/pipeline/blob-id.ts';
import { BUILT_IN_TEXT, builtInPipeline } from '../../src/pipeline/built-in.ts';
import { loadList, loadPipeline } from '../../src/pipeline/load.ts';
import { printResolved } from '../../src/pipeline/print.ts';
import { selectRoute } from '../../src/pipeline/routes.ts';
import { EXAMPLE, file, problemsIn, said } from './problems.ts';

const MODELS = join(import.meta.dirname, '../../docs/models');
const SCHEMA = JSON.parse(readFileSync(join(import.meta.dirname, '../../schema/pipeline.schema.json'), 'utf8'));
const validate = new Ajv({ strict: false }).compile(SCHEMA);

const pipeline = loadPipeline(EXAMPLE, '.github/promote.yml');
const environment = (name: string) => pipeline.environments.get(name);

describe('the example of the design', () => {
  it('has git’s own id of the file', () => {
    expect(pipeline.hash).toBe(blobId(EXAMPLE));
    expect(blobId('')).toBe('e69de29bb2d1d6434b8b29ae775ad8c2e48c5391');
    expect(blobId('hello\n')).toBe('ce013625030ba8dba906f756967f9e9ca394464a');
    expect(blobId(new Uint8Array([104, 101, 108, 108, 111, 10]))).toBe(blobId('hello\n'));
  });

  it('fills in what the roles say', () => {
    expect(environment('dev')).toMatchObject({
      gate: null,
      divergence: 'allow',
      downgrade: 'refuse',
      accepts: ['new', 'accepted', 'current'],
      soak: [],
      windows: [],
    });
    expect(environment('uat')).toMatchObject({
      divergence: 'refuse',
      gate: { approvals: 1, by: ['octo-org/qa'], exclude: [], evidence: 'seen' },
    });
    expect(environment('uat')?.acceptance).toEqual({
      approvals: 1,
      by: ['octo-org/product'],
      exclude: [],
      evidence: 'seen',
      environment: 'uat-acceptance',
    });
    expect(environment('staging')?.rehearsal).toEqual({
      database: 'postgres',
      version: null,
      server: null,
      snapshot: { run: './scripts/fetch-snapshot.sh', file: null, from: null },
      maxAge: 7 * 24 * 3600_000,
      masking: null,
      migrations: [],
      migrate: 'npm run migrate',
      rollback: 'npm run rollback',
      checks: null,
      previous: null,
      load: { script: null },
      timeout: 3600_000,
      limits: {},
    });
    expect(environment('production')?.soak).toEqual([{ environment: 'staging', duration: 4 * 3600_000 }]);
    expect(environment('production')?.windows).toEqual([
      { days: [1, 2, 3, 4], opens: 540, closes: 960, zone: 'Europe/Berlin', text: 'mon-thu 09:00-16:00 Europe/Berlin' },
    ]);
  });

  it('resolves freezes to instants', () => {
    expect(pipeline.freezes).toEqual([
      {
        environments: ['production'],
        from: Date.parse('2026-12-19T23:00:00Z'),
        until: Date.parse('2027-01-01T23:00:00Z'),
        reason: 'year-end',
        text: '2026-12-20T00:00 to 2027-01-02T00:00 Europe/Berlin',
      },
    ]);
  });

  it('lays a route’s own rules over those of the environments, and lists what they relax', () => {
    const hotfix = pipeline.routes.find((route) => route.name === 'hotfix');
    expect(hotfix?.environments.get('production')?.gate).toEqual({
      approvals: 3,
      by: ['octo-org/release'],
      exclude: ['initiator', 'author'],
      evidence: 'seen',
    });
    expect(hotfix?.environments.get('staging')?.accepts).toEqual(['new']);
    expect(hotfix?.relaxations).toEqual(['Route hotfix: staging also takes new versions.']);
    expect(pipeline.routes.filter((route) => route.name !== 'hotfix').flatMap((route) => route.relaxations)).toEqual([]);
  });

  it('keeps the file’s order', () => {
    expect([...pipeline.environments.keys()]).toEqual(['dev', 'uat', 'staging', 'production']);
    expect(pipeline.routes.map((route) => route.name)).toEqual(['release', 'mainline', 'hotfix', 'feature']);
  });
});

describe('a production environment', () => {
  it('is gated without saying so', () => {
    const loaded = loadPipeline(file(), 'p.yml');
    expect(loaded.environments.get('production')?.gate).toEqual({ approvals: 1, by: [], exclude: [], evidence: 'seen' });
    expect(loaded.environments.get('staging')?.gate).toBeNull();
  });
});

describe('the built-in pipeline', () => {
  const builtIn = builtInPipeline('.github/promote.yml');

  it('is what the documentation says it is', () => {
    expect(builtIn.source).toBe('built-in');
    expect(builtIn.hash).toBe(blobId(BUILT_IN_TEXT));
    expect(Object.fromEntries(builtIn.routes.map((route) => [route.name, route.path.flat()]))).toEqual({
      release: ['uat', 'staging', 'production'],
      mainline: ['dev', 'uat', 'staging', 'production'],
      hotfix: ['staging', 'production'],
      feature: ['dev'],
    });
    expect(builtIn.environments.get('uat')?.gate?.approvals).toBe(1);
    expect(builtIn.environments.get('staging')?.rehearsal).not.toBeNull();
    expect(builtIn.environments.get('production')?.gate?.approvals).toBe(1);
  });

  it('needs no script of the repository', () => {
    expect([...builtIn.environments.values()].flatMap((one) => [one.deploy, one.verify])).toEqual(Array(8).fill(null));
    expect(builtIn.build).toBeNull();
    expect(builtIn.environments.get('staging')?.rehearsal?.migrate).toContain('--if-present');
  });

  it('begins with the line that editors read', () => {
    expect(BUILT_IN_TEXT.split('\n')[0]).toMatch(/^# yaml-language-server: \$schema=https:\S+\/schema\/pipeline\.schema\.json$/);
  });

  it('has no way for what GitHub’s merge queue and Dependabot push, and one for every branch of a person', () => {
    const routeOf = (branch: string) => selectRoute(builtInPipeline('.github/promote.yml'), `refs/heads/${branch}`)?.name ?? null;
    expect(['gh-readonly-queue/main/pr-7-0123', 'dependabot/npm_and_yarn/left-1.2.3'].map(routeOf)).toEqual([null, null]);
    expect(['topic', 'hotfix/total', 'dependable/topic', 'main'].map(routeOf)).toEqual(['feature', 'hotfix', 'feature', 'mainline']);
  });
});

describe('ready pipeline files of the models', () => {
  const names = readdirSync(MODELS).filter((name) => name.endsWith('.yml'));

  it('are there', () => {
    expect(names).toEqual(['m01', 'm02', 'm04', 'm06', 'm07', 'm08', 'm09', 'm10', 'm11', 'm12'].map((name) => `${name}.yml`));
  });

  it.each(names)('%s loads, and its editor’s schema agrees', (name) => {
    const text = readFileSync(join(MODELS, name), 'utf8');
    expect(said(text)).toEqual([]);
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
  });
});

/** Every key of a rehearsal, and every way in which a route can say otherwise. */
const REHEARSALS = `version: 1
environments:
  a: { role: staging, rehearsal: { database: postgres, migrate: m } }
  b:
    role: staging
    rehearsal:
      database: postgres
      version: 18
      server: REHEARSAL_URL
      snapshot: { run: fetch, max-age: 7d }
      masking: ./db/masking.yml
      migrations: ['./db//migrations/', db/tool.yml]
      migrate: m
      rollback: r
      checks: db/checks.yml
      previous: npm test
      load: { script: db/load.sql }
      timeout: 1h30m
      limits: { lock: 500ms, write-stall: { warn: 200ms, fail: 2s }, disk: false, rollback: warn, wal: { warn: 1.5GB } }
    deploy: { migrate: m }
  c: { role: staging, rehearsal: { database: postgres, migrate: m, rollback: false }, deploy: { migrate: m, run: d }, verify: { run: v } }
  d: { role: staging }
routes:
  - name: off
    branches: [off]
    path: [a, b, c, d]
    environments:
      a: { rehearsal: { rollback: false, load: false, snapshot: { file: dump } } }
      b: { rehearsal: { masking: false, checks: false, previous: false, rollback: false, load: {}, limits: { lock: false } }, deploy: { run: d } }
      c: { rehearsal: { rollback: r, snapshot: { max-age: 1d } }, deploy: false, verify: false }
      d: { rehearsal: { database: sqlite, migrate: m, snapshot: { from: REPLICA_URL } } }
`;

describe('a rehearsal', () => {
  const loaded = loadPipeline(REHEARSALS, 'p.yml');
  const route = loaded.routes[0]?.environments;

  it('is told everything that the file says', () => {
    expect(loaded.environments.get('b')).toMatchObject({
      migrate: { run: 'm' },
      deploy: null,
      rehearsal: {
        database: 'postgres',
        version: 18,
        server: 'REHEARSAL_URL',
        snapshot: { run: 'fetch', file: null, from: null },
        maxAge: 7 * 24 * 3600_000,
        masking: './db/masking.yml',
        migrations: ['db/migrations', 'db/tool.yml'],
        migrate: 'm',
        rollback: 'r',
        checks: 'db/checks.yml',
        previous: 'npm test',
        load: { script: 'db/load.sql' },
        timeout: 5400_000,
        limits: { lock: '500ms', 'write-stall': { warn: '200ms', fail: '2s' }, disk: false, rollback: 'warn', wal: { warn: '1.5GB' } },
      },
    });
  });

  it('tells a way back that is deliberately missing from one that nobody named', () => {
    expect(['a', 'c'].map((name) => loaded.environments.get(name)?.rehearsal?.rollback)).toEqual([null, false]);
    expect(['a', 'c'].map((name) => route?.get(name)?.rehearsal?.rollback)).toEqual([false, 'r']);
  });

  it('is laid over the environment’s own key by key by a route, its limits one by one', () => {
    expect(route?.get('b')).toMatchObject({
      migrate: null,
      deploy: { run: 'd' },
      rehearsal: {
        version: 18,
        snapshot: { run: 'fetch' },
        masking: null,
        checks: null,
        previous: null,
        load: { script: null },
        limits: { lock: false, 'write-stall': { warn: '200ms', fail: '2s' } },
      },
    });
    expect(route?.get('c')?.rehearsal).toMatchObject({ snapshot: null, maxAge: 24 * 3600_000 });
    expect(route?.get('c')).toMatchObject({ migrate: null, deploy: null, verify: null });
    expect(route?.get('d')?.rehearsal).toMatchObject({ database: 'sqlite', snapshot: { from: 'REPLICA_URL' } });
  });
});

describe('the resolved file', () => {
  const texts = [EXAMPLE, BUILT_IN_TEXT, REHEARSALS, ...readdirSync(MODELS).map((name) => readFileSync(join(MODELS, name), 'utf8'))];

  it.each(texts.map((text, index) => [index, text] as const))('loads to the same pipeline (%i)', (_, text) => {
    const loaded = loadPipeline(text, 'p.yml');
    const printed = printResolved(loaded);
    expect({ ...loadPipeline(printed, 'p.yml'), hash: '' }).toEqual({ ...loaded, hash: '' });
    expect(validate(parse(printed)), JSON.stringify(validate.errors)).toBe(true);
  });

  it('writes out what the role decided', () => {
    const printed = parse(printResolved(loadPipeline(file(), 'p.yml')));
    expect(printed.environments.production).toEqual({
      role: 'production',
      data: 'live',
      accepts: ['new', 'accepted', 'current'],
      gate: { approvals: 1, by: [], exclude: [], evidence: 'seen' },
      downgrade: 'refuse',
      divergence: 'refuse',
    });
  });
});

describe('the editors’ schema', () => {
  it('takes the example and refuses what the loader refuses', () => {
    expect(validate(parse(EXAMPLE))).toBe(true);
    for (const wrong of [
      'version: 2',
      'version: 1\nenvironments: {}\nroutes: []',
      EXAMPLE.replace('role: uat', 'role: uaat'),
      EXAMPLE.replace('windows', 'windws'),
    ]) {
      expect(problemsIn(wrong).length, wrong).toBeGreaterThan(0);
      expect(validate(parse(wrong)), wrong).toBe(false);
    }
  });
});

describe('large files', () => {
  it('load with 60 environments and 120 routes', () => {
    const names = Array.from({ length: 60 }, (_, index) => `environment-${index}`);
    const text = [
      'version: 1',
      'environments:',
      ...names.map(
        (name) =>
          `  ${name}: { role: staging, windows: [{ days: mon-fri, hours: 09:00-17:00, zone: Europe/Berlin }], gate: { approvals: 1 } }`,
      ),
      'routes:',
      ...Array.from({ length: 120 }, (_, index) => {
        const path = names.slice((index * 7) % 53, ((index * 7) % 53) + 8);
        return `  - { name: route-${index}, branches: ['team-${index}/**', 'release/${index}.*'], path: [${path.join(', ')}] }`;
      }),
    ].join('\n');
    const loaded = loadPipeline(text, 'p.yml');
    expect(loaded.environments.size).toBe(60);
    expect(loaded.routes).toHaveLength(120);
    expect(loaded.routes.every((route) => route.environments.size === 8)).toBe(true);
  });
});

describe('any text at all', () => {
  const words = EXAMPLE.split(/(?<=[\s{}[\]:,])/);

  it('either loads or has problems with a place and a fix', () => {
    const mangled = fc
      .tuple(fc.nat(words.length - 1), fc.nat(words.length - 1), fc.constantFrom('drop', 'repeat', 'swap', 'null', 'number', 'list'))
      .map(([at, other, how]) => {
        const copy = [...words];
        const by = {
          drop: [],
          repeat: [words[at] ?? '', words[at] ?? ''],
          swap: [words[other] ?? ''],
          null: ['~ '],
          number: ['7 '],
          list: ['[] '],
        }[how];
        copy.splice(at, 1, ...by);
        return copy.join('');
      });
    fc.assert(
      fc.property(mangled, (text) => {
        const lines = text.split('\n');
        for (const problem of problemsIn(text)) {
          expect(problem.line).toBeGreaterThanOrEqual(1);
          expect(problem.line).toBeLessThanOrEqual(lines.length);
          expect(problem.column).toBeLessThanOrEqual((lines[problem.line - 1] ?? '').length + 1);
          expect(problem.message).toMatch(/\S.*\.$/s);
          expect(problem.fix).toMatch(/\S/);
          expect(problem.message + problem.fix).not.toMatch(/undefined|\[object|Invalid input/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is never a stack trace, whatever the characters', () => {
    const yamlish = fc.string({ unit: fc.constantFrom(...'{}[]:,-?*&!|>%@`\'"# \n\tab1~<\\'), maxLength: 60 });
    fc.assert(
      fc.property(yamlish, (text) => problemsIn(text).length > 0),
      { numRuns: 1000 },
    );
  });
});

describe('a file that only lists others', () => {
  const ROOT = '.github/promote.yml';
  const list = (text: string) => loadList(text, ROOT);

  it('is no mistake to an editor, and tells its list', () => {
    const text = 'version: 1\npipelines: [services/shop/promote.yml, .github/mail.yaml]\n';
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
    expect(list(text)).toEqual(['services/shop/promote.yml', '.github/mail.yaml']);
    expect(list(EXAMPLE)).toBeNull();
    expect(validate({ version: 1 })).toBe(false);
    expect(validate({ version: 1, pipelines: [] })).toBe(false);
    expect(validate({ ...parse(text), freezes: [] })).toBe(false);
  });

  it.each([
    [
      'what counts for none of them',
      'version: 1\npipelines: [a.yml]\nfreezes: []\n',
      '3:1: "freezes" stands in a file that only lists other pipeline files',
    ],
    ['a key that is none', 'version: 1\npipelines: [a.yml]\nenvs: {}\n', '3:1: "envs" stands in'],
    ['no version', 'pipelines: [a.yml]\n', 'The file has no "version: 1".'],
    ['itself', `version: 1\npipelines: [${ROOT}]\n`, '2:13: This file lists itself.'],
    ['one twice', 'version: 1\npipelines: [a.yml, a.yml]\n', '2:20: "a.yml" is listed twice.'],
    ['another spelling of a path', 'version: 1\npipelines: [./a.yml]\n', '2:13: "./a.yml" is no path of a pipeline file.'],
    ['a pattern', 'version: 1\npipelines: ["*/a.yml"]\n', 'is no path of a pipeline file.'],
    ['a way out', 'version: 1\npipelines: [a/../../b.yml]\n', 'is no path of a pipeline file.'],
  ])('cannot have %s', (_name, text, said) => {
    expect(() => list(text)).toThrow(said);
    expect(() => loadPipeline(text, ROOT)).toThrow(said);
  });

  it('is .github/promote.yml and no other', () => {
    expect(() => loadPipeline(`${EXAMPLE}pipelines: [b.yml]\n`, 'a.yml')).toThrow('Only .github/promote.yml lists pipeline files.');
    expect(loadPipeline(`${EXAMPLE}pipelines: [b.yml]\n`, ROOT).pipelines).toEqual(['b.yml']);
  });

  it('is printed with every file resolved, after the list was checked', () => {
    const files: Record<string, string> = { [ROOT]: 'version: 1\npipelines: [a.yml, b.yml]\n', 'a.yml': EXAMPLE };
    const read = (path: string) => files[path] ?? null;
    expect(() => resolvedText(read, ROOT)).toThrow('There is no file "b.yml"');
    expect(() => resolvedText(read, 'a.yml')).toThrow('There is no file "b.yml"');
    files['b.yml'] =
      'version: 1\nenvironments: { b-dev: { role: development } }\nroutes: [{ name: all, branches: ["**"], path: [b-dev] }]\n';
    const documents = resolvedText(read, ROOT).split('---\n');
    expect(documents.map((one) => one.split('\n')[0])).toEqual(['# a.yml', '# b.yml']);
    expect(loadPipeline(documents[1] ?? '', 'b.yml').environments.get('b-dev')?.role).toBe('development');
    files['b.yml'] = EXAMPLE;
    expect(() => resolvedText(read, ROOT)).toThrow('is in two pipeline files, b.yml:');
  });
});
