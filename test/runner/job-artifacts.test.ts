import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/github/index.ts';
import { createArtifactStore } from '../../sandbox/runner/artifact-store.ts';
import { createWorld, type JobOptions, messages, type Ran, type World } from './one-job.ts';

const UPLOAD = 'https://github.com/actions/upload-artifact#usage';
const DOWNLOAD = 'https://github.com/actions/download-artifact#usage';

const PINNED = {
  upload: 'actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f',
  download: 'actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c',
};

let world: World;
/** Each test has a run of its own. */
let runId = 100;
beforeAll(() => {
  world = createWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  runId += 1;
});

const run = (job: string, options: JobOptions = {}): Promise<Ran> => world.run(job, { runId, ...options });
const upload = (inputs: string, id = 'up'): string => `  - { id: ${id}, uses: ${PINNED.upload}, with: { ${inputs} } }\n`;
const download = (inputs: string, id = 'down'): string => `  - { id: ${id}, uses: ${PINNED.download}, with: { ${inputs} } }\n`;
const TREE = `
steps:
  - run: |
      mkdir -p out/sub out/.hid other
      echo 1 > out/a.txt; echo 2 > out/sub/b.txt; echo 3 > out/.hidden; echo 4 > out/.hid/c.txt; echo 5 > out/sub/d.log; echo 6 > other/e.txt
`;
const names = (name: string): string[] => {
  const artifact = world.artifacts.list(runId).find((one) => one.name === name);
  if (artifact === undefined) throw new Error(`There is no artifact ${name}.`);
  return Object.keys(unzipSync(new Uint8Array(world.artifacts.download(artifact.id))));
};

