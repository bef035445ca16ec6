import type * as z from 'zod/mini';
import { listed } from './listed.ts';
import { nearest } from './nearest.ts';
import { quote } from './problem.ts';
import { chooseFrom, type Report } from './report.ts';
import { environmentSchema, LONGEST_REF, LONGEST_TEXT, pipelineSchema } from './schema.ts';
import type { Path } from './source.ts';

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/** One thing wrong with the shape: at which value, and what about it. */
interface Fault {
  readonly path: Path;
  readonly issue: Issue;
}

/**
 * Reports everything in `value` that does not have the shape of a pipeline file, and takes it out of `value`, so that what remains can be checked
 * further: list positions stay (`undefined` where something was taken out), and a mapping that lost something required is taken out itself.
 */
export function checkShape(value: unknown, report: Report): void {
  const result = pipelineSchema.safeParse(value);
  if (result.success) return;
  const faults = result.error.issues.flatMap((issue) => flatten(issue, [], value));
  for (const fault of faults) describe(fault, value, report);
  for (const fault of faults) prune(fault, value);
}

/**
 * Reports keys that are none but near to one that their mapping lacks, and puts that one in their place in `value`: what is read with the key that was
 * meant lacks nothing, so that one typing mistake is one problem.
 */
export function mendKeys(value: unknown, report: Report): void {
  mendBelow(value, [pipelineSchema], [], report);
}

function mendBelow(value: unknown, schemas: readonly Schema[], path: Path, report: Report): void {
  if (!isObject(value)) return;
  const flat = schemas.flatMap(alternatives);
  if (flat.length === 0) return;
  const isList = Array.isArray(value);
  if (!isList) mendMapping(value as Record<string, unknown>, flat, path, report);
  for (const [key, child] of Object.entries(value)) mendBelow(child, schemasAt(flat, [key]), [...path, isList ? Number(key) : key], report);
}

function mendMapping(holder: Record<string, unknown>, schemas: readonly Schema[], path: Path, report: Report): void {
  const known = new Set(schemas.flatMap((schema) => Object.keys(definition(schema).shape ?? {})));
  if (known.size === 0) return;
  for (const key of Object.keys(holder)) {
    if (known.has(key) || isOfEnvironment(path, key)) continue;
    const meant = nearest(key, known);
    if (meant === null || Object.hasOwn(holder, meant)) continue;
    report.addMeant(path, key, meant, notAKey(path, key));
    holder[meant] = holder[key];
    delete holder[key];
  }
}

function notAKey(path: Path, key: string): string {
  return `${quote(key)} is not a key of ${path.length === 0 ? 'a pipeline file' : named(path)}.`;
}

/** Whether a route says something that only the environment itself can say. */
function isOfEnvironment(path: Path, key: string): boolean {
  return isOverride(path) && Object.hasOwn(definition(environmentSchema).shape ?? {}, key);
}

/** A union's issue becomes the issues of the alternative that was meant: the one of the same kind as the value. */
function flatten(issue: Issue, above: Path, value: unknown): Fault[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  if (issue.code !== 'invalid_union') return [{ path, issue }];
  const meant = issue.errors.find((errors) => !errors.some((one) => one.path.length === 0 && isKind(one)));
  return meant === undefined ? [{ path, issue }] : meant.flatMap((one) => flatten(one, path, value));
}

/** Whether an issue says that the value is of another kind altogether. */
function isKind(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) => (isObject(at) && Object.hasOwn(at, part) ? (at as Record<string | number, unknown>)[part] : undefined),
    value,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Takes the faulty value out, and what cannot be without it. */
function prune(fault: Fault, value: unknown): void {
  if (fault.issue.code === 'unrecognized_keys') {
    const at = valueAt(value, fault.path) as Record<string, unknown> | undefined;
    if (isObject(at)) for (const key of fault.issue.keys) delete at[key];
    if (isOfOnePiece(fault.path)) remove(value, fault.path);
    return;
  }
  remove(value, fault.path);
}

function remove(value: unknown, path: Path): void {
  const key = path.at(-1);
  const above = path.slice(0, -1);
  const parent = valueAt(value, above);
  if (key === undefined || !isObject(parent)) return;
  const holder = parent as Record<string | number, unknown>;
  const stand = standIn(path, holder[key]);
  if (Array.isArray(parent) || stand !== undefined) holder[key] = stand;
  else delete holder[key];
  if (stand === undefined && (isRequired(above, String(key)) || isOfOnePiece(above))) remove(value, above);
}

