import type { Pipeline } from '../pipeline/model.ts';
import { flow, indented } from './yaml-text.ts';

/**
 * `on:` of a workflow that carries the candidates of a pipeline. Patterns in routes mean what they mean here.
 * @param inputs of a start by hand
 */
export function triggerLines(pipeline: Pipeline, inputs: readonly string[] = []): readonly string[] {
  const branches = taken(pipeline.routes.flatMap((route) => route.branches));
  const tags = taken(pipeline.routes.flatMap((route) => route.tags));
  return [
    'on:',
    '  push:',
    ...(branches.length === 0 ? [] : [`    branches: ${flow(branches)}`]),
    ...(tags.length === 0 ? [] : [`    tags: ${flow(tags)}`]),
    '  schedule:',
    "    - cron: '17 * * * *' # takes up what waited for time: a soak, a window, the end of a freeze; more often finds it sooner",
    `  workflow_dispatch: # ${inputs.length === 0 ? 'the same once more, for a branch or tag of your choice' : 'by hand'}`,
    ...indented(inputs, 4),
  ];
}

/** A pattern that takes names back takes them from one route only; the plan tells what has no route. */
function taken(patterns: readonly string[]): readonly string[] {
  const positive = [...new Set(patterns.filter((pattern) => !pattern.startsWith('!')))];
  return positive.includes('**') ? ['**'] : positive;
}
