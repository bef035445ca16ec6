/**
 * The number inside one of GitHub's global ids (`DE_kwDOABCD…`): a prefix, then base64 of a MessagePack array whose last element is the
 * object's own number. The format is not documented. It is asked only where GraphQL types a number as `Int`, which has 32 bits, and the
 * number has outgrown it; `null` when the id does not have this shape.
 */
export function numberOfNodeId(id: string): number | null {
  const encoded = /^[A-Z]+_([A-Za-z0-9_-]+)$/.exec(id)?.[1];
  if (encoded === undefined) return null;
  const bytes = Buffer.from(encoded, 'base64url');
  const elements = (bytes[0] ?? 0) & 0x0f;
  if ((bytes[0] ?? 0) >> 4 !== 0x9 || elements < 2) return null;
  let at = 1;
  let number: number | null = null;
  for (let element = 0; element < elements; element += 1) {
    const read = unsigned(bytes, at);
    if (read === null) return null;
    number = read.value;
    at = read.end;
  }
  return at === bytes.length ? number : null;
}

/** Widths in bytes of MessagePack's unsigned integers by their leading byte (https://github.com/msgpack/msgpack/blob/master/spec.md#int-format-family). */
const WIDTHS: Readonly<Record<number, number>> = { 204: 1, 205: 2, 206: 4, 207: 8 };

function unsigned(bytes: Buffer, at: number): { value: number; end: number } | null {
  const lead = bytes[at];
  if (lead === undefined) return null;
  if (lead < 0x80) return { value: lead, end: at + 1 };
  const width = WIDTHS[lead];
  const end = at + 1 + (width ?? 0);
  if (width === undefined || end > bytes.length) return null;
  const value = width === 8 ? Number(bytes.readBigUInt64BE(at + 1)) : bytes.readUIntBE(at + 1, width);
  return Number.isSafeInteger(value) ? { value, end } : null;
}
