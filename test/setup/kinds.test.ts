import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { type Folder, makeFolder } from './folder.ts';
import { KINDS } from './kinds.ts';
import { workflowErrors } from './parsed.ts';

let folder: Folder | null = null;
afterEach(() => folder?.remove());

describe.each(Object.entries(KINDS))('promote init in %s', (_name, kind) => {
  it('writes a pipeline file that loads, and workflows that GitHub takes', async () => {
    folder = makeFolder(kind.files, kind.branch);
    const { code, out } = await folder.init();
    expect(out).toContain('Did not look for environments on GitHub: no token');
    expect(code).toBe(0);
    const text = folder.read('.github/promote.yml') ?? '';
    expect(text.split('\n')[0]).toMatch(/^# yaml-language-server: \$schema=/);
    for (const found of kind.found) expect(text).toContain(`#   ${found}\n`);
    const pipeline = loadPipeline(text, '.github/promote.yml');
    expect(pipeline.build).toEqual(kind.build);
    expect([...pipeline.environments.keys()]).toEqual(['dev', 'uat', 'staging', 'production']);
    expect(pipeline.environments.get('staging')?.rehearsal).toMatchObject({
      database: 'postgres',
      migrate: kind.migrate,
      rollback: kind.rollback ?? null,
      migrations: [kind.migrations],
    });
    for (const key of ['masking', 'checks', 'snapshot']) expect(text).toMatch(new RegExp(`^ {6}# ${key}: `, 'm'));
    expect(pipeline.environments.get('production')?.gate).toMatchObject({ approvals: 1, exclude: ['initiator'] });
    const deploy = kind.deploy ?? './scripts/deploy.sh';
    for (const environment of pipeline.environments.values()) expect(environment.deploy).toEqual({ run: deploy });
    expect(pipeline.routes.find(({ name }) => name === 'mainline')?.branches).toEqual([kind.branch ?? 'main']);

    const caller = folder.read('.github/workflows/promote.yml') ?? '';
    expect(await workflowErrors(caller)).toEqual([]);
    expect(parse(caller).jobs.promote.uses).toBe('org/promote-action/.github/workflows/pipeline.yml@v1');

    const again = await folder.init({ only: 'workflow', local: true, force: true });
    expect(again.code).toBe(0);
    expect(folder.read('.github/promote.yml')).toBe(text);
    const chain = folder.read('.github/workflows/promote.yml') ?? '';
    expect(await workflowErrors(chain)).toEqual([]);
    const built = kind.build === null ? [] : ['build'];
    expect(Object.keys(parse(chain).jobs)).toEqual(['plan', 'veto', ...built, 'dev', 'uat', 'staging', 'production', 'resume']);
  });
});
