import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Permissions } from '../../sandbox/github/index.ts';
import { type DoctorRequest, doctor } from '../../src/commands/doctor.ts';
import { createClient } from '../../src/github/client.ts';
import { readCommit } from '../../src/github/settings.ts';
import { openShop, type Shop, sampleFolder } from '../sandbox/shop.ts';
import { type Folder, makeFolder } from './folder.ts';

const PIPELINE = `version: 1
environments:
  dev: { role: development }
  uat:
    role: uat
    gate: { approvals: 1, by: [octo-org/qa] }
    acceptance: { approvals: 1, by: [mona] }
  production:
    role: production
    gate: { approvals: 2, by: [octo-org/release, octocat], exclude: [initiator] }
routes:
  - { name: release, tags: ['v*'], path: [uat, production] }
  - { name: hotfix, branches: ['hotfix/**'], path: [production] }
  - { name: mainline, branches: [main], path: [dev, uat, production] }
`;

const sample = sampleFolder();
afterAll(() => sample.remove());
let shop: Shop;
beforeEach(async () => {
  shop = await openShop(sample.repository.path);
  const { given } = shop.sandbox;
  given.user('octocat', { role: 'admin' });
  given.team('octo-org/qa', ['mona']);
  given.team('octo-org/release', ['hubot', 'monalisa']);
});
afterEach(async () => {
  expect(shop.sandbox.violations).toEqual([]);
  await shop.close();
});

/** Everything as the pipeline demands. */
function inOrder(): void {
  const { given } = shop.sandbox;
  const refs = [
    { type: 'tag', name: 'v*' },
    { type: 'branch', name: 'main' },
  ] as const;
  given.environment('dev');
  given.environment('uat', { reviewers: ['octo-org/qa'], adminBypass: false, refPolicy: refs });
  given.environment('uat-acceptance', { reviewers: ['mona'], adminBypass: false });
  given.environment('production', {
    reviewers: ['octo-org/release', 'octocat'],
    preventSelfReview: true,
    adminBypass: false,
    refPolicy: [...refs, { type: 'branch', name: 'hotfix/**/*' }],
  });
  given.label('promote:hold');
  given.label('promote:veto');
}

interface Subject {
  readonly name: string;
  readonly differences: readonly { readonly code: string; readonly level: string; readonly because: string }[];
  readonly commands: readonly string[];
}
interface Answer {
  readonly code: number;
  readonly out: string;
  readonly subjects: readonly Subject[];
}

/** What an administrator is told. */
async function ask(
  pipeline: string | Readonly<Record<string, string>> = PIPELINE,
  request: Partial<DoctorRequest> = {},
  permissions?: Permissions,
  secrets = '',
): Promise<Answer> {
  const { sandbox } = shop;
  const token = permissions === undefined ? sandbox.token({ login: 'octocat' }) : sandbox.token({ permissions });
  const { apiUrl, graphqlUrl } = sandbox;
  const client = createClient({ token, apiUrl, graphqlUrl, requestTimeoutMs: 5_000, retryWaitMs: 1, log: () => undefined });
  let out = '';
  const code = await doctor(
    { owner: 'octo-org', repo: 'shop', pipelinePath: '.github/promote.yml', json: true, serverUrl: 'https://github.com', ...request },
    {
      client,
      readCheckout: typeof pipeline === 'string' ? () => pipeline : (path) => pipeline[path] ?? null,
      secrets,
      print: (text) => {
        out += text;
      },
    },
  );
  return { code, out, subjects: request.json === false ? [] : (JSON.parse(out) as { subjects: readonly Subject[] }).subjects };
}

function codes({ subjects }: Answer): Record<string, readonly string[]> {
  return Object.fromEntries(subjects.map(({ name, differences }) => [name, differences.map(({ code, level }) => `${level} ${code}`)]));
}

function commandsOf({ subjects }: Answer): readonly string[] {
  return subjects.flatMap(({ commands }) => commands);
}

const folders: Folder[] = [];
const scratch: string[] = [];
afterAll(() => {
  for (const folder of folders) folder.remove();
  for (const folder of scratch) rmSync(folder, { recursive: true, force: true });
});

