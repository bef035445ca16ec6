import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type World } from './one-job.ts';

let world: World;
beforeAll(() => {
  world = createWorld();
});
afterAll(() => world.close());

const outcomes = (ran: { steps: readonly { name: string; conclusion: string | null }[] }) =>
  ran.steps.slice(1, -1).map(({ name, conclusion }) => `${name}: ${conclusion}`);

test('steps run in order and hand values on through command files', async () => {
  const ran = await world.run(`
outputs: { a: "\${{ steps.one.outputs.a }}", many: "\${{ steps.one.outputs.many }}" }
steps:
  - id: one
    run: |
      echo a=1 >> $GITHUB_OUTPUT
      printf 'many<<END\\nx\\ny\\nEND\\n' >> $GITHUB_OUTPUT
      echo NAME=value >> $GITHUB_ENV
      mkdir bin; printf '#!/bin/sh\\necho tool ran' > bin/tool; chmod +x bin/tool
      echo "$PWD/bin" >> $GITHUB_PATH
      echo '# Title' >> $GITHUB_STEP_SUMMARY
  - run: echo "$NAME \${{ env.NAME }} \${{ steps.one.outcome }}"; tool
`);
  expect(ran.log.join('\n')).toContain('value value success');
  expect(ran.said).toContain('tool ran');
  expect(ran).toMatchObject({ conclusion: 'success', outputs: { a: '1', many: 'x\ny' }, summary: '# Title\n' });
});

test('checkout, upload, download', async () => {
  const ran = await world.run(`
outputs: { digest: "\${{ steps.up.outputs.artifact-digest }}" }
steps:
  - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
  - id: up
    uses: actions/upload-artifact@v7
    with: { path: src, name: source }
  - uses: actions/download-artifact@v8
    with: { name: source, path: got }
  - run: find got -type f | sort; git branch --show-current
`);
  expect(ran.said.slice(-3)).toEqual(['got/a.txt', 'got/deep/b.txt', 'main']);
  expect(ran.conclusion).toBe('success');
  expect(outcomes(ran)).toHaveLength(5);
});
