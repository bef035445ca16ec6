/**
 * Cuts out of GitHub's OpenAPI description what the sandbox needs: the operations it serves with every schema they refer to, and the
 * names of all others, so that the sandbox can tell "not served" from "GitHub has no such thing". The description is in OpenAPI 3.0's
 * dialect; what comes out is JSON Schema.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SERVED } from '../../sandbox/github/operations.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;
/** Keywords that describe and do not restrict. */
const SPOKEN = new Set([
  'description',
  'example',
  'examples',
  'title',
  'externalDocs',
  'deprecated',
  'discriminator',
  'xml',
  'readOnly',
  'writeOnly',
]);

/** The extract as JSON text. */
export function makeOpenApiExtract(): string {
  const description = readDescription();
  const operations: JsonObject = {};
  const others: JsonObject = {};
  const needed = new Set<string>();
  for (const [path, methods] of Object.entries(asObject(description['paths']))) {
    for (const method of METHODS) {
      const operation = asObject(methods)[method];
      if (operation === undefined) continue;
      const { operationId, ...rest } = asObject(operation);
      const id = String(operationId);
      if (!(SERVED as readonly string[]).includes(id)) others[`${method.toUpperCase()} ${path}`] = id;
      else operations[id] = extractOperation(description, method, path, rest, needed);
    }
  }
  const missing = SERVED.filter((id) => operations[id] === undefined);
  if (missing.length > 0) throw new Error(`GitHub's description knows no operation ${missing.join(', ')}`);
  const schemas = extractSchemas(description, needed);
  const source = JSON.stringify(`@octokit/openapi ${installedVersion()}`);
  return `{"source":${source},\n"operations":${lines(operations)},\n"schemas":${lines(schemas)},\n"others":${lines(others)}}\n`;
}

/** JSON with one line an entry, sorted, so that a new version of the description shows as the lines that changed. */
function lines(object: JsonObject): string {
  const names = Object.keys(object).sort();
  return `{\n${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(object[name])}`).join(',\n')}\n}`;
}

function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@octokit/openapi/package.json'));
}

function installedVersion(): string {
  return String(asObject(JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')))['version']);
}

function readDescription(): JsonObject {
  return asObject(JSON.parse(readFileSync(join(packageFolder(), 'generated', 'api.github.com.json'), 'utf8')));
}

function asObject(value: Json | undefined): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('an object was expected in the OpenAPI description');
  return value;
}

/** Follows a reference into `components`, but leaves schemas where they are. */
function resolved(description: JsonObject, value: Json | undefined): JsonObject {
  const object = asObject(value);
  const reference = object['$ref'];
  if (typeof reference !== 'string') return object;
  let target: Json | undefined = description;
  for (const part of reference.slice(2).split('/')) target = asObject(target)[part];
  return asObject(target);
}

function extractOperation(description: JsonObject, method: string, path: string, operation: JsonObject, needed: Set<string>): JsonObject {
  const parameters = ((operation['parameters'] ?? []) as Json[]).map((parameter) => {
    const { name, in: place, required, schema } = resolved(description, parameter);
    return { name: name ?? '', in: place ?? '', required: required ?? false, schema: parameterSchema(String(name), schema ?? {}, needed) };
  });
  const responses: JsonObject = {};
  for (const [status, response] of Object.entries(asObject(operation['responses']))) {
    const content = jsonContent(resolved(description, response)['content']);
    responses[status] = content === null ? null : toJsonSchema(content, needed);
  }
  const body = operation['requestBody'];
  const bodySchema = body === undefined ? null : jsonContent(resolved(description, body)['content']);
  return {
    method: method.toUpperCase(),
    path,
    parameters,
    body: bodySchema === null ? null : toJsonSchema(bodySchema, needed),
    bodyRequired: body === undefined ? false : (resolved(description, body)['required'] ?? false),
    responses,
  };
}

/** `created` is described as one moment, and its own prose says that it is a range in the syntax of GitHub's search. */
function parameterSchema(name: string, schema: Json, needed: Set<string>): Json {
  return name === 'created' ? { type: 'string' } : toJsonSchema(schema, needed);
}

function jsonContent(content: Json | undefined): Json | null {
  if (content === undefined) return null;
  const json = asObject(content)['application/json'] ?? asObject(content)['application/scim+json'];
  return json === undefined ? null : (asObject(json)['schema'] ?? null);
}

function extractSchemas(description: JsonObject, needed: Set<string>): JsonObject {
  const all = asObject(asObject(description['components'])['schemas']);
  const schemas: JsonObject = {};
  // The set grows while it is walked; a set's iteration sees what is added.
  for (const name of needed) schemas[name] = toJsonSchema(all[name] ?? {}, needed);
  return schemas;
}

/** One schema from OpenAPI 3.0's dialect to JSON Schema: no prose, `nullable` spelled out, references to `#/schemas`. */
function toJsonSchema(schema: Json, needed: Set<string>): Json {
  if (Array.isArray(schema)) return schema.map((item) => toJsonSchema(item, needed));
  if (typeof schema !== 'object' || schema === null) return schema;
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const name = reference.replace('#/components/schemas/', '');
    needed.add(name);
    return { $ref: `#/schemas/${name}` };
  }
  return nullableSpelledOut(withoutContradiction(converted(schema, needed)), schema['nullable'] === true);
}

function converted(schema: JsonObject, needed: Set<string>): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (SPOKEN.has(key) || key === 'nullable' || key.startsWith('x-')) continue;
    if (key === 'properties') {
      result[key] = Object.fromEntries(Object.entries(asObject(value)).map(([name, property]) => [name, toJsonSchema(property, needed)]));
    } else {
      result[key] = key === 'enum' || key === 'default' || key === 'required' ? value : toJsonSchema(value, needed);
    }
  }
  return result;
}

/** GitHub describes addresses with a format and gives the empty string where there is none: the default then breaks the format. */
function withoutContradiction(schema: JsonObject): JsonObject {
  if (schema['default'] !== '' || schema['format'] === undefined) return schema;
  const { format: _, ...rest } = schema;
  return rest;
}

function nullableSpelledOut(schema: JsonObject, nullable: boolean): Json {
  if (!nullable) return schema;
  return { anyOf: [schema, { type: 'null' }] };
}