/** Whether what is left of a mapping would seem to lack what was taken out. */
function isOfOnePiece(path: Path): boolean {
  return path.at(-2) === 'limits' || ['deploy', 'snapshot'].includes(String(path.at(-1)));
}

/** A bad role or a bad name is no reason to leave the rest of an environment or a route unchecked. */
function standIn(path: Path, value: unknown): string | undefined {
  const key = path.at(-1);
  if (path.length !== 3) return undefined;
  if (path[0] === 'environments' && key === 'role') return nearest(typeof value === 'string' ? value : '', ROLE_WORDS) ?? 'development';
  if (path[0] === 'routes' && key === 'name') return ` ${path[1]}`;
  return undefined;
}

const ROLE_WORDS = wordsOf(environmentSchema, 'role');

function wordsOf(schema: Schema, key: string): readonly string[] {
  return schemasAt([schema], [key]).flatMap((one) => (definition(one).type === 'enum' ? Object.keys(definition(one).entries ?? {}) : []));
}

/** The parts of zod's own description of a schema that are read here. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly innerType?: Schema;
  readonly options?: readonly Schema[];
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly entries?: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
}

function definition(schema: Schema): Definition {
  return schema._zod.def as unknown as Definition;
}

/** Every alternative of a schema, without its wrappings. */
function alternatives(schema: Schema): readonly Schema[] {
  const { innerType, options } = definition(schema);
  if (innerType !== undefined) return alternatives(innerType);
  return options === undefined ? [schema] : options.flatMap(alternatives);
}

/** What may stand at a path. */
function schemasAt(schemas: readonly Schema[], path: Path): readonly Schema[] {
  const flat = schemas.flatMap(alternatives);
  const [part, ...rest] = path;
  if (part === undefined) return flat;
  const next = flat.flatMap((schema) => {
    const { shape, element, valueType } = definition(schema);
    const one = shape === undefined ? (element ?? valueType) : Object.hasOwn(shape, part) ? shape[part] : undefined;
    return one === undefined ? [] : [one];
  });
  return schemasAt(next, rest);
}

function shapesAt(path: Path): readonly Readonly<Record<string, Schema>>[] {
  return schemasAt([pipelineSchema], path).flatMap((schema) => {
    const { shape } = definition(schema);
    return shape === undefined ? [] : [shape];
  });
}

/** Keys that a mapping at a path may have. */
function keysAt(path: Path): readonly string[] {
  return [...new Set(shapesAt(path).flatMap((shape) => Object.keys(shape)))];
}

function isRequired(path: Path, key: string): boolean {
  return shapesAt(path).some((shape) => Object.hasOwn(shape, key) && definition(shape[key] as Schema).type !== 'optional');
}

function describe(fault: Fault, value: unknown, report: Report): void {
  const { issue, path } = fault;
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) unknownKey(path, key, report);
    return;
  }
  const here = valueAt(value, path);
  if (here === undefined) {
    missing(path, report);
    return;
  }
  const special = isEntry(path) ? null : SPECIAL.get(kindOf(path))?.(here);
  const said = special ?? general(issue, path, here);
  const message = `${path.length === 0 ? 'The file' : capital(named(path))} ${said.message}.`;
  if (here === null) report.addMissing(path, message, said.fix, 'value');
  else report.add(path, message, said.fix);
}

/** What a value is to messages: its key, or what it shares with others. */
function kindOf(path: Path): string {
  const [key, above] = path.filter((part) => typeof part === 'string').reverse();
  const limit = path[path.indexOf('limits') + 1];
  if (path.includes('limits') && limit !== undefined && allowedWords(path).length === 0) return SIZES.has(String(limit)) ? 'size' : 'time';
  return above === 'rehearsal' && key === 'version' ? 'major' : String(key);
}

const SIZES = new Set(['rewrite', 'disk', 'wal']);

function unknownKey(path: Path, key: string, report: Report): void {
  if (isOfEnvironment(path, key)) {
    report.add(
      [...path, key],
      `A route cannot change ${quote(key)} of an environment.`,
      `Write it under "environments: ${String(path[3])}:" at the top level, or remove it.`,
      'key',
    );
    return;
  }
  report.add([...path, key], notAKey(path, key), () => chooseFrom(key, keysAt(path)), 'key');
}

/** Whether the last part of a path is a name that the team chose. */
function isEntry(path: Path): boolean {
  return path.at(-2) === 'environments';
}