describe(`actions/upload-artifact (${UPLOAD})`, () => {
  test.each([
    ['a folder is the root of its artifact; hidden files stay out', 'path: out', ['a.txt', 'sub/b.txt', 'sub/d.log']],
    [
      'hidden files come in when asked for',
      'path: out/, include-hidden-files: true',
      ['.hid/c.txt', '.hidden', 'a.txt', 'sub/b.txt', 'sub/d.log'],
    ],
    ['a single file lies in the root', 'path: out/sub/b.txt', ['b.txt']],
    ['a wildcard keeps the folders after it', "path: 'out/*/*.txt'", ['sub/b.txt']],
    ['a wildcard that finds one file keeps its folders, too', "path: 'o*/a.txt'", ['out/a.txt']],
    [
      'several paths lie under what they have in common; `!` takes away',
      'path: "out\\nother/e.txt\\n!out/**/*.log"',
      ['other/e.txt', 'out/a.txt', 'out/sub/b.txt'],
    ],
    ['later lines win over earlier ones', 'path: "out\\n!out/sub\\nout/sub/d.log"', ['a.txt', 'sub/d.log']],
    [
      'an absolute path and the home folder are paths, too',
      'path: "${{ github.workspace }}/other\\n~/none"',
      ['work/shop/shop/other/e.txt'],
    ],
    ['classes and single characters', "path: 'out/**/[ab].t?t'", ['a.txt', 'sub/b.txt']],
  ])('%s', async (_behaviour, inputs, expected) => {
    const ran = await run(TREE + upload(`name: it, ${inputs}`));
    expect(messages(ran, 'error')).toEqual([]);
    expect(names('it')).toEqual(expected);
  });

  test('outputs: id, address, and the digest of the zip as bare hex', async () => {
    const ran = await run(`outputs: { all: "\${{ toJSON(steps.up.outputs) }}" }${TREE}${upload('path: out')}`);
    const [artifact] = world.artifacts.list(runId);
    const zip = world.artifacts.download(artifact?.id ?? 0);
    expect(JSON.parse(ran.outputs['all'] ?? '')).toEqual({
      'artifact-id': String(artifact?.id),
      'artifact-url': `https://github.com/octo-org/shop/actions/runs/${runId}/artifacts/${artifact?.id}`,
      'artifact-digest': createHash('sha256').update(zip).digest('hex'),
    });
    expect(artifact).toMatchObject({
      name: 'artifact',
      digest: `sha256:${createHash('sha256').update(zip).digest('hex')}`,
      size: zip.length,
    });
  });

  test('a single file stays as it is where it is not archived, under its own name, and comes back so', async () => {
    const page = `  - run: mkdir pages && echo '<h1>It</h1>' > pages/report-7.html\n`;
    const get = download('name: report-7.html, path: got, skip-decompress: true') + download('path: all', 'all');
    const ran = await run(
      `\nsteps:\n${page}${upload('name: it, path: pages/report-7.html, archive: false')}${get}  - run: cmp got/report-7.html pages/report-7.html && cmp all/report-7.html pages/report-7.html\n`,
    );
    expect(messages(ran, 'error')).toEqual([]);
    const [artifact, ...others] = world.artifacts.list(runId);
    expect(others).toEqual([]);
    expect(artifact).toMatchObject({ name: 'report-7.html', type: 'text/html; charset=utf-8', size: 12 });
    expect(world.artifacts.download(artifact?.id ?? 0).toString()).toBe('<h1>It</h1>\n');
  });

  test('the same files are the same bytes, whenever they were made', async () => {
    await run(
      TREE +
        upload('name: one, path: out') +
        '  - run: sleep 0.01; touch -d "2001-02-03" out/a.txt; chmod +x out/a.txt\n' +
        upload('name: two, path: out'),
    );
    const [one, two] = world.artifacts.list(runId);
    expect(one?.digest).toBe(two?.digest);
  });

  test('without files: a warning, an error or nothing', async () => {
    const ran = await run(
      `\nsteps:\n${upload('path: none')}${upload('path: none, if-no-files-found: ignore')}${upload('path: none, if-no-files-found: error')}`,
    );
    const message = 'No files were found with the provided path: none. No artifacts will be uploaded.';
    expect(messages(ran, 'warning')).toEqual([message]);
    expect(messages(ran, 'error')).toEqual([message]);
    expect(world.artifacts.list(runId)).toEqual([]);
  });

  test('a name is taken once in an attempt; overwrite gives it to a new artifact; another attempt may use it, too', async () => {
    const ran = await run(TREE + upload('name: it, path: out') + upload('name: it, path: other'));
    expect(messages(ran, 'error')).toEqual([
      expect.stringContaining('(409) Conflict: an artifact with this name already exists on the workflow run'),
    ]);
    const [former] = world.artifacts.list(runId);
    await run(TREE + upload('name: it, path: other, overwrite: true'));
    expect(world.artifacts.list(runId).map(({ id }) => id)).not.toContain(former?.id);
    await run(`${TREE + upload('name: it, path: out') + download('name: it, path: got')}  - run: test -e got/sub/b.txt\n`, { attempt: 2 });
    expect(world.artifacts.list(runId)).toHaveLength(2);
  });

  test('it is kept 90 days, or for as long as is said, and not longer', async () => {
    const ran = await run(
      TREE +
        upload('name: a, path: out') +
        upload('name: b, path: out, retention-days: 2') +
        upload('name: c, path: out, retention-days: 400'),
    );
    const days = world.state.artifacts.filter((one) => one.runId === runId).map((one) => (one.expiresAt - one.createdAt) / 86_400_000);
    expect(days).toEqual([90, 2, 90]);
    expect(messages(ran, 'warning')).toEqual([expect.stringContaining('Using 90 instead')]);
  });

  test.each([
    ['name: a/b, path: out', /artifact name is not valid: a\/b/],
    ['path: out, compression-level: 10', /Invalid compression-level/],
    ['path: out, archive: false', /^When 'archive' is set to false, only a single file can be uploaded\. Found 3 files/],
    ['name: a', /Input required and not supplied: path/],
  ])('%s is refused', async (inputs, message) => {
    const ran = await run(TREE + upload(inputs));
    expect(messages(ran, 'error')).toEqual([expect.stringMatching(message)]);
    expect(ran.conclusion).toBe('failure');
  });
});

const BOTH = TREE + upload('name: out, path: out', 'one') + upload('name: other, path: other', 'two');
const find = '  - run: cd got && find . -type f | sort\n';
const files = (ran: Ran): string[] => ran.said.filter((line) => line.startsWith('./'));

