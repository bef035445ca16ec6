import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Answer, json, type ScriptedServer, scriptedServer } from '../github/scripted-server.ts';
import { makeFolder } from '../setup/folder.ts';

const folder = makeFolder({ 'README.md': 'A shop' });
afterAll(() => folder.remove());
const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** Asks about a repository on a server that gives the answers of a script. */
async function ask(script: readonly Answer[], words: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const server = await scriptedServer(script);
  servers.push(server);
  const given = { GH_TOKEN: 'ghp_x', GITHUB_API_URL: server.url, ...variables };
  return { server, ...(await folder.promote(['--repo', 'octo-org/shop', '--ref', 'main', ...words], given)) };
}

describe('a value that its option does not take', () => {
  it.each([
    ['--pipeline', '../../etc/passwd', 'a path inside the repository'],
    ['--pipeline', '/etc/promote.yml', 'a path inside the repository'],
    ['--pipeline', '', 'a path inside the repository'],
    ['--artifact-digest', 'rubbish', 'a digest such as sha256:'],
    ['--version', 'two\nlines', 'one line of at most 255 characters'],
    ['--migrations', 'x'.repeat(300), 'one line of at most 255 characters'],
  ])('%s %j is refused before anything is asked', async (option, value, expected) => {
    const { code, err, server } = await ask([() => {}], ['plan', option, value]);
    expect(code).toBe(2);
    expect(err).toContain(`promote: ${option} is ${JSON.stringify(value)}; expected ${expected}`);
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['--ref', 'a b'],
    ['--sha', 'xyz'],
  ])('%s %j is refused, too', async (option, value) => {
    const { code, err, server } = await ask([() => {}], ['plan', option, value]);
    expect(code).toBe(2);
    expect(err).toContain(`${option} cannot be used: ${JSON.stringify(value)}`);
    expect(server.requests).toEqual([]);
  });
});

describe('what keeps anything from being sent', () => {
  it.each([
    ['GITHUB_GRAPHQL_URL', { GITHUB_GRAPHQL_URL: 'nonsense' }],
    ['GITHUB_API_URL', { GITHUB_API_URL: 'https://' }],
    ['GITHUB_SERVER_URL', { GITHUB_SERVER_URL: 'github.com' }],
    ['GH_TOKEN', { GH_TOKEN: 'ghp_ü' }],
    ['GH_TOKEN', { GH_TOKEN: 'ghp_x\nghp_y' }],
  ])('%s is named at once: %j', async (name, variables) => {
    const { code, err, server } = await ask([() => {}], ['plan'], variables);
    expect(code).toBe(1);
    expect(err.split('\n')).toHaveLength(2);
    expect(err).toMatch(new RegExp(`^promote: ${name}.* is no (address|token)`));
    expect(err).not.toContain('ghp_');
    expect(server.requests).toEqual([]);
  });

  it('is no line break at the end of the token, and no slash at the end of the address', async () => {
    const server = await scriptedServer([json(401, { message: 'Bad credentials' })]);
    servers.push(server);
    const variables = { GH_TOKEN: 'ghp_x\n', GITHUB_API_URL: `${server.url}/api/v3/`, GITHUB_GRAPHQL_URL: '' };
    await folder.promote(['plan', '--repo', 'octo-org/shop', '--ref', 'main'], variables);
    expect(server.requests).toMatchObject([{ path: '/api/graphql', headers: { authorization: 'bearer ghp_x' } }]);
  });
});

it('a token for github.com is not sent to the server of the checkout’s remote, and the variable that is needed is named', async () => {
  const clone = makeFolder({ 'README.md': 'A shop' });
  try {
    execFileSync('git', ['-C', clone.path, 'remote', 'add', 'origin', 'git@git.invalid:octo-org/shop.git']);
    const { code, err } = await clone.promote(['plan'], { GH_TOKEN: 'ghp_x' });
    expect(code).toBe(1);
    expect(err).toMatch(
      /^promote: The repository is on git\.invalid, and GH_TOKEN is for github\.com: it was not sent\. Set GH_ENTERPRISE_TOKEN/,
    );
  } finally {
    clone.remove();
  }
});

describe('a failure', () => {
  it('is told once, in the words of the command line', async () => {
    const { code, err } = await ask([json(401, { message: 'Bad credentials' })], ['plan']);
    expect(code).toBe(1);
    expect(err).toBe('promote: GitHub does not accept the token for POST /graphql: Bad credentials. Pass a valid token in GH_TOKEN.\n');
  });

  it('that is a refusal is told once, too', async () => {
    const { err } = await ask([json(403, { message: 'Forbidden' })], ['plan']);
    expect(err.match(/GitHub does not allow POST/g)).toHaveLength(1);
  });
});
