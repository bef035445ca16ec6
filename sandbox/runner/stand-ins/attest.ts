/**
 * actions/attest v4: an in-toto statement of provenance in a Sigstore bundle, signed with a key that nobody keeps. No transparency
 * log, no certificate: it shows what a workflow attests, not who did.
 * https://github.com/actions/attest
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findFiles } from '../job/file-search.ts';
import type { StandIn, StandInCall } from './stand-in.ts';

const PROVENANCE = 'https://slsa.dev/provenance/v1';
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const ONLY_PROVENANCE = 'it attests provenance only.';
const NO_REGISTRY = 'it has no container registry.';

export const attest: StandIn = {
  name: 'actions/attest',
  inputs: {
    'subject-path': { default: '' },
    'subject-digest': { default: '' },
    'subject-name': { default: '' },
    'subject-checksums': { default: '', only: 'name the subject by path or digest.' },
    'subject-version': { default: '', only: 'it has no storage records.' },
    'sbom-path': { default: '', only: ONLY_PROVENANCE },
    'predicate-type': { default: '', only: ONLY_PROVENANCE },
    predicate: { default: '', only: ONLY_PROVENANCE },
    'predicate-path': { default: '', only: ONLY_PROVENANCE },
    'push-to-registry': { default: 'false', only: NO_REGISTRY },
    'create-storage-record': { default: 'true' },
    'show-summary': { default: 'true' },
    'github-token': { default: '' },
  },

  async main(call) {
    needPermission(call, 'id-token');
    needPermission(call, 'attestations');
    const subject = subjects(call);
    const statement = { _type: 'https://in-toto.io/Statement/v1', subject, predicateType: PROVENANCE, predicate: provenance(call) };
    const signed = bundle(Buffer.from(JSON.stringify(statement)));
    for (const { digest } of subject) call.ports.artifacts.attest(`sha256:${digest.sha256}`, signed);
    const text = JSON.stringify(signed);
    mkdirSync(call.temp, { recursive: true });
    const path = join(mkdtempSync(join(call.temp, 'attestation-')), 'attestation.json');
    writeFileSync(path, text);
    appendFileSync(join(call.temp, 'created_attestation_paths.txt'), `${path}\n`);
    // The same attestation has the same id: nothing here counts up.
    const id = String(Number.parseInt(createHash('sha256').update(JSON.stringify(statement)).digest('hex').slice(0, 8), 16));
    const url = `${call.github('server_url')}/${call.github('repository')}/attestations/${id}`;
    call.log(`Attestation created for ${subject.length} subject${subject.length === 1 ? '' : 's'}`);
    call.log(`Attestation uploaded to repository: ${url}`);
    if (call.flag('show-summary'))
      call.addSummary(`### Attestation Created\n\n- [${subject.map(({ name }) => name).join(', ')}](${url})\n`);
    call.setOutput('bundle-path', path);
    call.setOutput('attestation-id', id);
    call.setOutput('attestation-url', url);
  },
};

function needPermission({ request }: StandInCall, name: string): void {
  if (request.permissions[name] === 'write') return;
  throw new Error(`missing "${name}" permission. Please add "permissions: ${name}: write" to your workflow.`);
}

interface Subject {
  readonly name: string;
  readonly digest: { readonly sha256: string };
}

function subjects(call: StandInCall): readonly Subject[] {
  const { input, workspace, home } = call;
  const [path, digest, name] = [input('subject-path'), input('subject-digest'), input('subject-name')];
  if ((path === '') === (digest === '')) throw new Error('One of subject-path or subject-digest must be provided, and only one of them');
  if (digest !== '') {
    const sha256 = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
    if (sha256 === undefined) throw new Error('subject-digest must be in the format "sha256:<hex-digest>"');
    if (name === '') throw new Error('subject-name must be provided when using subject-digest');
    return [{ name, digest: { sha256 } }];
  }
  const { files } = findFiles(path.replaceAll(',', '\n'), { folder: workspace, home });
  if (files.length === 0) throw new Error(`Could not find subject at path ${path}`);
  return files.map((file) => ({
    name: name === '' ? basename(file) : name,
    digest: { sha256: createHash('sha256').update(readFileSync(file)).digest('hex') },
  }));
}

/** Who built what from where, in the words of the SLSA provenance of GitHub's own builds. */
function provenance({ github, request }: StandInCall): unknown {
  const repository = `${github('server_url')}/${github('repository')}`;
  const [path = '', ref = ''] = github('workflow_ref')
    .replace(`${github('repository')}/`, '')
    .split('@');
  return {
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: { workflow: { ref, repository, path } },
      internalParameters: { github: { event_name: github('event_name'), runner_environment: 'github-hosted' } },
      resolvedDependencies: [{ uri: `git+${repository}@${github('ref')}`, digest: { gitCommit: github('sha') } }],
    },
    runDetails: {
      builder: { id: `${github('server_url')}/${builder(request)}` },
      metadata: { invocationId: `${repository}/actions/runs/${request.runId}/attempts/${request.attempt}` },
    },
  };
}

/** The workflow file in which the attesting job stands, as GitHub's certificate names it. */
function builder({ contexts }: StandInCall['request']): string {
  const job = contexts['job'] as { readonly workflow_ref?: string } | undefined;
  return job?.workflow_ref ?? '';
}

function bundle(payload: Buffer): Readonly<Record<string, unknown>> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  // What DSSE has signed: the payload with its type and both lengths before it.
  const message = Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);
  const hint = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint } },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: sign(null, message, privateKey).toString('base64') }],
    },
  };
}