describe(`actions/download-artifact (${DOWNLOAD})`, () => {
  test.each([
    ['one by its name lies in the path', 'name: out', ['./a.txt', './sub/b.txt', './sub/d.log']],
    ['one by its id lies in the path', 'artifact-ids: "${{ steps.two.outputs.artifact-id }}"', ['./e.txt']],
    ['one that a pattern finds lies in the path', "pattern: 'ot*'", ['./e.txt']],
    ['all lie in folders of their names', '', ['./other/e.txt', './out/a.txt', './out/sub/b.txt', './out/sub/d.log']],
    [
      'several ids, too',
      'artifact-ids: "${{ steps.one.outputs.artifact-id }}, ${{ steps.two.outputs.artifact-id }}"',
      ['./other/e.txt', './out/a.txt', './out/sub/b.txt', './out/sub/d.log'],
    ],
    ['or merged', "pattern: '{out,other}', merge-multiple: true", ['./a.txt', './e.txt', './sub/b.txt', './sub/d.log']],
    ['or as the zip they are', 'name: other, skip-decompress: true', ['./other.zip']],
  ])('%s', async (_behaviour, inputs, expected) => {
    const ran = await run(BOTH + download(`path: got${inputs === '' ? '' : `, ${inputs}`}`) + find);
    expect(files(ran)).toEqual(expected);
    expect(ran.conclusion).toBe('success');
  });

  test('download-path tells where; without a path it is the workspace, with ~ the home folder', async () => {
    const ran = await run(
      `${BOTH}  - run: rm -r out other\n${download('name: other', 'a')}${download('name: other, path: ~/here', 'b')}
  - run: test -e e.txt && test -e ~/here/e.txt && test "\${{ steps.a.outputs.download-path }}" = "$PWD" && test "\${{ steps.b.outputs.download-path }}" = "$HOME/here"`,
    );
    expect(ran.conclusion).toBe('success');
  });

  test.each([
    ['name: none', /^Unable to download artifact\(s\): Artifact not found for name: none$/],
    ['artifact-ids: "999999"', /None of the provided artifact IDs were found/],
    ['artifact-ids: one', /Invalid artifact ID: 'one'\. Must be a number/],
    ['artifact-ids: "1", name: out', /cannot be used together/],
    ['name: out, run-id: 5', /needs a `github-token` with actions: read/],
    ['name: out, digest-mismatch: maybe', /Invalid value for 'digest-mismatch'/],
  ])('%s fails', async (inputs, message) => {
    const ran = await run(BOTH + download(inputs));
    expect(messages(ran, 'error')).toEqual([expect.stringMatching(message)]);
    expect(ran.conclusion).toBe('failure');
  });

  test('what is not what was uploaded is not unpacked, unless that is asked for', async () => {
    await run(BOTH);
    const artifact = world.state.artifacts.find((one) => one.runId === runId && one.name === 'other');
    const file = artifact?.file ?? '';
    const other = world.state.artifacts.find((one) => one.runId === runId && one.name === 'out')?.file ?? '';
    writeFileSync(file, readFileSync(other));
    const failing = await run(`\nsteps:\n${download('name: other, path: got')}`);
    expect(messages(failing, 'error')).toEqual([
      expect.stringMatching(/Artifact 'other' digest validation failed\. Expected sha256:[0-9a-f]{64}, got sha256:[0-9a-f]{64}\.$/),
    ]);
    const warning = await run(`\nsteps:\n${download('name: other, path: got, digest-mismatch: warn')}${find}`);
    expect(messages(warning, 'warning')).toHaveLength(1);
    expect(files(warning)).toContain('./a.txt');
  });

  test('what has expired is not there any more', async () => {
    await run(BOTH);
    world.clock.advance(91 * 86_400_000);
    const ran = await run(`\nsteps:\n${download('name: out')}`);
    expect(messages(ran, 'error')).toEqual([expect.stringContaining('Artifact not found for name: out')]);
  });
});

describe(`actions/download-artifact of another run, over the API (${DOWNLOAD})`, () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await startSandbox({ repositoryPath: world.repository.path });
  });
  afterEach(() => sandbox.close());

  const overApi = async (permissions: Record<string, 'read'>, inputs: string, later = 0): Promise<Ran> => {
    const { id } = sandbox.given.run({ headSha: world.repository.sha('main') });
    const artifacts = createArtifactStore({
      state: sandbox.state,
      clock: sandbox.clock,
      folder: join(world.folder, `artifacts-${id}-${runId}`),
    });
    const options = { artifacts, variables: { GITHUB_API_URL: sandbox.apiUrl } };
    await run(BOTH, { ...options, runId: id });
    sandbox.clock.advance(later);
    const token = sandbox.token({ permissions });
    return run(`\nsteps:\n${download(`github-token: ${token}, run-id: ${id}, path: got, ${inputs}`)}${find}`, options);
  };

  test('with actions: read it is downloaded', async () => {
    const ran = await overApi({ actions: 'read' }, 'name: other');
    expect(messages(ran, 'error')).toEqual([]);
    expect(files(ran)).toEqual(['./e.txt']);
    const operations = sandbox.requests.all.map(({ operation }) => operation).filter((operation) => operation !== null);
    expect(operations).toEqual(['actions/list-workflow-run-artifacts', 'actions/download-artifact']);
    expect(sandbox.violations).toEqual([]);
  });

  test('without it, it is refused', async () => {
    const ran = await overApi({}, 'name: other');
    expect(messages(ran, 'error')).toEqual([expect.stringMatching(/^Unable to download artifact\(s\): .*\((403|404)\)$/)]);
    expect(files(ran)).toEqual([]);
  });

  test('what has expired is refused', async () => {
    const ran = await overApi({ actions: 'read' }, 'name: other', 91 * 86_400_000);
    expect(messages(ran, 'error')).toEqual(['Unable to download artifact(s): Artifact has expired (410)']);
  });
});
