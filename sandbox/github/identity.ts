/** The OpenID provider for jobs: signs who a job is, and publishes the key. As on GitHub Enterprise Server, it lives below `/_services/token`. */
import { createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

const PLACE = '/_services/token';

/** What GitHub says about a job. */
export interface JobIdentity {
  readonly runId: number;
  readonly attempt: number;
  /** Of the job; `null`: it names none. */
  readonly environment: string | null;
  /** Signed by somebody else. */
  readonly forged?: boolean;
}

export class IdentityProvider {
  readonly #jobs = new Map<string, JobIdentity>();
  #keys: { publicKey: KeyObject; privateKey: KeyObject } | null = null;

  /** Variables that a job with `id-token: write` finds. */
  variablesFor(webUrl: string, job: JobIdentity): Readonly<Record<string, string>> {
    const token = randomBytes(18).toString('hex');
    this.#jobs.set(token, job);
    return { ACTIONS_ID_TOKEN_REQUEST_URL: `${webUrl}${PLACE}/request?api-version=2.0`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token };
  }

  /** @returns status and body; `null` for an address that is not of here */
  answer(address: URL, bearer: string | null, webUrl: string, repository: string): { status: number; body: unknown } | null {
    if (!address.pathname.startsWith(`${PLACE}/`)) return null;
    if (address.pathname === `${PLACE}/.well-known/jwks`) {
      return {
        status: 200,
        body: { keys: [{ ...this.#pair().publicKey.export({ format: 'jwk' }), kid: 'sandbox', use: 'sig', alg: 'RS256' }] },
      };
    }
    const job = bearer === null ? undefined : this.#jobs.get(bearer);
    if (job === undefined) return { status: 401, body: { message: 'Unauthorized' } };
    const claims = {
      iss: `${webUrl}${PLACE}`,
      aud: address.searchParams.get('audience') ?? webUrl,
      sub: `repo:${repository}:${job.environment === null ? 'ref' : `environment:${job.environment}`}`,
      repository,
      run_id: String(job.runId),
      run_attempt: String(job.attempt),
      ...(job.environment === null ? {} : { environment: job.environment }),
    };
    const { privateKey } = job.forged === true ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : this.#pair();
    return { status: 200, body: { value: signed(claims, privateKey) } };
  }

  #pair(): { publicKey: KeyObject; privateKey: KeyObject } {
    this.#keys ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
    return this.#keys;
  }
}

function signed(claims: unknown, key: KeyObject): string {
  const parts = [{ typ: 'JWT', alg: 'RS256', kid: 'sandbox' }, claims];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
}
