/**
 * Evaluates the expressions of workflow and action files with GitHub's own evaluator.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
 */
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import { type TemplateToken, tokens } from './github-parser.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** `github`, `needs`, `matrix` …: what an expression may read, by name. A context that is not given does not exist there. */
export type Contexts = Readonly<Record<string, Json>>;

/** The functions whose answer depends on where they stand. */
export interface StatusFunctions {
  success(): boolean;
  failure(): boolean;
  cancelled(): boolean;
  /** Absent where GitHub does not offer it: outside of steps. Patterns are relative to the workspace. */
  hashFiles?(...patterns: string[]): string;
}

export interface Scope {
  readonly contexts: Contexts;
  /** Absent where GitHub does not offer them: outside of `if`. */
  readonly functions?: Partial<StatusFunctions>;
}

/** An expression that cannot be evaluated: where it stands and why. */
export class ExpressionProblem extends Error {}

/**
 * Evaluates everything under a token: literals are taken as they stand, expressions are computed.
 * @throws ExpressionProblem when an expression is not valid or reads what is not there for it
 */
export function evaluateToken(token: TemplateToken, scope: Scope): Json {
  if (token instanceof tokens.BasicExpressionToken) return evaluate(token.expression, scope, token);
  if (token instanceof tokens.MappingToken) {
    const pairs = [...token].map(({ key, value }) => [asText(evaluateToken(key, scope)), evaluateToken(value, scope)] as const);
    return Object.fromEntries(pairs);
  }
  if (token instanceof tokens.SequenceToken) return [...token].map((item) => evaluateToken(item, scope));
  if (token instanceof tokens.StringToken || token instanceof tokens.NumberToken || token instanceof tokens.BooleanToken)
    return token.value;
  if (token instanceof tokens.NullToken) return null;
  throw new ExpressionProblem(`${place(token)}The sandbox does not run ${token.typeName()}.`);
}

/**
 * Evaluates the text of one expression, without its `${{ }}`.
 * @throws ExpressionProblem
 */
export function evaluate(expression: string, scope: Scope, token?: TemplateToken): Json {
  const functions = definitions(scope.functions ?? {});
  try {
    const tree = new Parser(lex(expression), Object.keys(scope.contexts), [...functions.values()]).parse();
    return toJson(new Evaluator(tree, toData(scope.contexts) as data.Dictionary, functions).evaluate());
  } catch (error) {
    throw new ExpressionProblem(`${place(token)}${(error as Error).message}: ${expression}`, { cause: error });
  }
}

/** GitHub's lexer takes only the first doubled quote of a text for one quote; all of them are. */
function lex(expression: string): LexedTokens {
  const { tokens: lexed } = new Lexer(expression).lex();
  return lexed.map((token) =>
    token.lexeme.startsWith("'") ? { ...token, value: token.lexeme.slice(1, -1).replaceAll("''", "'") } : token,
  );
}

type LexedTokens = ReturnType<Lexer['lex']>['tokens'];

/** Text the way GitHub's expressions turn a value into text. */
export function asText(value: Json): string {
  return toData(value).coerceString();
}

/** Whether GitHub's expressions take a value as true. */
export function isTruthy(value: Json): boolean {
  return !(value === null || value === false || value === '' || value === 0 || Number.isNaN(value));
}

function definitions(functions: Partial<StatusFunctions>): Map<string, FunctionDefinition> {
  const map = new Map<string, FunctionDefinition>();
  const add = (name: string, maxArgs: number, call: (...args: data.ExpressionData[]) => data.ExpressionData): void => {
    map.set(name.toLowerCase(), { name, minArgs: maxArgs === 0 ? 0 : 1, maxArgs, call });
  };
  const { success, failure, cancelled, hashFiles } = functions;
  if (success !== undefined) {
    add('success', 0, () => new data.BooleanData(success()));
    add('always', 0, () => new data.BooleanData(true));
  }
  if (failure !== undefined) add('failure', 0, () => new data.BooleanData(failure()));
  if (cancelled !== undefined) add('cancelled', 0, () => new data.BooleanData(cancelled()));
  if (hashFiles !== undefined) add('hashFiles', 255, (...args) => new data.StringData(hashFiles(...args.map((arg) => arg.coerceString()))));
  return map;
}

function toData(value: Json): data.ExpressionData {
  return JSON.parse(JSON.stringify(value), data.reviver) as data.ExpressionData;
}

function toJson(value: data.ExpressionData): Json {
  return JSON.parse(JSON.stringify(value, data.replacer)) as Json;
}

function place(token: TemplateToken | undefined): string {
  return token?.line === undefined ? '' : `Line ${token.line}, column ${token.col}: `;
}
