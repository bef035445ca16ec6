/** The door with one part of the evidence missing, part by part. */
import { afterAll, describe, expect, it } from 'vitest';
import { DEPLOY_THROUGH_GATE, stage } from './journeys.ts';
import { journalOf } from './requests.ts';

const ready = await stage(DEPLOY_THROUGH_GATE);
const { asked } = await journalOf(ready);
const { query, variables } = asked.map(({ example }) => example.body)[0] as { query: string; variables: Readonly<Record<string, unknown>> };
const parts = await partsOf();

/** What the answer is made of, as GitHub gives it. */
async function partsOf(): Promise<readonly string[]> {
  const { world } = await ready.begin();
  const answer = await fetch(world.sandbox.graphqlUrl, {
    method: 'POST',
    headers: { authorization: `token ${world.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data } = (await answer.json()) as { data: { repository: object } };
  await world.close();
  return Object.keys(data.repository);
}

/** Who guards another environment does not matter here, and this run's reviews are asked for a second time by other means. */
function isNoMatter(part: string): boolean {
  return part === 'run' || (/^p\d+$/.test(part) && variables[part] !== DEPLOY_THROUGH_GATE.environment);
}

describe('a door without one part of the evidence', () => {
  afterAll(() => ready.close());

  it('has parts', () => {
    expect(parts).toEqual(expect.arrayContaining(['defaultBranchRef', 'candidate', 'ref', 'holds', 'vetoes', 'r0', 'p0']));
  });

  it.concurrent.each(parts)('%s', async (part) => {
    const { world, job, executions } = await ready.begin();
    world.sandbox.inject({
      match: { operationName: 'Evidence' },
      fault: { missingPart: ['repository', part], type: 'FORBIDDEN', message: 'Resource not accessible by integration' },
      times: Number.POSITIVE_INFINITY,
    });
    const { main } = await job();
    const opens = isNoMatter(part);
    expect([main.exitCode, executions()], main.log).toEqual(opens ? [0, 1] : [1, 0]);
    if (!opens) {
      expect(main.log).toMatch(/^::error/m);
      expect(main.log).toContain('Resource not accessible by integration');
      expect(world.records().filter(({ environment }) => environment === 'uat')).toEqual([]);
    }
    await world.close();
  });
});
