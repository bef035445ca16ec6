import { expect, it } from 'vitest';
import { readAddresses } from '../../src/github/addresses.ts';

const GITHUB = { apiUrl: 'https://api.github.com', graphqlUrl: 'https://api.github.com/graphql', serverUrl: 'https://github.com' };

it('is github.com where nothing else is said, or only something empty', () => {
  expect(readAddresses({})).toEqual(GITHUB);
  expect(readAddresses({ GITHUB_API_URL: '', GITHUB_GRAPHQL_URL: ' ', GITHUB_SERVER_URL: '' })).toEqual(GITHUB);
});

it.each(['https://ghe.example/api/v3', 'https://ghe.example/api/v3/'])('finds the address for queries beside %s', (url) => {
  const { apiUrl, graphqlUrl } = readAddresses({ GITHUB_API_URL: url });
  expect([apiUrl, graphqlUrl]).toEqual(['https://ghe.example/api/v3', 'https://ghe.example/api/graphql']);
});

it.each(['GITHUB_API_URL', 'GITHUB_GRAPHQL_URL', 'GITHUB_SERVER_URL'])('names %s when it is no address', (name) => {
  for (const value of ['nonsense', 'https://', 'ftp://ghe.example', 'https://ghe example'])
    expect(() => readAddresses({ [name]: value })).toThrow(`${name} is no address`);
});
