/**
 * What GitHub has and describes nowhere: *unpublished, described by us*, after what its changelog says. Nothing of it is checked against GitHub's description, and clients had
 * better take any other shape calmly.
 */
import { Refusal, type Reply, type RestContext } from '../context.ts';
import { mayDo } from '../tokens.ts';

const POLICIES = /^\/repos\/[^/]+\/[^/]+\/actions\/policies$/;

/** @returns `null` for an address that is published, or not here */
export function serveUnpublished(method: string, path: string, context: Pick<RestContext, 'state' | 'identity'>): Reply | null {
  if (method !== 'GET' || !POLICIES.test(path)) return null;
  const { executionPolicies } = context.state;
  if (executionPolicies === null) throw new Refusal(404, 'Not Found');
  if (!mayDo(context.state, context.identity, { permission: 'administration', level: 'read' }))
    throw new Refusal(403, 'Resource not accessible by integration');
  return { status: 200, body: executionPolicies };
}