/** Runs commands in a shell as they were printed, pasted together, with a stand-in for gh. Returns the folder that they ran in. */
async function run(commands: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  scratch.push(folder);
  const gh = join(folder, 'gh');
  writeFileSync(gh, `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, 'gh.ts')}' "$@"\n`);
  chmodSync(gh, 0o755);
  const env = {
    PATH: `${folder}:${process.env['PATH']}`,
    GH_TOKEN: shop.sandbox.token({ login: 'octocat' }),
    GITHUB_API_URL: shop.sandbox.apiUrl,
  };
  await promisify(execFile)('sh', ['-e', '-c', commands.join('\n')], { env, cwd: folder });
  return folder;
}

describe('promote doctor', () => {
  it('is content where everything is as demanded', async () => {
    inOrder();
    const answer = await ask();
    expect(codes(answer)).toEqual({});
    expect(answer.code).toBe(0);
    expect((await ask(PIPELINE, { json: false })).out).toMatch(
      /^octo-org\/shop against \.github\/promote\.yml: everything is as the pipeline demands\.\nNote: /,
    );
  });

  it('finds what is missing in a repository that has nothing, and is content once its commands ran', async () => {
    const answer = await ask();
    expect(answer.code).toBe(6);
    expect(codes(answer)).toEqual({
      'environment dev': ['must environment_missing'],
      'environment uat': ['must environment_missing'],
      'environment uat-acceptance': ['must environment_missing'],
      'environment production': ['must environment_missing'],
      'label promote:hold': ['must label_missing'],
      'label promote:veto': ['must label_missing'],
    });
    await run(commandsOf(answer));
    const again = await ask();
    // GitHub lets administrators pass by default, and its API has no field for that.
    const bypass = ['should admin_bypass'];
    expect(codes(again)).toEqual({ 'environment uat': bypass, 'environment uat-acceptance': bypass, 'environment production': bypass });
    expect(again.code).toBe(0);
    expect(commandsOf(again)).toEqual([]);
    expect(shop.sandbox.state.environments.find(({ name }) => name === 'production')).toMatchObject({
      reviewers: ['octo-org/release', 'octocat'],
      preventSelfReview: true,
    });
  });

  it('finds every way in which settings drift, and mends them without touching the rest', async () => {
    const { given, state } = shop.sandbox;
    inOrder();
    given.environment('dev', { reviewers: ['mona'], waitTimer: 15 });
    given.environment('uat', { reviewers: ['hubot'], waitTimer: 10, refPolicy: [{ type: 'tag', name: 'v*' }] });
    given.environment('uat-acceptance', { reviewers: [], adminBypass: true });
    given.environment('production', { reviewers: ['octocat'], preventSelfReview: false, refPolicy: 'protected' });
    given.protectedBranch('main');
    state.labels = [];
    const answer = await ask();
    expect(codes(answer)).toEqual({
      'environment dev': ['should reviewers_unasked', 'should wait_timer'],
      'environment uat': ['must reviewers_outside', 'should wait_timer', 'must refs_barred', 'should refs_barred'],
      'environment uat-acceptance': ['must reviewers_missing', 'should admin_bypass'],
      'environment production': ['must reviewers_too_few', 'should self_review_allowed', 'must refs_barred', 'must refs_barred'],
      'label promote:hold': ['must label_missing'],
      'label promote:veto': ['must label_missing'],
    });
    await run(commandsOf(answer));
    const again = await ask();
    expect(codes(again)).toEqual({
      'environment dev': ['should reviewers_unasked', 'should wait_timer'],
      'environment uat': ['should wait_timer'],
      'environment uat-acceptance': ['should admin_bypass'],
    });
    expect(again.code).toBe(0);
    expect(state.environments.find(({ name }) => name === 'uat')).toMatchObject({ reviewers: ['octo-org/qa'], waitTimer: 10 });
  });

  it('lists vetoes that name nothing known and vetoes that cannot be understood, with their issues', async () => {
    const { given } = shop.sandbox;
    inOrder();
    given.user('mona', { role: 'triage' });
    const veto = (title: string, author = 'mona') => given.issue({ title, author, labels: ['promote:veto'] });
    const tip = sample.repository.sha('main');
    given.deployment({ sha: tip, environment: 'uat', ref: 'main', statuses: ['success'] });
    veto(`main, ${tip.slice(0, 9)}: bad`);
    veto(`${tip.slice(0, 12)}: bad`);
    given.user('stranger', { role: 'read' });
    veto('prose of a stranger', 'stranger');
    const unmatched = veto('`9.9.9`: will be bad');
    const unclear = veto('please do not');
    const answer = await ask();
    const told = answer.subjects.flatMap(({ name, differences }) =>
      differences.map(({ code, level, because }) => ({ name, said: `${level} ${code}`, because })),
    );
    const at = (number: number) => expect.stringMatching(new RegExp(`^veto .*/issues/${number}$`));
    expect(told).toEqual([
      { name: at(1), said: 'must veto_unclear', because: expect.stringContaining('main') },
      { name: at(unclear.number), said: 'must veto_unclear', because: expect.stringMatching(/"please do not".*or close it/) },
      { name: at(unmatched.number), said: 'should veto_unmatched', because: expect.stringMatching(/9\.9\.9.*matches nothing so far/) },
    ]);
    expect(answer.code).toBe(6);
  });

  it('says it to people, with commands on lines of their own', async () => {
    inOrder();
    shop.sandbox.given.environment('production', { preventSelfReview: false });
    const { out } = await ask(PIPELINE, { json: false, serverUrl: 'https://ghe.example.com' });
    const lines = out.split('\n');
    expect(lines[0]).toBe('octo-org/shop against .github/promote.yml: 1 difference; none must be mended.');
    expect(lines.slice(2, 3)).toEqual(['environment production']);
    expect(lines[3]).toMatch(
      /^ {2}should self_review_allowed: Routes "release", "hotfix" and "mainline" ask for an approval by somebody else/,
    );
    expect(lines.find((line) => line.includes('gh api'))).toMatch(
      /^ {4}printf '%s' '\{.*\}' \| gh api --hostname ghe\.example\.com --method PUT repos\/octo-org\/shop\/environments\/production --input -$/,
    );
    expect(out).toContain('  By hand: https://ghe.example.com/octo-org/shop/settings/environments\n');
  });

  it('warns where one of just enough reviewers may be the one who is excluded', async () => {
    inOrder();
    shop.sandbox.given.environment('production', { reviewers: ['octocat', 'mona'] });
    const anybody = PIPELINE.replace('by: [octo-org/release, octocat], ', '');
    const answer = await ask(anybody, { json: false });
    expect(answer.out).toMatch(
      /should reviewers_without_spare: Routes .* ask for .*2 approvals, none of them of the initiator, and the required reviewers \(octocat and mona\) are 2: where one of them is the initiator, nobody can let the candidate in\./,
    );
    expect(answer.code).toBe(0);
  });

  it('counts what a bypass means where GitHub’s own hold is the evidence', async () => {
    inOrder();
    shop.sandbox.given.environment('uat', { adminBypass: true });
    const enforced = PIPELINE.replace('by: [octo-org/qa] }', 'by: [octo-org/qa], evidence: enforced }');
    expect(codes(await ask(enforced))).toEqual({ 'environment uat': ['must admin_bypass'] });
    shop.sandbox.given.environment('uat', { adminBypass: null });
    expect(codes(await ask(enforced))).toEqual({});
  });

  it('knows more reviewers than GitHub takes, and users that are not there', async () => {
    inOrder();
    const many = PIPELINE.replace('by: [mona]', 'by: [mona, a1, a2, a3, a4, a5, a6]');
    const answer = await ask(many);
    const unknown = Array.from({ length: 6 }, () => 'must reviewer_unknown');
    expect(codes(answer)).toEqual({ 'environment uat-acceptance': [...unknown, 'should reviewers_too_many'] });
    expect(commandsOf(answer)).toEqual([]);
  });

  it('offers nobody but whoever runs the command where the pipeline names nobody', async () => {
    inOrder();
    shop.sandbox.given.environment('uat', { reviewers: [] });
    const open = PIPELINE.replace('gate: { approvals: 1, by: [octo-org/qa] }', 'gate: { approvals: 1 }');
    const answer = await ask(open);
    expect(codes(answer)).toEqual({ 'environment uat': ['must reviewers_missing'] });
    await run(commandsOf(answer));
    expect(shop.sandbox.state.environments.find(({ name }) => name === 'uat')?.reviewers).toEqual(['octocat']);
    const two = await ask(PIPELINE.replace('gate: { approvals: 1, by: [octo-org/qa] }', 'gate: { approvals: 2 }'));
    expect(codes(two)).toEqual({ 'environment uat': ['must reviewers_too_few'] });
    expect(commandsOf(two)).toEqual([]);
  });

  it('lets the shell ask for a team that the token may not see', async () => {
    inOrder();
    shop.sandbox.given.environment('uat', { reviewers: [] });
    const answer = await ask(PIPELINE, {}, { actions: 'read', contents: 'read', issues: 'read' });
    expect(codes(answer)).toEqual({
      'environment uat': ['must reviewers_missing'],
      'environment production': ['should reviewers_unnamed'],
    });
    expect(answer.subjects[0]?.commands[0]).toContain('"$(gh api orgs/octo-org/teams/qa --jq .id)"');
    await run(commandsOf(answer));
    expect(shop.sandbox.state.environments.find(({ name }) => name === 'uat')?.reviewers).toEqual(['octo-org/qa']);
  });

  it('does not take a team that it may not see for nobody, and prints nothing that would remove it', async () => {
    inOrder();
    shop.sandbox.given.environment('uat', { reviewers: ['octo-org/qa'], preventSelfReview: false, refPolicy: [] });
    const answer = await ask(PIPELINE, {}, { actions: 'read', contents: 'read', issues: 'read' });
    const uat = answer.subjects.find(({ name }) => name === 'environment uat');
    expect(uat?.differences.map(({ code }) => code)).toEqual(expect.arrayContaining(['reviewers_unnamed', 'refs_barred']));
    expect(uat?.commands).toEqual([]);
  });

  it('warns of several teams, which the token of a job cannot tell apart, whatever its own token may see', async () => {
    inOrder();
    shop.sandbox.given.environment('uat', { reviewers: ['octo-org/qa', 'octo-org/release'] });
    const answer = await ask(PIPELINE.replace('by: [octo-org/qa]', 'by: [octo-org/qa, octo-org/release]'));
    expect(codes(answer)).toEqual({ 'environment uat': ['should reviewers_unnamed'] });
    expect(answer.out).toContain('reviewers-token');
  });

  it('advises to close a guarded environment to refs that no route brings, and opens it to every branch where one does', async () => {
    inOrder();
    shop.sandbox.given.environment('production', { refPolicy: null });
    const answer = await ask();
    expect(codes(answer)).toEqual({ 'environment production': ['should refs_open'] });
    expect(answer.code).toBe(0);
    await run(commandsOf(answer));
    expect(codes(await ask())).toEqual({});
    const everything = PIPELINE.replace("branches: ['hotfix/**']", "branches: ['**', '!main']");
    const barred = await ask(everything);
    expect(codes(barred)).toEqual({ 'environment production': ['must refs_barred'] });
    await run(commandsOf(barred));
    expect(shop.sandbox.state.environments.find(({ name }) => name === 'production')?.refPolicy).toBeNull();
  });

  it('looks at the environments of every pipeline file where the root only lists them, and at the list', async () => {
    inOrder();
    const mail =
      'version: 1\nenvironments:\n  mail-dev: { role: development }\nroutes: [{ name: all, branches: ["**"], path: [mail-dev] }]\n';
    const files = {
      '.github/promote.yml': 'version: 1\npipelines:\n  - shop/promote.yml\n  - mail/promote.yml\n',
      'shop/promote.yml': PIPELINE,
      'mail/promote.yml': mail,
    };
    expect(codes(await ask(files))).toEqual({ 'environment mail-dev': ['must environment_missing'] });
    await expect(ask({ ...files, 'mail/promote.yml': PIPELINE })).rejects.toThrow(
      'Environment "dev" is in two pipeline files, mail/promote.yml:3 and shop/promote.yml:3, and can belong to one of them only. Fix: Rename or remove it in one of them.',
    );
    const { 'mail/promote.yml': _, ...gone } = files;
    await expect(ask(gone)).rejects.toThrow(
      '.github/promote.yml:4:5: There is no file "mail/promote.yml". Fix: Correct the path, add the file, or',
    );
    await expect(ask(gone, { pipelinePath: 'shop/promote.yml' })).rejects.toThrow('There is no file "mail/promote.yml"');
  });

  it('survives names that a shell would read', async () => {
    inOrder();
    const name = 'eu $(touch hacked) & west/1';
    const pipeline = PIPELINE.replaceAll(/\bdev\b/g, `"${name}"`);
    const answer = await ask(pipeline);
    const folder = await run(commandsOf(answer));
    expect(shop.sandbox.state.environments.map((one) => one.name)).toContain(name);
    expect(existsSync(join(folder, 'hacked'))).toBe(false);
    expect(codes(await ask(pipeline))).toEqual({});
  });

  it('finds nothing in order that it could not read', async () => {
    inOrder();
    await expect(ask(PIPELINE, {}, { contents: 'read', issues: 'read' })).rejects.toThrow('actions: read');
  });

  it('sees rules of Apps', async () => {
    inOrder();
    shop.sandbox.inject({
      match: { operation: 'repos/get-all-environments' },
      fault: { status: 200, body: { total_count: 1, environments: [{ name: 'dev', protection_rules: [{ type: 'custom_rule' }] }] } },
    });
    const answer = await ask();
    expect(codes(answer)['environment dev']).toEqual(['should rules_of_apps']);
  });
});

