import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) for one password. Without channel binding: whoever is here comes over loopback.
 */
export class ScramVerifier {
  private readonly salt = randomBytes(16);
  private readonly iterations = 4096;
  private readonly storedKey: Buffer;
  private readonly serverKey: Buffer;

  constructor(password: string) {
    const salted = pbkdf2Sync(password, this.salt, this.iterations, 32, 'sha256');
    this.storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
    this.serverKey = hmac(salted, 'Server Key');
  }

  /** @param first what the client begins with; `null` when it is none of this mechanism */
  begin(first: string): ScramExchange | null {
    const found = /^([ny]),(?:a=[^,]*)?,(n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+).*)$/s.exec(first);
    if (found === null) return null;
    const [, flag = '', bare = '', nonce = ''] = found;
    const shared = nonce + randomBytes(18).toString('base64');
    const challenge = `r=${shared},s=${this.salt.toString('base64')},i=${this.iterations}`;
    return { challenge, finish: (last) => this.finish(last, `${bare},${challenge}`, shared, gs2Header(first, flag)) };
  }

  private finish(last: string, before: string, nonce: string, header: string): string | null {
    const found = /^(c=([^,]*),r=([^,]*)),p=([^,]*)$/.exec(last);
    if (found === null) return null;
    const [, withoutProof = '', binding = '', returned = '', proof = ''] = found;
    if (returned !== nonce || binding !== Buffer.from(header).toString('base64')) return null;
    const message = `${before},${withoutProof}`;
    const clientKey = xor(hmac(this.storedKey, message), Buffer.from(proof, 'base64'));
    if (clientKey === null || !timingSafeEqual(createHash('sha256').update(clientKey).digest(), this.storedKey)) return null;
    return `v=${hmac(this.serverKey, message).toString('base64')}`;
  }
}

export interface ScramExchange {
  readonly challenge: string;
  /** @returns what proves the server to the client; `null`: the password was wrong */
  readonly finish: (last: string) => string | null;
}

function gs2Header(first: string, flag: string): string {
  return `${flag},${first.slice(2, first.indexOf(',', 2) + 1)}`;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function xor(one: Buffer, other: Buffer): Buffer | null {
  return one.length === other.length ? Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0))) : null;
}
