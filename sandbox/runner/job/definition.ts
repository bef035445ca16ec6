/** Reads steps out of the tokens that GitHub's parser made of a workflow or action file. */
import { convertToIfCondition, type MappingToken, type ScalarToken, type TemplateToken, tokens } from '../github-parser.ts';
import { shellProblem } from './shells.ts';

interface CommonStep {
  readonly id: string | null;
  readonly name: TemplateToken | null;
  /** An expression that calls a status function, `success()` when the file says nothing. */
  readonly condition: string;
  readonly continueOnError: TemplateToken | null;
  readonly timeoutMinutes: TemplateToken | null;
  readonly env: MappingToken | null;
  /** Where it stands in its file. */
  readonly line: number | null;
}

export interface RunStep extends CommonStep {
  readonly kind: 'run';
  readonly run: TemplateToken;
  readonly shell: TemplateToken | null;
  readonly workingDirectory: TemplateToken | null;
}

export interface UsesStep extends CommonStep {
  readonly kind: 'uses';
  readonly uses: string;
  readonly with: MappingToken | null;
}

export type StepDefinition = RunStep | UsesStep;

/** Something in a file that the sandbox does not run. */
export class Unsupported extends Error {}

/**
 * The steps of a job or composite action.
 * @throws Unsupported with the place, when there is a kind of step that the sandbox does not have
 */
export function readSteps(token: TemplateToken | undefined): readonly StepDefinition[] {
  if (!(token instanceof tokens.SequenceToken)) return [];
  return [...token].map((item) => readStep(item as MappingToken));
}

const FOREIGN_STEPS = ['background', 'wait', 'wait-all', 'cancel', 'parallel'];

function readStep(token: MappingToken): StepDefinition {
  const line = token.line ?? null;
  const foreign = FOREIGN_STEPS.find((key) => token.find(key) !== undefined);
  if (foreign !== undefined) throw unsupported(line, `The sandbox does not run \`${foreign}\` steps.`);
  const common: CommonStep = {
    id: textOf(token.find('id')),
    name: token.find('name') ?? null,
    condition: readCondition(token.find('if'), line),
    continueOnError: token.find('continue-on-error') ?? null,
    timeoutMinutes: token.find('timeout-minutes') ?? null,
    env: mappingOf(token.find('env')),
    line,
  };
  const uses = textOf(token.find('uses'));
  if (uses !== null) return { ...common, kind: 'uses', uses, with: mappingOf(token.find('with')) };
  const run = token.find('run');
  if (run === undefined) throw unsupported(line, 'A step has neither `run` nor `uses`.');
  const shell = token.find('shell') ?? null;
  const problem = shellProblem(textOf(shell ?? undefined));
  if (problem !== null) throw unsupported(line, problem);
  return { ...common, kind: 'run', run, shell, workingDirectory: token.find('working-directory') ?? null };
}

function unsupported(line: number | null, message: string): Unsupported {
  return new Unsupported(line === null ? message : `Line ${line}: ${message}`);
}

/** `if` of a step with the `success() && (…)` that GitHub adds when it calls no status function. */
function readCondition(token: TemplateToken | undefined, line: number | null): string {
  if (token === undefined || token instanceof tokens.NullToken) return 'success()';
  // A literal `true` or number is the expression of the same text.
  const scalar =
    token instanceof tokens.StringToken || token instanceof tokens.BasicExpressionToken ? token : asString(token as ScalarToken);
  const problems: string[] = [];
  const context = { error: (_token: unknown, error: unknown) => problems.push(error instanceof Error ? error.message : String(error)) };
  const condition = convertToIfCondition(context as unknown as Parameters<typeof convertToIfCondition>[0], scalar);
  if (condition === undefined) throw unsupported(line, `\`if\` cannot be understood: ${problems.join(' ')}`);
  return condition.expression;
}

function asString(token: ScalarToken): TemplateToken {
  return new tokens.StringToken(token.file, token.range, token.toString(), token.definitionInfo);
}

/** A literal text; `null` for what is not there or is an expression. */
export function textOf(token: TemplateToken | null | undefined): string | null {
  return token instanceof tokens.StringToken ? token.value : null;
}

export function mappingOf(token: TemplateToken | null | undefined): MappingToken | null {
  return token instanceof tokens.MappingToken ? token : null;
}
