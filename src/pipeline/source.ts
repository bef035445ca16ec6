import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  Parser,
  Scalar,
  type YAMLError,
} from 'yaml';
import type { Problem } from './problem.ts';
import { quote } from './problem.ts';

/** Keys and list positions from the top of the file to a value. */
export type Path = readonly (string | number)[];

/** A pipeline file as plain values, with the way back from a value to its place. */
export interface Source {
  /** Objects without prototype, arrays, strings, numbers, booleans, `null`. */
  readonly value: unknown;
  /** What the YAML itself has wrong. */
  readonly problems: readonly Problem[];
  /** Line of the first mistake after which the rest of the file cannot be trusted to mean what it seems to; `null` when there is none. */
  readonly damagedFrom: number | null;
  /** Line and column of the value at a path, or of its key; of the nearest thing around it when it is not there. */
  place(path: Path, of: 'key' | 'value'): { readonly line: number; readonly column: number };
  /** From now on, paths may call a key of the mapping at a path by what it was meant to be. */
  readAs(path: Path, key: string, meant: string): void;
}

/** Bytes. A file for 1,000 environments has a fifth of it. */
export const LARGEST_FILE = 256 * 1024;
/** Levels of lists and mappings inside each other; a pipeline file needs seven. */
export const DEEPEST = 24;
/** More mistakes than that are one mistake made often, or a file that is no pipeline file. */
export const MOST_PROBLEMS = 200;
/** Values after writing out all aliases. */
export const MOST_VALUES = 50_000;
/** Words, signs and spaces between them; the densest honest file of the largest size has two thirds of it. */
const MOST_LEXEMES = 3 * MOST_VALUES;

const START = { line: 1, column: 1 };

/** Reads YAML without trusting it: whatever the text is, this ends soon, does not throw, and calls every mistake by its place. */
export function readSource(text: string): Source {
  const size = Buffer.byteLength(text, 'utf8');
  if (size > LARGEST_FILE) {
    const message = `The file has ${size} bytes; a pipeline file may have ${LARGEST_FILE}.`;
    return refused({ ...START, message, fix: 'Remove what is not pipeline; long scripts belong into files of their own.' });
  }
  const lines = new Lines(text);
  const { tokens, tooDeep, tooMany } = tokenize(text);
  if (tooDeep !== null) return refused(nestingProblem(lines.at(tooDeep)));
  if (tooMany !== null) {
    const message = `The file has more than ${MOST_LEXEMES} words and signs.`;
    return refused({ ...lines.at(tooMany), message, fix: 'Check the brackets and the quotes; a pipeline file needs far fewer.' });
  }
  return new DocumentSource(compose(tokens, text.length), lines);
}

/** The first document, and the second where there is one: that is a mistake however many follow. */
function compose(tokens: readonly CST.Token[], end: number): readonly Document.Parsed[] {
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, logLevel: 'silent' });
  const stack = Error.stackTraceLimit;
  // A broken file has an error for every few characters, and a stack for each, which nobody reads, would take most of the time.
  Error.stackTraceLimit = 0;
  try {
    const documents: Document.Parsed[] = [];
    for (const document of composer.compose(tokens, true, end)) if (documents.push(document) === 2) break;
    return documents;
  } finally {
    Error.stackTraceLimit = stack;
  }
}

function refused(problem: Problem): Source {
  return { value: undefined, problems: [problem], damagedFrom: problem.line, place: () => START, readAs: () => {} };
}

function nestingProblem(at: { line: number; column: number }): Problem {
  return {
    ...at,
    message: `More than ${DEEPEST} levels inside each other.`,
    fix: 'Check the brackets and the indentation; nothing in a pipeline file is that deep.',
  };
}

/** Where lines begin: the parser's own count goes wrong in some broken files. */
class Lines {
  private readonly starts: readonly number[];
  private readonly length: number;

  constructor(text: string) {
    this.starts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
    this.length = text.length;
  }

  /** Line and column, from 1, of an offset; the end of the text for offsets beyond it. */
  at(offset: number): { line: number; column: number } {
    const inside = Math.min(Math.max(offset, 0), this.length);
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] ?? 0) <= inside) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: inside - (this.starts[low] ?? 0) + 1 };
  }
}

/** What could be parsed, and where it became too much: the offset, or `null` where it did not. */
interface Tokens {
  readonly tokens: readonly CST.Token[];
  readonly tooDeep: number | null;
  readonly tooMany: number | null;
}

/**
 * Parses as far as the nesting is bearable (what comes after parsing calls itself once for every level), the file is not nothing but signs, and there
 * are no more mistakes than anybody would be told.
 */
function tokenize(text: string): Tokens {
  const tokens: CST.Token[] = [];
  const parser = new Parser();
  let [lexemes, mistakes] = [0, 0];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === 'error') mistakes += 1;
    }
    if (parser.stack.length > 4 * DEEPEST) return { tokens, tooDeep: parser.offset, tooMany: null };
    lexemes += 1;
    if (lexemes > MOST_LEXEMES) return { tokens, tooDeep: null, tooMany: parser.offset };
    if (mistakes > MOST_PROBLEMS) break;
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens, tooDeep: deepToken(tokens), tooMany: null };
}