function isOverride(path: Path): boolean {
  return path.length === 4 && path[0] === 'routes' && path[2] === 'environments';
}

/** Says that a mapping lacks a key. */
export function missing(path: Path, report: Report): void {
  const above = path.slice(0, -1);
  const key = String(path.at(-1));
  const place = above.length === 0 ? 'the pipeline file' : named(above);
  report.addMissing(above, `${capital(place)} has no ${quote(key)}.`, `Add "${key}: ${EXAMPLES.get(key) ?? '…'}"${ofWords(path)}.`, 'key');
}

function ofWords(path: Path): string {
  const words = allowedWords(path);
  return words.length > 1 ? ` (${listed(words, 'or')})` : '';
}

function allowedWords(path: Path): readonly string[] {
  return schemasAt([pipelineSchema], path).flatMap((schema) => Object.keys(definition(schema).entries ?? {}));
}

const EXAMPLES = new Map(
  Object.entries({
    version: '1',
    environments: '{ dev: { role: development } }',
    routes: '[{ name: main, branches: [main], path: [dev] }]',
    role: 'development',
    name: 'mainline',
    path: '[dev, production]',
    run: './scripts/deploy.sh',
    database: 'postgres',
    migrate: 'npm run migrate',
    in: 'staging',
    for: '4h',
    days: 'mon-thu',
    hours: '09:00-16:00',
    zone: 'Europe/Berlin',
    from: '2026-12-20T00:00',
    until: '2027-01-02T00:00',
    reason: 'year-end',
  }),
);

interface Said {
  readonly message: string;
  readonly fix: string;
}

/** What is commonly meant where a value is of the wrong kind, by key. */
const SPECIAL = new Map<string, (here: unknown) => Said | null>(
  Object.entries({
    approvals: (here: unknown) =>
      typeof here === 'number' && here <= 100
        ? {
            message: `is ${here}, and must be a whole number from 1`,
            fix: 'Write 1 or more; to ask nobody, write "gate: false" or "acceptance: false".',
          }
        : {
            message: `is ${shown(here)}, and must be a whole number from 1 to 100`,
            fix: 'Write how many people must approve, for example 1.',
          },
    for: notADuration,
    'max-age': notADuration,
    by: notAReviewer,
    owner: notAReviewer,
    artifact: notAPath('dist or build/shop.jar'),
    ...Object.fromEntries(['masking', 'checks', 'migrations', 'script'].map((key) => [key, notAPath('db/migrations or db/checks.yml')])),
    timeout: notADuration,
    server: notAVariable,
    from: notAVariable,
    time: (here: unknown) => notALimit(here, '500ms, 2s, 5m or 1h'),
    size: (here: unknown) => notALimit(here, '500MB or 2GB'),
    major: (here: unknown) => ({
      message: `is ${shown(here)}, and must be the major version of a database server`,
      fix: 'Write a whole number, such as 18.',
    }),
    deploy: notACommand,
    verify: notACommand,
    version: (here: unknown) => ({ message: `is ${shown(here)}, and this release reads version 1`, fix: 'Write "version: 1".' }),
  }),
);

function notADuration(here: unknown): Said {
  return {
    message: `is ${shown(here)}, which is no duration`,
    fix: 'Write whole numbers with the units w, d, h, m or s, the larger unit first: 30m, 4h, 1h30m, 7d.',
  };
}

function notAReviewer(here: unknown): Said | null {
  if (typeof here !== 'string') return null;
  const plain = here.replace(/^@/, '');
  if (plain !== here && plain !== '') return { message: `is ${quote(here)}; names are written without "@"`, fix: `Write ${quote(plain)}.` };
  return {
    message: `is ${quote(here)}, which is neither a user nor a team`,
    fix: 'Write a login such as octocat, or a team as organisation/team.',
  };
}

function isOrdinaryText(here: unknown): here is string {
  return typeof here === 'string' && here !== '' && here.length <= LONGEST_TEXT;
}

function notAPath(examples: string): (here: unknown) => Said | null {
  return (here) =>
    isOrdinaryText(here)
      ? {
          message: `is ${quote(here)}, and must name one file or folder inside the checkout`,
          fix: `Write its path from there, such as ${examples}: not the checkout itself, nothing absolute, no ".." and no pattern.`,
        }
      : null;
}

function notAVariable(here: unknown): Said | null {
  if (!isOrdinaryText(here)) return null;
  return {
    // Whatever stands there instead may hold a password.
    message: 'is no name of a variable',
    fix: 'Write the name alone, such as DATABASE_URL, and give the variable to the job.',
  };
}

