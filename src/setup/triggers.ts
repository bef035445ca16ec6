import type { Pipeline } from '../pipeline/model.ts';
import { flow, indented } from './yaml-text.ts';

/**
 * `on:` of a workflow that carries the candidates of a pipeline. Patterns in routes mean what they mean here.
 * @param inputs of a start by hand
 */
export function triggerLines(pipeline: Pipeline, inputs: readonly string[] = []): readonly string[] {
  const branches = ofPeople(pipeline.routes.flatMap((route) => route.branches));
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

/** Branches of GitHub's merge queue, which are tried before they are merged, and of Dependabot, whose pushes get a token that only reads and no secrets. */
export const NOT_OF_PEOPLE: readonly string[] = ['!gh-readonly-queue/**', '!dependabot/**'];

/** A pattern that takes names back takes them from one route only; the plan tells what has no route. */
function taken(patterns: readonly string[]): readonly string[] {
  const positive = [...new Set(patterns.filter((pattern) => !pattern.startsWith('!')))];
  return positive.includes('**') ? ['**'] : positive;
}

/** Of the branches that routes take, all but those that no person pushes, unless a route names them. */
function ofPeople(patterns: readonly string[]): readonly string[] {
  const branches = taken(patterns);
  if (!branches.includes('**')) return branches;
  return [...branches, ...NOT_OF_PEOPLE.filter((pattern) => !patterns.some((one) => one.startsWith(pattern.slice(1, -2))))];
}
