import { NotServed, type Reply, type RestContext } from '../context.ts';
import type { OperationId } from '../operations.ts';
import type { Needed } from '../tokens.ts';

/** One operation: what the token needs for it, and how it is answered. Endpoints throw `Refusal` to say no. */
export interface Endpoint {
  readonly needs: Needed;
  serve(context: RestContext): Reply | Promise<Reply>;
}

export type Endpoints<Id extends OperationId> = Readonly<Record<Id, Endpoint>>;

export function ok(body: unknown): Reply {
  return { status: 200, body };
}

export function reads(permission: Needed['permission'], serve: Endpoint['serve']): Endpoint {
  return { needs: { permission, level: 'read' }, serve };
}

export function writes(permission: Needed['permission'], serve: Endpoint['serve']): Endpoint {
  return { needs: { permission, level: 'write' }, serve };
}

/** Refuses query parameters that the sandbox does not act on, rather than ignore them. */
export function refuseQuery(context: RestContext, ...names: string[]): void {
  for (const name of names) if (context.query[name] !== undefined) throw new NotServed(`query parameter "${name}" is not served`);
}

/** One page of a list, with GitHub's `Link` header. */
export function page<T>(
  context: RestContext,
  address: string,
  items: readonly T[],
  build: (item: T) => unknown | Promise<unknown>,
): Promise<Reply> {
  return pageOf(context, address, items, build, (built) => built);
}

export async function pageOf<T>(
  context: RestContext,
  address: string,
  items: readonly T[],
  build: (item: T) => unknown | Promise<unknown>,
  wrap: (built: unknown[]) => unknown,
): Promise<Reply> {
  const size = Math.min(Math.max(Number(context.query['per_page'] ?? 30), 1), 100);
  const number = Math.max(Number(context.query['page'] ?? 1), 1);
  const last = Math.max(Math.ceil(items.length / size), 1);
  const shown = items.slice((number - 1) * size, number * size);
  const body = wrap(await Promise.all(shown.map(build)));
  const links: string[] = [];
  const link = (to: number, relation: string) => links.push(`<${address}?${pageQuery(context, size, to)}>; rel="${relation}"`);
  if (number > 1) link(number - 1, 'prev');
  if (number < last) link(number + 1, 'next');
  if (number < last) link(last, 'last');
  if (number > 1) link(1, 'first');
  return { status: 200, body, ...(links.length === 0 ? {} : { headers: { link: links.join(', ') } }) };
}

function pageQuery(context: RestContext, size: number, number: number): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(context.query)) query.set(name, String(value));
  query.set('per_page', String(size));
  query.set('page', String(number));
  return query.toString();
}

/** The body as an object; its shape was checked against the description before. */
export function bodyOf(context: RestContext): Readonly<Record<string, unknown>> {
  return typeof context.body === 'object' && context.body !== null ? (context.body as Record<string, unknown>) : {};
}

/** A text in the body, or what stands in for it. */
export function textIn(body: Readonly<Record<string, unknown>>, key: string, preset: string): string {
  const value = body[key];
  return typeof value === 'string' ? value : preset;
}
