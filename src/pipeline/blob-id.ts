import { createHash } from 'node:crypto';

/**
 * The id git gives a file's content: 40 hexadecimal digits. It is what GitHub returns as a blob's oid, so a local file, the
 * default branch's file and a candidate's copy can be compared without reading all of them. Text counts as UTF-8.
 */
export function blobId(content: string | Uint8Array): string {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}
