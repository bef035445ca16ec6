/**
 * GitHub's filter patterns, as in a workflow's `on.push.branches`: `*` any characters but `/`, `**` any characters, `?` and `+` zero or one and
 * one or more of the character before, `[…]` one of a set, a leading `!` takes back what earlier patterns matched, `\` before a special character
 * means that character. A pattern matches the whole name. Matching walks the name once and cannot be made slow by any pattern.
 */

/** One position of a pattern: which characters it takes and how often. */
interface Step {
  /** `null`: any character; otherwise ranges of code points, both ends included. */
  readonly takes: readonly (readonly [number, number])[] | null;
  /** With `takes: null`: whether `/` is among "any". */
  readonly slash: boolean;
  readonly optional: boolean;
  readonly repeats: boolean;
}

/** A pattern ready for matching. */
export interface CompiledPattern {
  readonly negated: boolean;
  readonly steps: readonly Step[];
  /** Steps of a double star with a slash after it, at the start of a directory: star and slash together may match nothing. */
  readonly skips: ReadonlySet<number>;
}

const SLASH = 47;
const ANY_BUT_SLASH: Step = { takes: null, slash: false, optional: true, repeats: true };
const ANY: Step = { takes: null, slash: true, optional: true, repeats: true };

class PatternReader {
  readonly steps: Step[] = [];
  readonly skips = new Set<number>();
  readonly characters: readonly string[];
  position = 0;
  /** Whether `?` or `+` may follow: only after a plain character or a set. */
  repeatable = false;

  constructor(text: string) {
    this.characters = [...text];
  }

  read(): void {
    while (this.position < this.characters.length) {
      const character = this.characters[this.position] ?? '';
      this.position += 1;
      if (character === '*') this.star();
      else if (character === '?' || character === '+') this.repeat(character);
      else if (character === '[') this.set();
      else this.literal(character === '\\' ? this.escaped() : character);
    }
  }

  private star(): void {
    const double = this.characters[this.position] === '*';
    if (double) this.position += 1;
    const directory = this.position - 2 === 0 || this.characters[this.position - 3] === '/';
    const directories = double && directory && this.characters[this.position] === '/';
    if (directories && this.skips.has(this.steps.length - 2)) {
      // Any directories after any directories are any directories.
      this.position += 1;
      return;
    }
    if (directories) this.skips.add(this.steps.length);
    this.steps.push(double ? ANY : ANY_BUT_SLASH);
    this.repeatable = false;
  }

  private repeat(mark: '?' | '+'): void {
    const last = this.steps.at(-1);
    if (!this.repeatable || last === undefined) {
      throw new PatternError(
        `"${mark}" repeats the character before it, and there is none`,
        `Put a character or a set before it, or write "\\${mark}" for the character itself.`,
      );
    }
    this.steps[this.steps.length - 1] = { ...last, optional: mark === '?', repeats: mark === '+' };
    this.repeatable = false;
  }

  private set(): void {
    const end = this.characters.indexOf(']', this.position);
    if (end < 0)
      throw new PatternError('"[" is not closed', 'Add "]" after the characters of the set, or write "\\[" for the character itself.');
    const members = this.characters.slice(this.position, end);
    this.position = end + 1;
    if (members.length === 0)
      throw new PatternError('"[]" is an empty set that matches nothing', 'Name the characters between the brackets, for example [0-9].');
    this.steps.push({ takes: ranges(members), slash: false, optional: false, repeats: false });
    this.repeatable = true;
  }

  private escaped(): string {
    const character = this.characters[this.position];
    if (character === undefined) throw new PatternError('"\\" at the end has nothing to stand before', 'Remove it.');
    this.position += 1;
    return character;
  }

  private literal(character: string): void {
    const code = character.codePointAt(0) ?? 0;
    this.steps.push({ takes: [[code, code]], slash: false, optional: false, repeats: false });
    this.repeatable = true;
  }
}

