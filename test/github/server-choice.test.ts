import { describe, expect, it } from 'vitest';
import { chooseServer, hostOf } from '../../src/github/server-choice.ts';

const BOTH = { GH_TOKEN: 'ghp_cloud', GH_ENTERPRISE_TOKEN: 'ghp_own' };

it.each([
  ['https://github.com/octo-org/shop.git', 'github.com'],
  ['https://octocat:secret@github.com/octo-org/shop', 'github.com'],
  ['git@github.com:octo-org/shop.git', 'github.com'],
  ['ssh://git@ssh.github.com:443/octo-org/shop.git', 'github.com'],
  ['ssh://git@git.example.com:2222/octo-org/shop', 'git.example.com'],
  ['https://git.example.com:8443/octo-org/shop', 'git.example.com:8443'],
  ['git@work:octo-org/shop.git', 'work'],
  ['/srv/git/octo-org/shop.git', null],
  ['../shop', null],
  ['', null],
])('%j is on %s', (remote, host) => {
  expect(hostOf(remote)).toBe(host);
});

describe('the server and its token', () => {
  it.each([
    ['the remote’s', {}, null, 'git@github.com:octo-org/shop.git', 'https://api.github.com', 'ghp_cloud'],
    ['the remote’s own', {}, null, 'git@git.example.com:o/s.git', 'https://git.example.com/api/v3', 'ghp_own'],
    ['an enterprise in the cloud', {}, null, 'https://octo.ghe.com/o/s', 'https://api.octo.ghe.com', 'ghp_cloud'],
    ['the one in --repo', { GH_HOST: 'other.example.com' }, 'git.example.com', '', 'https://git.example.com/api/v3', 'ghp_own'],
    ['GH_HOST', { GH_HOST: 'git.example.com' }, null, 'git@github.com:o/s.git', 'https://git.example.com/api/v3', 'ghp_own'],
    ['github.com otherwise', {}, null, '', 'https://api.github.com', 'ghp_cloud'],
    ['named outright', { GITHUB_API_URL: 'http://127.0.0.1:1' }, null, 'git@git.example.com:o/s.git', 'http://127.0.0.1:1', 'ghp_cloud'],
  ])('are %s', (_, variables, named, remote, apiUrl, token) => {
    expect(chooseServer({ ...BOTH, ...variables }, named, remote)).toMatchObject({ apiUrl, token });
  });

  it('are refused where the only token is for github.com', () => {
    expect(() => chooseServer({ GITHUB_TOKEN: 'ghp_cloud' }, null, 'git@git.example.com:o/s.git')).toThrow(
      /on git\.example\.com, and GH_TOKEN is for github\.com: it was not sent\. Set GH_ENTERPRISE_TOKEN/,
    );
    expect(chooseServer({}, null, 'git@git.example.com:o/s.git')).toMatchObject({ token: null, tokenName: 'GH_ENTERPRISE_TOKEN' });
  });

  it('are refused where the remote is an abbreviation of the own ssh', () => {
    expect(() => chooseServer(BOTH, null, 'git@work:octo-org/shop.git')).toThrow(/"work".*Set GH_HOST/);
  });

  it.each([['github.com.example.com'], ['notgithub.com'], ['ghe.com.example.org']])('%s gets no token for github.com', (host) => {
    expect(chooseServer(BOTH, null, `https://${host}/o/s`).token).toBe('ghp_own');
  });
});
