import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Answer, type ScriptedServer, scriptedServer } from '../github/scripted-server.ts';
import { makeFolder } from '../starting/folder.ts';

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
    expect(err).toContain(`"${option.slice(2)}" cannot be used: ${JSON.stringify(value)}`);
    expect(server.requests).toEqual([]);
  });
});
