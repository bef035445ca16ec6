import { schema as published } from '@octokit/graphql-schema';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import {
  authorsQuery,
  candidateRecordsQuery,
  evidenceQuery,
  historyQuery,
  issuesQuery,
  matchingQuery,
  type Query,
  type Question,
  recordsByIdQuery,
  recordsQuery,
  statusesQuery,
} from '../../src/github/evidence-query.ts';
import { pointCost } from './point-cost.ts';

// The published text breaks rules of the language here and there (fields defined twice), so it is taken as it is.
const schema = buildSchema(published.idl, { assumeValid: true });

const question: Question = {
  owner: 'octo-org',
  repo: 'shop',
  path: '.github/promote.yml',
  candidate: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
  ref: 'refs/heads/main',
  alternativeRef: null,
  environments: ['dev', 'uat', 'staging', 'production'],
  protections: ['dev', 'uat', 'staging', 'production', 'uat-acceptance'],
  migrations: ['db/migrations', 'db/tool.yml'],
  planned: null,
  siblings: [],
  runHeadSha: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
};

const queries: readonly (readonly [string, Query])[] = [
  ['evidence', evidenceQuery(question)],
  ['evidence of a bare question', evidenceQuery({ ...question, environments: [], protections: [], migrations: [], runHeadSha: null })],
  ['evidence with another ref', evidenceQuery({ ...question, alternativeRef: 'refs/tags/main' })],
  [
    'evidence beside other pipeline files',
    evidenceQuery({ ...question, path: 'a/promote.yml', siblings: ['b/promote.yml', 'c/promote.yml'] }),
  ],
  ['records', recordsQuery('octo-org', 'shop', 'uat', null)],
  ['candidate records', candidateRecordsQuery('octo-org', 'shop', question.candidate, ['uat'], 'Y3Vyc29y')],
  ['records by id', recordsByIdQuery(['DE_x'])],
  ['history', historyQuery('octo-org', 'shop', question.candidate, 'Y3Vyc29y')],
  ['authors', authorsQuery('octo-org', 'shop', [{ sha: question.candidate, authors: null, pullRequests: 'Y3Vyc29y' }])],
  ['statuses', statusesQuery([{ id: 'DE_x', after: null }])],
  ['names in vetoes', matchingQuery('octo-org', 'shop', ['1.4.2', 'abcdef1'])],
  ['issues', issuesQuery('octo-org', 'shop', 'promote:hold', 'Y3Vyc29y')],
];

describe('queries against the published GraphQL schema', () => {
  test.each(queries)('%s is valid, and declares what it is given', (_name, query) => {
    const document = parse(query.text);
    expect(validate(schema, document).map((error) => error.message)).toEqual([]);
    const [operation] = document.definitions;
    if (operation?.kind !== 'OperationDefinition') throw new Error('no operation');
    expect(operation.variableDefinitions?.map(({ variable }) => variable.name.value).sort()).toEqual(Object.keys(query.variables).sort());
  });

  test('no name reaches the text of the query', () => {
    const hostile = 'x") { id } evil: environment(name:"y';
    const { text, variables } = evidenceQuery({
      ...question,
      environments: [hostile],
      protections: [hostile],
      migrations: [hostile],
      siblings: [hostile],
      ref: hostile,
    });
    expect(text).not.toContain('evil');
    expect(variables).toMatchObject({ r0: hostile, p0: hostile, m0: `${question.candidate}:${hostile}`, ref: hostile });
  });

  test('a path of four environments costs about ten points, one of twenty at most 20', () => {
    const names = Array.from({ length: 20 }, (_, index) => `env-${index}`);
    expect(pointCost(evidenceQuery(question).text)).toBeLessThanOrEqual(12);
    expect(pointCost(evidenceQuery({ ...question, environments: names, protections: names }).text)).toBeLessThanOrEqual(20);
    expect(pointCost(recordsQuery('octo-org', 'shop', 'uat', null).text)).toBe(1);
  });

  test('the estimate follows the published example', () => {
    const published =
      '{ viewer { repositories(first: 100) { nodes { issues(first: 50) { nodes { labels(first: 60) { nodes { name } } } } } } } }';
    expect(pointCost(published)).toBe(51);
  });
});
