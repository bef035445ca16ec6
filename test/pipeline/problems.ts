import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { PipelineFileError, type Problem } from '../../src/pipeline/problem.ts';

/** The design's example, which uses every part of the file. */
export const EXAMPLE = readFileSync(join(import.meta.dirname, 'files', 'example.yml'), 'utf8');

/** Everything the loader says against a text; empty when it loads. Anything else that it throws is not caught. */
export function problemsIn(text: string): readonly Problem[] {
  try {
    loadPipeline(text, '.github/promote.yml');
    return [];
  } catch (error) {
    if (!(error instanceof PipelineFileError)) throw error;
    return error.problems;
  }
}

/** `line:column message | fix` of every problem. */
export function said(text: string): readonly string[] {
  return problemsIn(text).map((one) => `${one.line}:${one.column} ${one.message} | ${one.fix}`);
}

/** A small file that loads, with parts to replace. */
export function file(parts: { environments?: string; routes?: string; rest?: string } = {}): string {
  const environments =
    parts.environments ?? '  dev: { role: development }\n  staging: { role: staging }\n  production: { role: production }';
  const routes = parts.routes ?? '  - { name: main, branches: [main], path: [dev, staging, production] }';
  return `version: 1\nenvironments:\n${environments}\nroutes:\n${routes}\n${parts.rest ?? ''}`;
}

/** The same text with one part replaced; fails when the part is not there, so that no test can pass by replacing nothing. */
export function changed(text: string, part: string, by: string): string {
  if (!text.includes(part)) throw new Error(`The text has no ${JSON.stringify(part)}.`);
  return text.replace(part, by);
}
