import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, messages, type World } from './one-job.ts';

let world: World;
beforeAll(() => {
  world = createWorld();
});
afterAll(() => world.close());

const ATTEST = 'actions/attest@1e69f48acb82d1966a394da916b4c1698aa569d6';
const SETUP_NODE = 'actions/setup-node@820762786026740c76f36085b0efc47a31fe5020';
const MAY = { 'id-token': 'write', attestations: 'write' } as const;
const DIGEST = `sha256:${'ab'.repeat(32)}`;

interface Statement {
  readonly subject: readonly unknown[];
  readonly predicateType: string;
  readonly predicate: { readonly buildDefinition: { readonly resolvedDependencies: readonly unknown[] } };
}

describe('actions/attest (https://github.com/actions/attest#usage)', () => {
  const job = (inputs: string): string => `
outputs: { path: "\${{ steps.it.outputs.bundle-path }}", id: "\${{ steps.it.outputs.attestation-id }}", url: "\${{ steps.it.outputs.attestation-url }}" }
steps:
  - run: printf hello > one.bin; printf world > two.bin
  - { id: it, uses: ${ATTEST}, with: { ${inputs} } }`;
  const statementOf = (path: string): Statement => {
    const bundle = JSON.parse(readFileSync(path, 'utf8')) as { dsseEnvelope: { payload: string; signatures: readonly { sig: string }[] } };
    expect(bundle.dsseEnvelope.signatures[0]?.sig).toMatch(/^[A-Za-z0-9+/]{86}==$/);
    return JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()) as Statement;
  };

  test('a subject by its digest: a bundle with its statement, and outputs', async () => {
    const ran = await world.run(job(`subject-name: shop, subject-digest: "${DIGEST}"`), { permissions: MAY });
    expect(ran).toMatchObject({ conclusion: 'success', outputs: { id: expect.stringMatching(/^\d+$/) } });
    expect(ran.outputs['url']).toBe(`https://github.com/octo-org/shop/attestations/${ran.outputs['id']}`);
    expect(ran.summary).toContain(ran.outputs['url']);
    const { subject, predicate, predicateType } = statementOf(ran.outputs['path'] ?? '');
    expect(subject).toEqual([{ name: 'shop', digest: { sha256: 'ab'.repeat(32) } }]);
    expect(predicateType).toBe('https://slsa.dev/provenance/v1');
    expect(predicate.buildDefinition.resolvedDependencies).toEqual([
      { uri: 'git+https://github.com/octo-org/shop@refs/heads/main', digest: { gitCommit: world.repository.sha('main') } },
    ]);
  });

  test('subjects by path', async () => {
    const ran = await world.run(job("subject-path: '*.bin'"), { permissions: MAY });
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    expect(statementOf(ran.outputs['path'] ?? '').subject).toEqual([
      { name: 'one.bin', digest: { sha256: sha256('hello') } },
      { name: 'two.bin', digest: { sha256: sha256('world') } },
    ]);
  });

  test.each([
    ['without id-token: write', { attestations: 'write' }, /missing "id-token" permission/],
    ['without attestations: write', { 'id-token': 'write', attestations: 'read' }, /missing "attestations" permission/],
  ] as const)('%s it is refused', async (_what, permissions, message) => {
    const ran = await world.run(job("subject-path: '*.bin'"), { permissions });
    expect(messages(ran, 'error')).toEqual([expect.stringMatching(message)]);
    expect(ran).toMatchObject({ conclusion: 'failure', outputs: {} });
  });

  test.each([
    ['', /One of subject-path or subject-digest/],
    ["subject-path: '*.none'", /Could not find subject at path \*\.none/],
    ['subject-digest: "sha256:1", subject-name: a', /must be in the format/],
    [`subject-digest: "${DIGEST}"`, /subject-name must be provided/],
    ["subject-path: '*.bin', sbom-path: sbom.json", /does not take `sbom-path: sbom\.json`: it attests provenance only/],
  ])('{ %s } is refused', async (inputs, message) => {
    const ran = await world.run(job(inputs), { permissions: MAY });
    expect(messages(ran, 'error')).toEqual([expect.stringMatching(message)]);
  });
});

describe('actions/setup-node (https://github.com/actions/setup-node#usage)', () => {
  test("the sandbox's own Node.js comes first, and which one it is, is said", async () => {
    const ran = await world.run(`
steps:
  - { id: it, uses: ${SETUP_NODE}, with: { node-version: 22, package-manager-cache: false } }
  - run: echo "\${{ steps.it.outputs.node-version }}"; node -p process.execPath`);
    expect(ran.said).toEqual([`Node.js ${process.version} of the sandbox, where 22 was asked for`, process.version, process.execPath]);
  });

  test.each([
    ['cache: npm', /does not take `cache: npm`: it has no cache/],
    ['registry-url: https://registry.example.com', /it does not configure npm/],
    ['node-version-file: .nvmrc', /version file at: .*\.nvmrc does not exist/],
  ])('%s is refused', async (inputs, message) => {
    const ran = await world.run(`\nsteps:\n  - { uses: ${SETUP_NODE}, with: { ${inputs} } }`);
    expect(messages(ran, 'error')).toEqual([expect.stringMatching(message)]);
  });
});
