import { expect, it } from 'vitest';
import { inOptions } from '../../src/job/option-words.ts';

it.each([
  ['Pass a valid token in the input "token".', 'Pass a valid token in GH_TOKEN.'],
  ['Check the name, or give another in "ref".', 'Check the name, or give another with --ref.'],
  ['Say which one is meant by its full name in the input "ref".', 'Say which one is meant by its full name with --ref.'],
  ['Check the input "sha"; a force push may have removed it.', 'Check --sha; a force push may have removed it.'],
  ['Say which one is meant with the inputs "ref" and "sha", or', 'Say which one is meant with --ref and --sha, or'],
  ['Put it there, or name the right path in the input "pipeline".', 'Put it there, or name the right path with --pipeline.'],
  ['The input "ref" cannot be used: "a b".', '--ref cannot be used: "a b".'],
  ['the input "artifact-digest" is empty', '--artifact-digest is empty'],
  ['Input "environment" is "x"; the built-in pipeline has none.', 'The environment asked for is "x"; the built-in pipeline has none.'],
])('%s', (message, expected) => {
  expect(inOptions(message)).toBe(expected);
});
