/** Global ids as GraphQL hands them out: opaque for clients, readable for the sandbox. */

const PREFIX: Readonly<Record<string, string>> = { Repository: 'R', User: 'U', Deployment: 'DE', WorkflowRun: 'WFR', Environment: 'EN' };

/** Kinds whose ids look the way GitHub's own do: the number of the repository and of the thing, in MessagePack. */
const NUMBERED = ['Deployment', 'WorkflowRun'];
const REPOSITORY = 1;

export function nodeId(type: string, key: string | number): string {
  const prefix = PREFIX[type] ?? type.replace(/[a-z]/g, '');
  const content = NUMBERED.includes(type) ? numbered(Number(key)) : Buffer.from(`${type}:${key}`);
  return `${prefix}_${content.toString('base64url')}`;
}

/** `[0, REPOSITORY, key]`, the repository in four bytes and the key in eight. */
function numbered(key: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.set([0x93, 0x00, 0xce], 0);
  bytes.writeUInt32BE(REPOSITORY, 3);
  bytes[7] = 0xcf;
  bytes.writeBigUInt64BE(BigInt(key), 8);
  return bytes;
}

/** What an id stands for; `null` when the sandbox never gave it out. */
export function readNodeId(id: string): { type: string; key: string } | null {
  const content = Buffer.from(id.slice(id.indexOf('_') + 1), 'base64url');
  const kind = NUMBERED.find((type) => id.startsWith(`${PREFIX[type]}_`));
  const read = kind === undefined ? readNamed(content.toString('utf8')) : readNumbered(kind, content);
  return read === null || nodeId(read.type, read.key) !== id ? null : read;
}

function readNumbered(type: string, content: Buffer): { type: string; key: string } | null {
  return content.length === 16 ? { type, key: String(content.readBigUInt64BE(8)) } : null;
}

function readNamed(text: string): { type: string; key: string } | null {
  const [, type, key] = /^([A-Za-z]+):(.+)$/.exec(text) ?? [];
  return type === undefined || key === undefined ? null : { type, key };
}
