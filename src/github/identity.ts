import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import * as z from 'zod/mini';
import type { Read } from '../decision/evidence.ts';
import { httpTransport, type Transport } from './transport.ts';

/** What the identity of a job is asked with, and what it must say to be this job's. */
export interface IdentityQuestion {
  /** Where the runner gives a token for the job, and what with; empty without the permission `id-token: write`. */
  readonly requestUrl: string;
  readonly requestToken: string;
  readonly serverUrl: string;
  readonly repository: string;
  readonly run: { readonly id: number; readonly attempt: number };
  /** For each of two requests, milliseconds. */
  readonly timeout: number;
}

const AUDIENCE = 'promote-action';

/**
 * The environment of the job, as GitHub itself signs it: GitHub lets a job that names an environment start only once its rules are met, so the name in a
 * job's identity says that GitHub held it. Two requests, to the runner's own address and for GitHub's keys; none to the API.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 * @returns the environment, or why nothing proves one
 */
export async function readHeldEnvironment(question: IdentityQuestion): Promise<Read<string>> {
  if (question.requestUrl === '' || question.requestToken === '') {
    return { read: false, why: 'the job has no permission "id-token: write", so GitHub gives it no identity' };
  }
  try {
    return await heldEnvironment(question, httpTransport(question.timeout));
  } catch (error) {
    return { read: false, why: `its identity could not be read: ${error instanceof Error ? error.message : 'no answer'}` };
  }
}

const claimsSchema = z.object({
  iss: z.string(),
  aud: z.string(),
  repository: z.string(),
  run_id: z.coerce.number(),
  run_attempt: z.coerce.number(),
  environment: z.optional(z.string()),
});

async function heldEnvironment(question: IdentityQuestion, send: Transport): Promise<Read<string>> {
  const token = await tokenOf(question, send);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const issuer = issuerOf(question.serverUrl);
  const claims = claimsSchema.safeParse(decoded(payload));
  const { kid, alg } = z.object({ kid: z.string(), alg: z.string() }).parse(decoded(header));
  if (!claims.success || alg !== 'RS256') return { read: false, why: 'its identity is not as GitHub describes it' };
  const { iss, aud, repository, run_id: id, run_attempt: attempt, environment } = claims.data;
  // Enterprises may have their name added to the issuer's.
  if (iss !== issuer && !iss.startsWith(`${issuer}/`)) return { read: false, why: `its identity was issued by ${JSON.stringify(iss)}` };
  const key = await keyOf(issuer, kid, send);
  const isSigned = key !== null && verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
  if (!isSigned) return { read: false, why: 'its identity is not signed by GitHub' };
  const isOurs = aud === AUDIENCE && repository.toLowerCase() === question.repository.toLowerCase();
  if (!isOurs || id !== question.run.id || attempt !== question.run.attempt)
    return { read: false, why: 'its identity is that of another job' };
  if (environment === undefined) return { read: false, why: 'it has no "environment:", so GitHub held it for nobody' };
  return { read: true, value: environment };
}

async function tokenOf({ requestUrl, requestToken }: IdentityQuestion, send: Transport): Promise<string> {
  const url = new URL(requestUrl);
  url.searchParams.set('audience', AUDIENCE);
  const { status, text } = await send(url.href, {
    method: 'GET',
    headers: { authorization: `Bearer ${requestToken}`, accept: 'application/json' },
  });
  if (status !== 200) throw new Error(`GitHub answered ${status}`);
  return z.object({ value: z.string() }).parse(JSON.parse(text)).value;
}

/** Fixed by the server that the job runs on: a token that names another issuer proves nothing. */
function issuerOf(serverUrl: string): string {
  const { protocol, hostname } = new URL(serverUrl);
  if (hostname === 'github.com') return 'https://token.actions.githubusercontent.com';
  return hostname.endsWith('.ghe.com') ? `${protocol}//token.actions.${hostname}` : `${serverUrl}/_services/token`;
}

const keysSchema = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) });

async function keyOf(issuer: string, kid: string, send: Transport) {
  const { status, text } = await send(`${issuer}/.well-known/jwks`, { method: 'GET', headers: { accept: 'application/json' } });
  if (status !== 200) throw new Error(`GitHub answered ${status} to the question for its keys`);
  const key = keysSchema.parse(JSON.parse(text)).keys.find((one) => one.kid === kid);
  return key === undefined ? null : createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
}

function decoded(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
}