function notALimit(here: unknown, examples: string): Said | null {
  if (isObject(here)) return null;
  return { message: `is ${shown(here)}, which is no limit`, fix: `Write ${examples}, or "false" for no limit.` };
}

function notACommand(here: unknown): Said | null {
  if (typeof here !== 'string' && !Array.isArray(here)) return null;
  return {
    message: `is ${shown(here)}, and must be a mapping with "run"`,
    fix: `Write "{ run: ${typeof here === 'string' ? quote(here).slice(1, -1) : '…'} }".`,
  };
}

function general(issue: Issue, path: Path, here: unknown): Said {
  const words = allowedWords(path);
  if (typeof here === 'string' && words.length > 0) return { message: `cannot be ${quote(here)}`, fix: chooseFrom(here, words) };
  if (issue.code === 'too_small')
    return {
      message: 'is empty',
      fix: mayBeOff(path) ? 'Give it a value, or write "false" to have none.' : 'Give it a value, or remove the key.',
    };
  if (issue.code === 'too_big') return tooBig(issue.maximum, here);
  const kinds = [...new Set(schemasAt([pipelineSchema], path).map(kind))];
  if (here !== null) return { message: `is ${shown(here)}, and must be ${listed(kinds, 'or')}`, fix: fixOfKind(here, kinds) };
  return {
    message: `has no value, and must be ${listed(kinds, 'or')}`,
    fix: mayBeOff(path)
      ? 'Give it a value, write "false" to have none, or remove the key for the default.'
      : 'Give it a value, or remove the key.',
  };
}

function fixOfKind(here: unknown, kinds: readonly string[]): string {
  if (kinds.includes(LIST) && typeof here === 'string') return `Write "[${quote(here).slice(1, -1)}]".`;
  // YAML has read what was meant as text: `0x10` is 16 to it, and `1.10` is 1.1.
  if (kinds.includes(TEXT) && !isObject(here)) return 'Put it in quotes.';
  return 'Write it so, or remove the key.';
}

function tooBig(maximum: number | bigint, here: unknown): Said {
  const unit = Array.isArray(here) ? 'entries' : 'characters';
  const size = Array.isArray(here) || typeof here === 'string' ? here.length : shown(here);
  if (maximum === LONGEST_REF && !Array.isArray(here))
    return {
      message: `has ${size} ${unit}, and may have ${maximum}`,
      fix: 'Shorten it; GitHub takes no longer name of a branch or a tag.',
    };
  return {
    message: `has ${size} ${unit}, and may have ${maximum}`,
    fix: Array.isArray(here) ? 'Remove some; what may go side by side can share one stage: [[qa, training]].' : 'Shorten it.',
  };
}

function mayBeOff(path: Path): boolean {
  return schemasAt([pipelineSchema], path).some((schema) => kind(schema) === OFF);
}

const LIST = 'a list';
const OFF = '"false"';
const TEXT = 'text';

function kind(schema: Schema): string {
  const { type, values } = definition(schema);
  if (type === 'literal') return values?.[0] === false ? OFF : String(values?.[0]);
  if (type === 'object' || type === 'record') return 'a mapping';
  if (type === 'array') return LIST;
  if (type === 'enum') return `one of ${listed(Object.keys(definition(schema).entries ?? {}), 'and')}`;
  return type === 'number' ? 'a whole number' : TEXT;
}

function shown(here: unknown): string {
  if (typeof here === 'string') return quote(here);
  if (Array.isArray(here)) return 'a list';
  return isObject(here) ? 'a mapping' : String(here);
}

const PLACES = new Map(
  Object.entries({
    environments: 'environment',
    routes: 'route',
    freezes: 'freeze',
    windows: 'window',
    path: 'stage',
  }),
);

/** A path in words: `gate of environment "uat"`. */
export function named(path: Path): string {
  const parts: string[] = [];
  for (let index = 0; index < path.length; index += 1) {
    const word = String(path[index]);
    const place = PLACES.get(word);
    const member = path[index + 1];
    if (place === undefined || member === undefined)
      parts.unshift(typeof path[index] === 'number' ? `entry ${Number(word) + 1}` : quote(word));
    else parts.unshift(`${place} ${typeof member === 'number' ? member + 1 : quote(member)}`);
    if (place !== undefined && member !== undefined) index += 1;
  }
  return parts.join(' of ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
