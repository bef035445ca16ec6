import { afterEach, describe, expect, it } from 'vitest';
import { loadPipeline } from '../../src/pipeline/load.ts';
import { type Folder, makeFolder } from './folder.ts';
import { workflowErrors } from './parsed.ts';

const FILES = { 'package.json': '{"scripts":{"build":"x"}}', 'package-lock.json': '{}' };
const PIPELINE = '.github/promote.yml';
const WORKFLOW = '.github/workflows/promote.yml';

let folder: Folder;
afterEach(() => folder.remove());

describe('promote init', () => {
  it('changes nothing the second time', async () => {
    folder = makeFolder(FILES);
    await folder.init();
    const before = [folder.read(PIPELINE), folder.read(WORKFLOW)];
    const { code, out } = await folder.init();
    expect(code).toBe(0);
    expect(out).toContain(`${PIPELINE}: is as it would be written.`);
    expect(out).toContain(`${WORKFLOW}: is as it would be written.`);
    expect([folder.read(PIPELINE), folder.read(WORKFLOW)]).toEqual(before);
  });

  it('overwrites nothing unless told to, and shows what it would change', async () => {
    folder = makeFolder(FILES);
    await folder.init();
    const written = folder.read(WORKFLOW) ?? '';
    const edited = written.replace('name: promote', 'name: ours');
    folder.write(WORKFLOW, edited);
    const kept = await folder.init();
    expect(kept.code).toBe(6);
    expect(kept.out).toContain(`${WORKFLOW}: is there and stays as it is. With --force it would change:`);
    expect(kept.out).toContain('\n-name: ours\n+name: promote\n');
    expect(folder.read(WORKFLOW)).toBe(edited);
    const forced = await folder.init({ force: true });
    expect(forced.code).toBe(0);
    expect(forced.out).toContain(`${WORKFLOW}: overwritten:`);
    expect(forced.out).toContain('\n-name: ours\n+name: promote\n');
    expect(folder.read(WORKFLOW)).toBe(written);
  });

  it('makes the workflow from the pipeline file that is there', async () => {
    const own =
      'version: 1\nenvironments:\n  live: { role: production, deploy: { run: ./ship } }\nroutes:\n  - { name: all, tags: ["r*"], path: [live] }\n';
    folder = makeFolder({ ...FILES, [PIPELINE]: own });
    const { code } = await folder.init({ local: true });
    expect(code).toBe(6);
    expect(folder.read(PIPELINE)).toBe(own);
    expect(folder.read(WORKFLOW)).toContain('  live:\n    name: live · ${{ needs.plan.outputs.asked-for }}/');
    expect(folder.read(WORKFLOW)).toContain('    tags: [r*]\n');
  });

  it('writes nothing in a dry run, and tells by its exit code whether it would', async () => {
    folder = makeFolder(FILES);
    const dry = await folder.init({ dryRun: true });
    expect(dry.code).toBe(6);
    expect(dry.out).toContain(`${PIPELINE}: would be written.`);
    expect(dry.out).toContain('\n+environments:\n');
    expect(folder.read(PIPELINE)).toBeNull();
    await folder.init();
    expect((await folder.init({ dryRun: true })).code).toBe(0);
    expect((await folder.init({ only: 'workflow', local: true, dryRun: true, force: true })).code).toBe(6);
  });

  it('writes no workflow from a pipeline file with a mistake', async () => {
    folder = makeFolder({ ...FILES, [PIPELINE]: 'version: 1\nenvironments: {}\n' });
    await expect(folder.init()).rejects.toThrow(`${PIPELINE}:1:1: `);
    expect(folder.read(WORKFLOW)).toBeNull();
  });

  it('says why routes in opposite orders make no jobs', async () => {
    const routes = '  - { name: up, branches: [main], path: [one, two] }\n  - { name: down, branches: ["x/**"], path: [two, one] }\n';
    folder = makeFolder({
      ...FILES,
      [PIPELINE]: `version: 1\nenvironments:\n  one: { role: qa }\n  two: { role: qa }\nroutes:\n${routes}`,
    });
    await expect(folder.init({ local: true })).rejects.toThrow('routes go through "one" and "two" in opposite orders ("up" and "down")');
    expect(folder.read(WORKFLOW)).toBeNull();
    expect((await folder.init({ only: 'workflow' })).code).toBe(0);
  });

  it('gives each of several pipeline files a workflow of its own', async () => {
    folder = makeFolder({ ...FILES, 'README.md': '' });
    const path = 'services/shop/promote.yml';
    await folder.init({ pipelinePath: path });
    const text = folder.read('.github/workflows/promote-services-shop.yml') ?? '';
    expect(text).toContain(`      pipeline: ${path}\n`);
    expect(await workflowErrors(text)).toEqual([]);
    const pipeline = loadPipeline(folder.read(path) ?? '', path);
    expect([...pipeline.environments.keys()]).toEqual(['shop-dev', 'shop-uat', 'shop-production']);
    expect(pipeline.routes[0]?.tags).toEqual(['shop-v*']);
  });

  it('lists another pipeline file where that has to stand, or says that it has to', async () => {
    folder = makeFolder({ ...FILES, 'README.md': '' });
    await folder.init({ pipelinePath: 'services/shop/promote.yml' });
    const root = folder.read(PIPELINE);
    expect(root).toContain('version: 1\npipelines:\n  - services/shop/promote.yml\n');
    expect((await folder.init({ pipelinePath: 'services/shop/promote.yml' })).code).toBe(0);
    const second = await folder.init({ pipelinePath: 'services/mail/promote.yml', force: true });
    expect(second.out).toContain('.github/promote.yml: add services/mail/promote.yml to its list "pipelines"');
    expect(folder.read(PIPELINE)).toBe(root);
    expect(() => loadPipeline(root ?? '', PIPELINE)).toThrow(
      /lists others.*Name one of them, in a job as the input "pipeline" and on the command line with --pipeline: services\/shop\/promote\.yml/s,
    );
  });

  it('names this action by the commit of its tag where GitHub tells it, keeps what is there, and says how to pin it otherwise', async () => {
    folder = makeFolder(FILES);
    const commit = 'c0ffee'.padEnd(40, '0');
    const pinned = await folder.init({}, undefined, commit);
    expect(folder.read(WORKFLOW)).toContain(`uses: org/promote-action/.github/workflows/pipeline.yml@${commit} # v1\n`);
    expect(folder.read(WORKFLOW)).not.toContain('is a tag, which can be moved');
    expect(pinned.out).not.toContain('can be moved');
    expect(await folder.init({ dryRun: true })).toMatchObject({ code: 0 });
    expect(await folder.init({ only: 'workflow', local: true, force: true }, undefined, 'f'.repeat(40))).toMatchObject({ code: 0 });
    const chain = folder.read(WORKFLOW) ?? '';
    const own = [...chain.matchAll(/uses: org\/promote-action\S*@(.+)/g)].map(([, pin]) => pin);
    expect(own.length).toBeGreaterThan(5);
    expect([...new Set(own)]).toEqual([`${commit} # v1`]);
    expect(await workflowErrors(chain)).toEqual([]);
    folder.remove();

    folder = makeFolder(FILES);
    const tagged = await folder.init();
    expect(folder.read(WORKFLOW)).toContain('pipeline.yml@v1\n');
    expect(tagged.out).toContain('The workflow names this action by its tag, which can be moved');
  });

  it('begins where nothing is known of the code', async () => {
    folder = makeFolder({}, 'work/in+progress!');
    expect((await folder.init()).code).toBe(0);
    const pipeline = loadPipeline(folder.read(PIPELINE) ?? '', PIPELINE);
    expect(pipeline.build).toBeNull();
    expect(pipeline.routes.find(({ name }) => name === 'mainline')?.branches).toEqual(['work/in\\+progress\\!']);
    expect(folder.read(PIPELINE)).toContain('to be written');
  });

  it('begins with the environments that GitHub knows, and who is asked there', async () => {
    folder = makeFolder(FILES);
    const environments = [
      { name: 'Production', reviewers: ['octo-org/release', 'mona'] },
      { name: 'github-pages', reviewers: [] },
      { name: 'uat', reviewers: [] },
      { name: 'uat-acceptance', reviewers: ['octo-org/product'] },
      { name: 'test', reviewers: [] },
    ];
    const { out } = await folder.init({}, { looked: true, environments });
    expect(out).not.toContain('Did not look');
    const pipeline = loadPipeline(folder.read(PIPELINE) ?? '', PIPELINE);
    expect([...pipeline.environments.values()].map(({ name, role }) => [name, role])).toEqual([
      ['test', 'qa'],
      ['uat', 'uat'],
      ['Production', 'production'],
    ]);
    expect(pipeline.environments.get('Production')?.gate).toMatchObject({ approvals: 1, by: ['octo-org/release', 'mona'] });
    expect(pipeline.environments.get('uat')?.acceptance).toMatchObject({ by: ['octo-org/product'], environment: 'uat-acceptance' });
    expect(folder.read(PIPELINE)).toContain('left out, because the name tells no role: github-pages');
  });
});

describe('the command line', () => {
  it('looks at what git knows, and writes into the root of the checkout', async () => {
    folder = makeFolder({ ...FILES, '.gitignore': 'old/\n', 'old/Gemfile.lock': '', 'src/main.js': '' }, 'trunk');
    const { code, out } = await folder.promote(['init']);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('no token; set GH_TOKEN to have it look') });
    expect(folder.read(PIPELINE)).toContain('#   npm (package-lock.json)\n#   no migrations\n#   default branch trunk\n');
    expect((await folder.promote(['init', '--local', '--dry-run'])).code).toBe(6);
  });

  it('is told what it does not know', async () => {
    folder = makeFolder({});
    expect(await folder.promote(['init', 'everything'])).toMatchObject({ code: 2 });
    expect(await folder.promote(['init', '--forse'])).toMatchObject({ code: 2 });
  });
});
