import * as z from 'zod/mini';
import { pipelineSchema } from '../../src/pipeline/schema.ts';
import { meaningOf } from './pipeline-keys.ts';

/** A JSON Schema as far as it is walked here. */
interface Schema {
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  required?: string[];
}

/** `.github/promote.yml` of a repository whose services have pipeline files of their own: a list of them, and nothing else. */
const ONLY_LISTS = {
  required: ['pipelines'],
  properties: { version: true, pipelines: { minItems: 1 } },
  additionalProperties: false,
};

/** Writes `schema/pipeline.schema.json`: the loader's own schema, with the meaning of every key for editors. */
export function pipelineJsonSchema(): string {
  const made = z.toJSONSchema(pipelineSchema, { target: 'draft-7', io: 'input' }) as Schema;
  describe(made, '');
  const about = { title: 'Pipeline of promote-action', description: 'Where a change may go next, and what it takes to get there.' };
  return `${JSON.stringify({ ...about, ...made, required: ['version'], if: ONLY_LISTS, else: { required: made.required } }, null, 2)}\n`;
}

/** Keys of a mapping that have no meaning written down: `holder.key`. */
export function undescribedKeys(): readonly string[] {
  const missing: string[] = [];
  describe(z.toJSONSchema(pipelineSchema, { target: 'draft-7', io: 'input' }) as Schema, '', missing);
  return missing;
}

function describe(schema: Schema, holder: string, missing: string[] = []): void {
  for (const [key, below] of Object.entries(schema.properties ?? {})) {
    const meaning = meaningOf(holder, key);
    if (meaning === undefined) missing.push(`${holder}.${key}`);
    else below.description = meaning.replaceAll('`', '"');
    describe(below, key, missing);
  }
  if (typeof schema.additionalProperties === 'object') describe(schema.additionalProperties, holder, missing);
  for (const below of [...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])]) describe(below, holder, missing);
}