/** A parsed token as far as it matters here: the parser's own type is a union of fourteen. */
interface AnyToken {
  readonly offset?: number;
  readonly value?: unknown;
  readonly items?: readonly { readonly key?: unknown; readonly value?: unknown }[];
}

/** Offset of the first token that lies too deep. Goes by a list of its own, since the depth is what must not be trusted. */
function deepToken(tokens: readonly unknown[]): number | null {
  const rest = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const token = next.token as AnyToken | null | undefined;
    if (token === null || typeof token !== 'object') continue;
    if (next.depth > DEEPEST) return token.offset ?? 0;
    const depth = next.depth + (token.items === undefined ? 0 : 1);
    for (const item of token.items ?? []) rest.push({ token: item.key, depth }, { token: item.value, depth });
    if (typeof token.value === 'object') rest.push({ token: token.value, depth });
  }
  return null;
}

class DocumentSource implements Source {
  readonly value: unknown;
  readonly problems: Problem[] = [];
  damagedFrom: number | null = null;
  private readonly document: Document.Parsed | undefined;
  private readonly lines: Lines;
  private values = 0;

  constructor(documents: readonly Document.Parsed[], lines: Lines) {
    this.document = documents[0];
    this.lines = lines;
    const mistakes = documents.flatMap((one) => [...one.errors, ...one.warnings]);
    for (const mistake of mistakes.slice(0, MOST_PROBLEMS - 1)) this.report(mistake);
    const next = mistakes[MOST_PROBLEMS - 1];
    if (next !== undefined)
      this.damage(next.pos[0], 'From here on, mistakes in the YAML are no longer listed; there are too many.', 'Mend these first.');
    if (documents.length > 1) {
      this.add(
        documents[1]?.range[0] ?? 0,
        'A second document begins here; a pipeline file is one.',
        'Remove the line "---" and what follows it, or join the two.',
      );
    }
    this.value = this.plain(this.document?.contents ?? null, 0, new Set());
  }

  place(path: Path, of: 'key' | 'value'): { line: number; column: number } {
    let node: unknown = this.document?.contents;
    let at = this.offset(node) ?? 0;
    for (const [index, part] of path.entries()) {
      const step = this.step(this.follow(node), part);
      if (step === null) break;
      const last = index === path.length - 1;
      at = (last && of === 'key' ? undefined : this.offset(step.value)) ?? step.key ?? at;
      node = step.value;
    }
    return this.lines.at(at);
  }

  readAs(path: Path, key: string, meant: string): void {
    const node = path.reduce<unknown>((at, part) => this.step(this.follow(at), part)?.value, this.document?.contents);
    const mapping = this.follow(node);
    const pairs = isMap(mapping) ? this.pairsOf(mapping) : undefined;
    const pair = pairs?.get(key);
    if (pair !== undefined) pairs?.set(meant, pair);
  }

  /** One step down: the value there, and where its key stands. `null` when there is none. */
  private step(node: unknown, part: string | number): { value: unknown; key: number | undefined } | null {
    if (isSeq(node) && typeof part === 'number') {
      const value = node.items[part];
      return value === undefined ? null : { value, key: this.offset(value) };
    }
    if (!isMap(node)) return null;
    const pair = this.pairsOf(node).get(String(part));
    return pair === undefined ? null : { value: pair.value, key: this.offset(pair.key) };
  }

  private readonly pairs = new WeakMap<object, Map<string, { key: unknown; value: unknown }>>();

  private pairsOf(node: { readonly items: readonly { key: unknown; value: unknown }[] }): Map<string, { key: unknown; value: unknown }> {
    const known = this.pairs.get(node);
    if (known !== undefined) return known;
    const fresh = new Map(node.items.toReversed().map((item) => [keyText(item.key) ?? '', item]));
    this.pairs.set(node, fresh);
    return fresh;
  }

  /** Where a value is written. A value that is left empty is written nowhere. */
  private offset(node: unknown): number | undefined {
    if (isScalar(node) && node.value === null && node.source === '') return undefined;
    return (node as Node | null | undefined)?.range?.[0];
  }

  private follow(node: unknown): unknown {
    return isAlias(node) ? this.target(node) : node;
  }

  private target(alias: Alias): unknown {
    if (this.targets === null) {
      this.targets = new Map();
      this.index(this.document?.contents, new Map(), this.targets);
    }
    return this.targets.get(alias);
  }

  /** What each alias repeats: the value that had its name last before it. */
  private targets: Map<Alias, Node> | null = null;

