/** GitHub's own description of its REST API, as far as the sandbox serves it: which operation a request is, and whether it and the answer are as described. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { OperationId } from './operations.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: { readonly type?: string; readonly default?: unknown };
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: { readonly properties?: Readonly<Record<string, unknown>>; readonly additionalProperties?: unknown } | null;
  readonly bodyRequired: boolean;
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Extract {
  readonly source: string;
  readonly operations: Readonly<Record<OperationId, Operation>>;
  readonly schemas: Readonly<Record<string, unknown>>;
  /** `METHOD /path` of what GitHub has and the sandbox has not, with its operation id. */
  readonly others: Readonly<Record<string, string>>;
}

interface Route {
  readonly id: OperationId;
  readonly method: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

export interface MatchedOperation {
  readonly id: OperationId;
  readonly path: Readonly<Record<string, string>>;
}

/** Path parameters that may hold slashes. */
const WITH_SLASHES = new Set(['ref', 'path', 'branch', 'basehead']);

let loaded: { extract: Extract; ajv: Ajv; routes: readonly Route[] } | null = null;

function load(): NonNullable<typeof loaded> {
  if (loaded !== null) return loaded;
  const extract = JSON.parse(readFileSync(join(import.meta.dirname, 'openapi-extract.json'), 'utf8')) as Extract;
  // Not strict: the description uses formats (int64, timezone) and annotations that JSON Schema does not know.
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'github.json', operations: extract.operations, schemas: extract.schemas });
  const routes = Object.entries(extract.operations)
    .map(([id, { method, path }]) => ({
      id: id as OperationId,
      method,
      ...compilePath(path),
      literals: path.split('/').filter((part) => !part.startsWith('{')).length,
    }))
    .sort((a, b) => b.literals - a.literals);
  loaded = { extract, ajv, routes };
  return loaded;
}

function compilePath(template: string): { pattern: RegExp; names: string[] } {
  const names: string[] = [];
  const source = template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name);
    return WITH_SLASHES.has(name) ? '(.+)' : '([^/]+)';
  });
  return { pattern: new RegExp(`^${source}$`), names };
}

/** Which operation a request is; `null` when the sandbox serves none of that address. */
export function matchOperation(method: string, path: string): MatchedOperation | null {
  for (const route of load().routes) {
    if (route.method !== method) continue;
    const found = route.pattern.exec(path);
    if (found === null) continue;
    return { id: route.id, path: Object.fromEntries(route.names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')])) };
  }
  return null;
}

/** GitHub's id of an operation that the sandbox does not serve; `null` when GitHub has no such operation either. */
export function unservedOperation(method: string, path: string): string | null {
  for (const [key, id] of Object.entries(load().extract.others)) {
    const space = key.indexOf(' ');
    if (key.slice(0, space) === method && compilePath(key.slice(space + 1)).pattern.test(path)) return id;
  }
  return null;
}

function validator(pointer: string): ValidateFunction {
  const found = load().ajv.getSchema(`github.json#${pointer}`);
  if (found === undefined) throw new Error(`sandbox: nothing at ${pointer} in the OpenAPI extract`);
  return found;
}

function complaints(pointer: string, value: unknown, subject: string): string[] {
  const validate = validator(pointer);
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => `${subject}${error.instancePath} ${error.message ?? 'is not as described'}`);
}

function operationPointer(id: OperationId): string {
  return `/operations/${id.replaceAll('/', '~1')}`;
}

export type QueryValues = Readonly<Record<string, string | number | boolean>>;

/** Query values as their schemas type them, defaults filled in; and what is wrong with them. */
export function readQuery(id: OperationId, query: URLSearchParams): { values: QueryValues; problems: string[] } {
  const parameters = load().extract.operations[id].parameters;
  const values: Record<string, string | number | boolean> = {};
  const problems: string[] = [];
  for (const [name, text] of query) {
    const index = parameters.findIndex((parameter) => parameter.in === 'query' && parameter.name === name);
    const parameter = parameters[index];
    if (parameter === undefined) {
      problems.push(`${id} has no query parameter "${name}"`);
      continue;
    }
    const value = typed(text, parameter.schema.type);
    problems.push(...complaints(`${operationPointer(id)}/parameters/${index}/schema`, value, `query parameter "${name}"`));
    values[name] = value;
  }
  for (const { in: place, name, schema } of parameters) {
    const preset = schema.default;
    if (place === 'query' && values[name] === undefined && (typeof preset === 'string' || typeof preset === 'number'))
      values[name] = preset;
  }
  return { values, problems };
}

function typed(text: string, type: string | undefined): string | number | boolean {
  if (type === 'integer') return /^-?\d+$/.test(text) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

/** What is wrong with the path parameters. */
export function checkPath(id: OperationId, path: Readonly<Record<string, string>>): string[] {
  return load().extract.operations[id].parameters.flatMap((parameter, index) => {
    if (parameter.in !== 'path') return [];
    const value = typed(path[parameter.name] ?? '', parameter.schema.type);
    return complaints(`${operationPointer(id)}/parameters/${index}/schema`, value, `path parameter "${parameter.name}"`);
  });
}

/** What is wrong with a request's body. Keys that the description does not know are wrong, too: GitHub would ignore them in silence. */
export function checkBody(id: OperationId, body: unknown): string[] {
  const { body: schema, bodyRequired } = load().extract.operations[id];
  if (schema === null) return body === undefined ? [] : [`${id} takes no body`];
  if (body === undefined) return bodyRequired ? [`${id} needs a body`] : [];
  return [...unknownKeys(id, schema, body), ...complaints(`${operationPointer(id)}/body`, body, 'body')];
}

function unknownKeys(id: OperationId, schema: NonNullable<Operation['body']>, body: unknown): string[] {
  if (schema.properties === undefined || schema.additionalProperties !== undefined || typeof body !== 'object' || body === null) return [];
  const known = schema.properties;
  return Object.keys(body)
    .filter((key) => !(key in known))
    .map((key) => `${id} has no body parameter "${key}"`);
}

/**
 * What is wrong with an answer. Statuses from 400 that the description does not list for an operation (401, 429, 5xx …) are
 * checked against GitHub's general error.
 */
export function checkAnswer(id: OperationId, status: number, body: unknown): string[] {
  const responses = load().extract.operations[id].responses;
  const schema = responses[String(status)];
  if (schema === undefined && status < 400) return [`${id} never answers ${status}`];
  if (schema === undefined) return complaints('/schemas/basic-error', body, 'answer');
  return schema === null ? [] : complaints(`${operationPointer(id)}/responses/${status}`, body, `answer ${status}`);
}
