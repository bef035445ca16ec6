/** What a value given from outside must look like, as an input of the action and as an option of the command line alike. */
export interface Expected {
  readonly pattern: RegExp;
  /** In words, after "expected". */
  readonly words: string;
}

/**
 * Without control characters, which are what the ranges leave out: V8 looks `\p{Cc}` up in the character database whenever it comes past
 * the expression, several times in a start.
 */
const LINE_OF_200: Expected = { pattern: /^[ -~\u00A0-\u{10FFFF}]{1,200}$/u, words: 'one line of at most 200 characters' };
const LINE_OF_255: Expected = { pattern: /^[ -~\u00A0-\u{10FFFF}]{1,255}$/u, words: 'one line of at most 255 characters' };

/** By the name of the input. */
export const EXPECTED = {
  pipeline: { pattern: /^(?!\/)(?!.*\.\.)[^\0\n:]+\.ya?ml$/, words: 'a path inside the repository that ends in .yml or .yaml' },
  'artifact-digest': { pattern: /^[a-z0-9]+:[0-9a-zA-Z._=-]{7,128}$/, words: 'a digest such as sha256:<64 hexadecimal digits>' },
  'artifact-name': LINE_OF_200,
  version: LINE_OF_255,
  migrations: LINE_OF_255,
} as const satisfies Readonly<Record<string, Expected>>;

/** All that any kind of token is made of, and the most that the header which carries it can hold. */
export const TOKEN: Expected = { pattern: /^[!-~]+$/, words: 'letters, digits and signs of ASCII without spaces or line breaks' };
