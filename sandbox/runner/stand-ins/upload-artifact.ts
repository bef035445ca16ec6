/**
 * actions/upload-artifact v7: what the patterns find becomes one zip, the same bytes for the same files; with `archive: false` one file
 * stays as it is and gives the artifact its name.
 * https://github.com/actions/upload-artifact
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, extname, relative } from 'node:path';
import { type ZipOptions, type Zippable, zipSync } from 'fflate';
import { type FileSearch, findFiles } from '../job/file-search.ts';
import type { StandIn, StandInCall } from './stand-in.ts';

const DEFAULT_RETENTION_DAYS = 90;

export const uploadArtifact: StandIn = {
  name: 'actions/upload-artifact',
  inputs: {
    name: { default: 'artifact' },
    path: { default: '' },
    'if-no-files-found': { default: 'warn' },
    'retention-days': { default: '' },
    'compression-level': { default: '6' },
    overwrite: { default: 'false' },
    'include-hidden-files': { default: 'false' },
    archive: { default: 'true' },
  },

  async main(call) {
    const given = artifactName(call.input('name'));
    const patterns = call.input('path');
    if (patterns === '') throw new Error('Input required and not supplied: path');
    const level = compressionLevel(call.input('compression-level'));
    const days = retentionDays(call);
    const withoutHidden = !call.flag('include-hidden-files');
    const search = findFiles(patterns, { folder: call.workspace, home: call.home, withoutHidden });
    if (search.files.length === 0) return nothingFound(call, patterns);
    call.log(`With the provided path, there will be ${search.files.length} file${search.files.length === 1 ? '' : 's'} uploaded`);
    const { request, ports } = call;
    const { name, type, content } = call.flag('archive')
      ? { name: given, type: null, content: zipFiles(search, level) }
      : singleFile(search);
    if (call.flag('overwrite')) {
      const former = ports.artifacts.list(request.runId).findLast((artifact) => artifact.name === name);
      if (former !== undefined) ports.artifacts.remove(former.id);
    }
    const { runId, attempt } = request;
    const { id, digest, size } = ports.artifacts.upload({ runId, attempt, name, content, type, retentionDays: days });
    const hex = digest.replace('sha256:', '');
    const url = `${call.github('server_url')}/${call.github('repository')}/actions/runs/${request.runId}/artifacts/${id}`;
    call.log(`Artifact ${name} has been successfully uploaded! Final size is ${size} bytes. Artifact ID is ${id}`);
    call.log(`SHA256 digest of uploaded artifact ${type === null ? 'zip ' : ''}is ${hex}`);
    call.log(`Artifact download URL: ${url}`);
    call.setOutput('artifact-id', String(id));
    call.setOutput('artifact-url', url);
    call.setOutput('artifact-digest', hex);
  },
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** What is not archived is one file, called as it is called: the name that was given counts for nothing. */
function singleFile({ files }: FileSearch): { name: string; type: string; content: Buffer } {
  const [file = ''] = files;
  if (files.length > 1)
    throw new Error(`When 'archive' is set to false, only a single file can be uploaded. Found ${files.length} files to upload.`);
  return { name: artifactName(basename(file)), type: TYPES[extname(file)] ?? 'application/octet-stream', content: readFileSync(file) };
}

function artifactName(name: string): string {
  const bad = /["\\:<>|*?\r\n/]/.exec(name)?.[0];
  if (bad === undefined) return name;
  throw new Error(`The artifact name is not valid: ${name}. Contains the following character: ${JSON.stringify(bad)}`);
}

function compressionLevel(text: string): NonNullable<ZipOptions['level']> {
  const level = Number(text);
  if (!Number.isInteger(level) || level < 0 || level > 9) throw new Error('Invalid compression-level. Valid values are 0-9');
  return level as NonNullable<ZipOptions['level']>;
}

function retentionDays(call: StandInCall): number {
  const text = call.input('retention-days');
  const days = Number(text);
  if (!Number.isInteger(days) || days < 0) throw new Error('Invalid retention-days');
  if (days <= DEFAULT_RETENTION_DAYS) return days === 0 ? DEFAULT_RETENTION_DAYS : days;
  call.warning(
    `Retention days cannot be greater than the maximum allowed retention set within the repository. Using ${DEFAULT_RETENTION_DAYS} instead.`,
  );
  return DEFAULT_RETENTION_DAYS;
}

function nothingFound(call: StandInCall, patterns: string): void {
  const message = `No files were found with the provided path: ${patterns}. No artifacts will be uploaded.`;
  const behaviour = call.input('if-no-files-found');
  if (behaviour === 'error') throw new Error(message);
  if (behaviour === 'warn') call.warning(message);
  else if (behaviour === 'ignore') call.log(message);
  else throw new Error(`Unrecognized if-no-files-found input. Provided: ${behaviour}. Available options: warn,error,ignore`);
}

/** Every file under its path from the artifact's root, sorted, with one time and one mode: GitHub keeps no permissions either. */
function zipFiles({ files, roots }: FileSearch, level: NonNullable<ZipOptions['level']>): Buffer {
  const root = rootOf(files, roots);
  const options: ZipOptions = { level, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16 };
  const entries: Zippable = {};
  for (const file of files) entries[relative(root, file)] = [new Uint8Array(readFileSync(file)), options];
  return Buffer.from(zipSync(entries));
}

/** One search path is the root itself; a single file lies in its folder's; of several it is what they have in common. */
function rootOf(files: readonly string[], roots: readonly string[]): string {
  const [first = '/'] = roots;
  if (roots.length === 1) return files.length === 1 && files[0] === first ? dirname(first) : first;
  const parts = roots.map((path) => path.split('/'));
  const common = (parts[0] ?? []).findIndex((part, index) => parts.some((other) => other[index] !== part));
  return (parts[0] ?? []).slice(0, common === -1 ? undefined : common).join('/') || '/';
}
