import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readSettings } from '../../sandbox/settings.ts';
import { sampleFolder } from './shop.ts';

const sample = sampleFolder();
afterAll(() => sample.remove());
const MAIN = join(import.meta.dirname, '../../sandbox/main.ts');

function start(...parameters: string[]) {
  const child = spawn(process.execPath, [MAIN, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
  return { child, output, ended: once(child, 'exit') };
}

/** The value that the printed `export NAME=` gives. */
function exported(text: string, name: string): string {
  return new RegExp(`^export ${name}=(\\S+)`, 'm').exec(text)?.[1] ?? '';
}

it('serves a repository, says how to ask, and stops with Ctrl-C', async () => {
  const { child, output, ended } = start('--repo', sample.repository.path, '--port', '0', '--environments', 'dev,uat:mona');
  while (!output.text.includes('gh api')) await once(child.stdout, 'data');
  const [url, token, reviewer] = ['GITHUB_API_URL', 'GITHUB_TOKEN', 'REVIEWER_TOKEN'].map((name) => exported(output.text, name));
  const get = async (path: string) =>
    (await fetch(`${url}/repos/octo-org/shop/${path}`, { headers: { authorization: `Bearer ${token}` } })).json();
  expect(await get('environments')).toMatchObject({ environments: [{ name: 'dev' }, { name: 'uat' }] });
  const [, body = '', address = ''] = /-d '(\{"environment_ids".*?\})' \\\n\s+\$GITHUB_API_URL(\S+)/.exec(output.text) ?? [];
  const approved = await fetch(`${url}${address}`, { method: 'POST', body, headers: { authorization: `Bearer ${reviewer}` } });
  expect(approved.status).toBe(200);
  expect(await get(`${address.slice('/repos/octo-org/shop/'.length, -'pending_deployments'.length)}approvals`)).toMatchObject([
    { user: { login: 'mona' } },
  ]);
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  expect(output.text).toContain('GET /repos/octo-org/shop/environments 200');
});

it('understands requests as a proxy gets them, which is how gh reaches it', async () => {
  const { child, output, ended } = start('--repo', sample.repository.path, '--port', '0');
  while (!output.text.includes('gh api')) await once(child.stdout, 'data');
  const { request } = await import('node:http');
  const { port } = new URL(exported(output.text, 'GITHUB_API_URL'));
  const headers = { authorization: `token ${exported(output.text, 'GITHUB_TOKEN')}`, host: 'api.github.localhost' };
  const asked = request({ host: '127.0.0.1', port, path: 'http://api.github.localhost/repos/octo-org/shop', headers });
  asked.end();
  const [response] = await once(asked, 'response');
  expect(response.statusCode).toBe(200);
  response.resume();
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

it('ends with what is wrong and how it is used', async () => {
  const { output, ended } = start('--repo', '/nowhere');
  expect(await ended).toEqual([1, null]);
  expect(output.text).toContain('/nowhere is no Git repository');
  expect(output.text).toContain('Usage:');
  expect(output.text).not.toContain('    at ');
});

it.each([
  [[], '--repo is missing'],
  [['--repo', '.', '--port', 'x'], '--port: x is no port'],
  [['--repo', '.', '--environments', 'uat:a:b'], '"uat:a:b" cannot be read'],
  [['--repo', '.', '--prot', '1'], '--prot'],
])('%j is no command line', (parameters, message) => {
  expect(() => readSettings(parameters)).toThrow(message);
});

it('reads environments with their reviewers', () => {
  expect(readSettings(['--repo', '.', '--environments', 'dev, uat:mona+octo-org/qa'])?.environments).toEqual([
    { name: 'dev', reviewers: [] },
    { name: 'uat', reviewers: ['mona', 'octo-org/qa'] },
  ]);
  expect(readSettings(['--help'])).toBeNull();
});
