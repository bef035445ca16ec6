/** GitHub's GraphQL schema, built once for all sandboxes of a process. */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { buildASTSchema, type DocumentNode, GraphQLError, type GraphQLSchema, isScalarType, parse } from 'graphql';

let sdl: DocumentNode | null = null;
const schemas = new Map<string, GraphQLSchema>();

function loadSdl(): DocumentNode {
  if (sdl === null) {
    const manifest = findPackageJSON('@octokit/graphql-schema', import.meta.url);
    if (manifest === undefined) throw new Error('sandbox: @octokit/graphql-schema is not installed; run "npm ci"');
    sdl = parse(readFileSync(join(dirname(manifest), 'schema.graphql'), 'utf8'), { noLocation: true });
  }
  return sdl;
}

/**
 * The schema.
 * @param lacks fields that a server does not have, as `Type.field`
 * @throws when GitHub's schema has no such field either
 */
export function githubSchema(lacks: readonly string[] = []): GraphQLSchema {
  const key = lacks.toSorted().join(' ');
  const known = schemas.get(key);
  if (known !== undefined) return known;
  const schema = buildASTSchema(withoutFields(loadSdl(), lacks), { assumeValid: true, assumeValidSDL: true });
  checkScalars(schema);
  schemas.set(key, schema);
  return schema;
}

function withoutFields(document: DocumentNode, lacks: readonly string[]): DocumentNode {
  if (lacks.length === 0) return document;
  const missing = new Set(lacks);
  const definitions = document.definitions.map((definition) => {
    if (definition.kind !== 'ObjectTypeDefinition') return definition;
    const fields = (definition.fields ?? []).filter((field) => !missing.delete(`${definition.name.value}.${field.name.value}`));
    return { ...definition, fields };
  });
  if (missing.size > 0) throw new Error(`sandbox: GitHub's schema has no ${[...missing].join(', ')} to leave out`);
  return { ...document, definitions };
}

const FORMATS: Readonly<Record<string, RegExp>> = {
  DateTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  GitTimestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/,
  GitObjectID: /^[0-9a-f]{40}([0-9a-f]{24})?$/,
  URI: /^(https?:\/)?\/\S+$/,
};

/** The SDL gives scalars no form; their descriptions do, and the sandbox holds itself to it. */
function checkScalars(schema: GraphQLSchema): void {
  for (const [name, format] of Object.entries(FORMATS)) {
    const scalar = schema.getType(name);
    if (!isScalarType(scalar)) continue;
    scalar.coerceOutputValue = (value) => {
      if (typeof value === 'string' && format.test(value)) return value;
      throw new Error(`${JSON.stringify(value)} is no ${name}`);
    };
    scalar.coerceInputValue = (value) => {
      if (typeof value === 'string' && (name !== 'GitObjectID' || format.test(value))) return value;
      throw new GraphQLError(`${JSON.stringify(value)} is no ${name}`);
    };
  }
}