/** A pattern that says nothing sensible. `message` is what is wrong, without the pattern itself. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

function ranges(members: readonly string[]): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (let index = 0; index < members.length; index += 1) {
    const from = members[index] ?? '';
    const to = members[index + 1] === '-' ? members[index + 2] : undefined;
    found.push(range(from, to ?? from));
    if (to !== undefined) index += 2;
  }
  return found;
}

function range(from: string, to: string): [number, number] {
  const alike = [/^[a-z]$/, /^[A-Z]$/, /^[0-9]$/].some((kind) => kind.test(from) && kind.test(to));
  if (from !== to && !(alike && from < to)) {
    throw new PatternError(`"${from}-${to}" is not a range`, 'Ranges go upwards inside a-z, A-Z or 0-9.');
  }
  return [from.codePointAt(0) ?? 0, to.codePointAt(0) ?? 0];
}

/** @throws {PatternError} when the pattern says nothing sensible. */
export function compilePattern(pattern: string): CompiledPattern {
  const negated = pattern.startsWith('!');
  const text = negated ? pattern.slice(1) : pattern;
  if (text === '') throw new PatternError('the pattern is empty', 'Write a name or a pattern, for example "**" for every name.');
  const reader = new PatternReader(text);
  reader.read();
  return { negated, steps: reader.steps, skips: reader.skips };
}

function takes(step: Step, code: number): boolean {
  if (step.takes === null) return step.slash || code !== SLASH;
  return step.takes.some(([from, to]) => code >= from && code <= to);
}

/** Adds a position and every position reachable from it without a character. What is there already has been followed. */
function enter(pattern: CompiledPattern, position: number, into: Set<number>): void {
  if (into.has(position)) return;
  into.add(position);
  if (pattern.skips.has(position)) enter(pattern, position + 2, into);
  if (pattern.steps[position]?.optional) enter(pattern, position + 1, into);
}

/** Positions of a pattern before any character was read. */
export function startOf(pattern: CompiledPattern): ReadonlySet<number> {
  const positions = new Set<number>();
  enter(pattern, 0, positions);
  return positions;
}

/** Positions after one more character. */
export function advance(pattern: CompiledPattern, positions: ReadonlySet<number>, code: number): ReadonlySet<number> {
  const next = new Set<number>();
  const taking = [...positions].filter((position) => takesAt(pattern, position, code));
  for (const position of taking) enter(pattern, position + 1, next);
  // Afterwards, since staying leads to less than entering.
  for (const position of taking) if (pattern.steps[position]?.repeats) stay(pattern, position, next);
  return next;
}

function takesAt(pattern: CompiledPattern, position: number, code: number): boolean {
  const step = pattern.steps[position];
  return step !== undefined && takes(step, code);
}

/** A repeating step may take another character; what it may leave out at the start of a directory it may not leave out after one. */
function stay(pattern: CompiledPattern, position: number, into: Set<number>): void {
  into.add(position);
  if (pattern.steps[position]?.optional) enter(pattern, position + 1, into);
}

/** Whether the characters read so far are a whole match. */
export function isMatch(pattern: CompiledPattern, positions: ReadonlySet<number>): boolean {
  return positions.has(pattern.steps.length);
}

function matchesOne(pattern: CompiledPattern, name: string): boolean {
  let positions = startOf(pattern);
  for (const character of name) {
    if (positions.size === 0) return false;
    positions = advance(pattern, positions, character.codePointAt(0) ?? 0);
  }
  return isMatch(pattern, positions);
}

const compiled = new WeakMap<readonly string[], readonly CompiledPattern[]>();

/** The patterns of one list, compiled once for as long as the list lives. */
export function compilePatterns(patterns: readonly string[]): readonly CompiledPattern[] {
  const known = compiled.get(patterns);
  if (known !== undefined) return known;
  const fresh = patterns.map(compilePattern);
  compiled.set(patterns, fresh);
  return fresh;
}

/**
 * Whether a branch or tag name (without `refs/heads/` or `refs/tags/`) is taken by a list of GitHub filter patterns. The last pattern that matches
 * decides: a plain one takes the name, a negated one leaves it.
 *
 * @throws {PatternError} for a pattern that says nothing sensible; the loader has refused those.
 */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  return lastWord(compilePatterns(patterns), (pattern) => matchesOne(pattern, name));
}

/** A pattern that matches this name alone. */
export function patternOf(name: string): string {
  return name.replaceAll(/[\\*?+[\]!]/g, '\\$&');
}

/** What the last matching pattern of a list says. */
export function lastWord(patterns: readonly CompiledPattern[], matches: (pattern: CompiledPattern, index: number) => boolean): boolean {
  const index = patterns.findLastIndex((pattern, at) => matches(pattern, at));
  return index >= 0 && patterns[index]?.negated === false;
}
