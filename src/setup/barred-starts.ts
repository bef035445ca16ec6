import type { ExecutionPolicy } from '../github/execution-policies.ts';
import { listed } from '../pipeline/listed.ts';
import { quote } from '../pipeline/problem.ts';
import type { Difference } from './differences.ts';

/** What stops when an event may start no workflow any more. */
const STOPS: readonly (readonly [event: string, what: string, level: Difference['level']])[] = [
  ['push', 'nothing is promoted when somebody pushes', 'must'],
  ['schedule', 'what waits for time is taken up by nobody', 'should'],
  ['workflow_dispatch', 'nobody can promote or roll back by hand, nor can what may not be run again be started anew', 'should'],
];
/** Whom GitHub names where the token of a job acted. */
const ACTIONS = 'github-actions[bot]';

/** What the execution protections of a repository keep from starting that a pipeline needs. */
export function barredStarts(policies: readonly ExecutionPolicy[]): readonly Difference[] {
  return policies.flatMap(({ name, events, actors }) => {
    const of = name === '' ? 'An execution protection' : `The execution protection ${quote(name)}`;
    const barred = events === null ? [] : STOPS.filter(([event]) => !events.includes(event));
    const code = 'starts_barred' as const;
    return [
      ...barred.map(([event, what, level]) => ({
        code,
        level,
        because: `${of} lets ${listed(events ?? [])} start workflows and not ${event}: ${what}.`,
      })),
      ...(actors === null || actors.includes(ACTIONS)
        ? []
        : [
            {
              code,
              level: 'should',
              because: `${of} does not let ${ACTIONS} start workflows: what waits for time is not taken up by itself.`,
            } as const,
          ]),
    ];
  });
}