describe('on the command line', () => {
  it('reads the checkout’s pipeline file, and tells by its exit code', async () => {
    inOrder();
    const folder = makeFolder({ '.github/promote.yml': PIPELINE });
    folders.push(folder);
    const variables = { GH_TOKEN: shop.sandbox.token({ login: 'octocat' }), GITHUB_API_URL: shop.sandbox.apiUrl };
    const content = await folder.promote(['doctor', '--repo', 'octo-org/shop'], variables);
    expect(content).toMatchObject({ code: 0, out: expect.stringContaining('everything is as the pipeline demands') });
    shop.sandbox.given.removeEnvironment('uat');
    expect((await folder.promote(['doctor', '--repo', 'octo-org/shop', '--json'], variables)).code).toBe(6);
    expect((await folder.promote(['doctor', '--repo', 'octo-org/shop'])).code).toBe(1);
  });

  it('has promote init begin with what GitHub knows', async () => {
    inOrder();
    const folder = makeFolder({});
    folders.push(folder);
    const variables = { GH_TOKEN: shop.sandbox.token({ login: 'octocat' }), GITHUB_API_URL: shop.sandbox.apiUrl };
    const { code, out } = await folder.promote(['init', '--repo', 'octo-org/shop'], variables);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.not.stringContaining('Did not look') });
    // This GitHub has no repository of the action.
    expect(out).toContain('names this action by its tag, which can be moved');
    const { apiUrl, graphqlUrl } = shop.sandbox;
    const client = createClient({
      token: variables.GH_TOKEN,
      apiUrl,
      graphqlUrl,
      requestTimeoutMs: 5_000,
      retryWaitMs: 1,
      log: () => undefined,
    });
    const repository = { owner: 'octo-org', repo: 'shop' };
    expect(await readCommit(client, repository, 'heads/main')).toBe(sample.repository.sha('main'));
    await expect(readCommit(client, repository, 'tags/none')).rejects.toThrow('No commit found');
    expect(await readCommit(client, { owner: 'org', repo: 'promote-action' }, 'tags/v1')).toBeNull();
    const text = folder.read('.github/promote.yml') ?? '';
    expect(text).toContain('by: [octo-org/release, octocat], exclude: [initiator]');
    expect(text).toContain('acceptance: { approvals: 1, by: [mona] }');
  });
});