  /** `latest`: by name, on the way through the document in its order. */
  private index(node: unknown, latest: Map<string, Node>, into: Map<Alias, Node>): void {
    const target = isAlias(node) ? latest.get(node.source) : undefined;
    if (isAlias(node) && target !== undefined) into.set(node, target);
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) latest.set(node.anchor, node as Node);
    if (isSeq(node)) for (const item of node.items) this.index(item, latest, into);
    if (isMap(node)) for (const pair of node.items) this.index(pair.value, latest, into);
  }

  private plain(node: unknown, depth: number, inside: ReadonlySet<unknown>): unknown {
    this.values += 1;
    if (this.values === MOST_VALUES) {
      this.damage(
        this.offset(node) ?? 0,
        'The file has too many values once its aliases are written out.',
        `A pipeline file may have ${MOST_VALUES}; use fewer aliases.`,
      );
    }
    if (this.values >= MOST_VALUES) return null;
    if (depth > DEEPEST) return this.tooDeep(node);
    if (isAlias(node)) return this.plainAlias(node, depth, inside);
    if (isMap(node)) return this.plainMap(node.items, depth, inside);
    if (isSeq(node)) return node.items.map((item) => this.plain(item, depth + 1, inside));
    return isScalar(node) ? scalarValue(node) : null;
  }

  private tooDeep(node: unknown): null {
    const problem = nestingProblem(this.lines.at(this.offset(node) ?? 0));
    if (!this.problems.some((one) => one.message === problem.message)) this.problems.push(problem);
    this.damagedFrom ??= problem.line;
    return null;
  }

  private plainAlias(alias: Alias, depth: number, inside: ReadonlySet<unknown>): unknown {
    const target = this.target(alias);
    if (target === undefined) {
      this.add(
        alias.range?.[0] ?? 0,
        `${quote(`*${alias.source}`)} repeats a value that nothing before it names.`,
        YAML_FIXES['BAD_ALIAS'] ?? '',
      );
      return null;
    }
    if (inside.has(target)) {
      this.add(
        alias.range?.[0] ?? 0,
        `The alias ${quote(`*${alias.source}`)} stands inside what it repeats.`,
        'Write the value out instead.',
      );
      return null;
    }
    return this.plain(target, depth + 1, new Set([...inside, target]));
  }

  private plainMap(items: readonly { key: unknown; value: unknown }[], depth: number, inside: ReadonlySet<unknown>): unknown {
    const result = Object.create(null) as Record<string, unknown>;
    for (const { key, value } of items) {
      const text = keyText(key);
      if (text === null)
        this.add(
          this.offset(key) ?? 0,
          'A key must be a single word or text, not a list, a mapping or nothing.',
          'Write it as "key: value", and quote it if it has special characters.',
        );
      else if (text === '__proto__') this.add(this.offset(key) ?? 0, '"__proto__" cannot be used as a name.', 'Choose another name.');
      else if (Object.hasOwn(result, text))
        this.add(this.offset(key) ?? 0, `The key ${quote(text)} stands here a second time.`, 'Keep one of the two, or join what they say.');
      else result[text] = this.plain(value, depth + 1, inside);
    }
    return result;
  }

  private report(mistake: YAMLError): void {
    const { message, fix } = explainYaml(mistake);
    this.damage(mistake.pos[0], message, fix);
  }

  private damage(offset: number, message: string, fix: string): void {
    this.add(offset, message, fix);
    const { line } = this.lines.at(offset);
    this.damagedFrom = Math.min(line, this.damagedFrom ?? line);
  }

  private add(offset: number, message: string, fix: string): void {
    this.problems.push({ ...this.lines.at(offset), message, fix });
  }
}

function keyText(key: unknown): string | null {
  if (!isScalar(key) || key.value === null || typeof key.value === 'object') return null;
  return key.type === Scalar.PLAIN && key.source !== undefined ? key.source : String(key.value);
}

function scalarValue(node: Scalar): unknown {
  return typeof node.value === 'bigint' || typeof node.value === 'symbol' ? String(node.value) : node.value;
}

/** What is wrong with the YAML, for somebody who does not know YAML's own words. */
function explainYaml(mistake: YAMLError): { message: string; fix: string } {
  const [said] = mistake.message.split('\n');
  return {
    message: `This is not YAML: ${quote(said ?? '').slice(1, -1)}.`,
    fix: said?.includes('directive')
      ? NO_DIRECTIVES
      : (YAML_FIXES[mistake.code] ?? 'Check the quotes, the brackets and the indentation here.'),
  };
}

const NO_DIRECTIVES =
  'Remove what begins with "%"; a pipeline file needs no YAML directives, and a value that begins with "%" must stand in quotes.';

const YAML_FIXES: Readonly<Partial<Record<string, string>>> = {
  BAD_ALIAS: 'A value that begins with "*" must stand in quotes, for example \'**\'.',
  TAB_AS_INDENT: 'Indent with spaces.',
  BAD_INDENT: 'Indent everything of one mapping or list by the same number of spaces.',
  MISSING_CHAR: 'Close the bracket or the quote that is open here.',
  UNEXPECTED_TOKEN: 'A value with special characters such as * [ ] { } : # ! & must stand in quotes.',
  TAG_RESOLVE_FAILED: 'Quote the value; a pipeline file needs no YAML tags, and a value that begins with "!" must stand in quotes.',
};
