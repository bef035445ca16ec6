import { describe, expect, test } from 'vitest';
import type { GraphqlError } from '../../src/github/client.ts';
import { assertAnswered } from '../../src/github/evidence-answer.ts';

const answered = (error: GraphqlError) => () => assertAnswered({ data: null, errors: [error], date: 0 }, 'octo-org/shop');

describe('an error instead of an answer', () => {
  test.each(['Something went wrong while executing your query. Please include `ABC` when reporting this issue.', 'Query timed out'])(
    'GitHub failed inside, and no version is to blame: %s',
    (message) => {
      expect(answered({ message, type: null, path: [] })).toThrow(expect.objectContaining({ failure: 'unavailable' }));
      expect(answered({ message, type: null, path: [] })).toThrow(/Run the job again\.$/);
      expect(answered({ message, type: null, path: [] })).not.toThrow(/Enterprise/);
    },
  );

  test('a field that the server does not know may be an old server', () => {
    const error = { message: "Field 'deploymentReviews' doesn't exist on type 'WorkflowRun'", type: null, path: ['query Evidence'] };
    expect(answered(error)).toThrow(expect.objectContaining({ failure: 'refused' }));
    expect(answered(error)).toThrow(/GitHub Enterprise Server/);
  });
});