describe('what may start workflows', () => {
  const noteOf = ({ out }: Answer) => (JSON.parse(out) as { notes: readonly string[] }).notes;

  it('is compared with what the chain needs', async () => {
    inOrder();
    shop.sandbox.state.executionPolicies = [
      { name: 'people only', enforcement: 'active', events: ['push', 'workflow_dispatch'], actors: ['octocat'] },
      { name: 'tried out', enforcement: 'evaluate', events: [] },
    ];
    const answer = await ask();
    expect(answer.code).toBe(0);
    expect(codes(answer)).toEqual({ 'execution protections': ['should starts_barred', 'should starts_barred'] });
    const because = answer.subjects[0]?.differences.map((difference) => difference.because);
    expect(because?.[0]).toBe(
      'The execution protection "people only" lets push and workflow_dispatch start workflows and not schedule: what waits for time is taken up by nobody.',
    );
    expect(because?.[1]).toContain('does not let github-actions[bot] start workflows');
    shop.sandbox.state.executionPolicies = [{ name: 'nobody', enforcement: 'active', events: ['schedule'] }];
    expect((await ask()).code).toBe(6);
  });

  it('is not looked at where GitHub has no such page, the token may not, or it looks otherwise; that is a note', async () => {
    inOrder();
    const missing = await ask();
    expect([missing.code, missing.subjects]).toEqual([0, []]);
    expect(noteOf(missing)).toContainEqual(expect.stringMatching(/^GitHub's execution protections, .*were not looked at: /));
    shop.sandbox.state.executionPolicies = [];
    expect(noteOf(await ask(PIPELINE, {}, { actions: 'read', issues: 'read', contents: 'read', members: 'read' }))).toContainEqual(
      expect.stringContaining('were not looked at'),
    );
    for (const body of [{ rules: [] }, 7, [{ enforcement: 'active', events: 'all' }]]) {
      shop.sandbox.inject({ match: { path: /\/actions\/policies$/ }, fault: { status: 200, body } });
      const odd = await ask();
      expect([odd.code, odd.subjects]).toEqual([0, []]);
      expect(noteOf(odd), JSON.stringify(body)).toContainEqual(expect.stringContaining('were not looked at'));
    }
    expect((await ask(PIPELINE, { json: false })).out).not.toContain('Note: GitHub');
  });
});

describe('the subject of a job’s identity', () => {
  const subject = async () => {
    const { out } = await ask(PIPELINE, { json: false });
    return /^Note: (The subject .*)$/m.exec(out)?.[1];
  };

  it('is told as this repository gets it', async () => {
    inOrder();
    shop.sandbox.state.identitySubject = { use_default: true, sub_claim_prefix: 'repo:octo-org@1/shop@2' };
    expect(await subject()).toBe(
      'The subject of a job’s OpenID Connect identity in production is repo:octo-org@1/shop@2:environment:production.',
    );
    shop.sandbox.state.identitySubject = { use_default: true, use_immutable_subject: false };
    expect(await subject()).toContain(' is repo:octo-org/shop:environment:production.');
    shop.sandbox.state.identitySubject = { use_default: true };
    expect(await subject()).toMatch(
      / is repo:octo-org\/shop:environment:production or repo:octo-org@\d+\/shop@\d+:environment:production \(the second/,
    );
    shop.sandbox.state.identitySubject = { use_default: false, include_claim_keys: ['repo', 'context'] };
    expect(await subject()).toContain('is made of a template of the repository’s own: repo and context.');
  });

  it('is not looked at where GitHub does not say, and nothing comes of it', async () => {
    inOrder();
    shop.sandbox.inject({ match: { path: /customization\/sub$/ }, fault: { status: 404, body: { message: 'Not Found' } } });
    expect(await subject()).toContain('was not looked at: ');
  });
});

it('lines of PROMOTE_ENV that hide ordinary text are told by their numbers, without what stands in them', async () => {
  inOrder();
  const answer = await ask(PIPELINE, {}, undefined, "KEY='{\n  hidden-value\n}'\nNAME=value\n");
  expect(answer.code).toBe(0);
  expect(codes(answer)).toEqual({ 'secret PROMOTE_ENV': ['should secret_hides_text'] });
  expect(answer.subjects[0]?.differences[0]?.because).toMatch(/^Line 3 of it is ordinary text\. GitHub hides/);
  expect(answer.out).not.toContain('hidden-value');
});
