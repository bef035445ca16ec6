import type { Decision, EnvironmentDecision } from '../decision/decision.ts';
import { shortSha } from '../decision/wording.ts';
import { groupBy } from './group-by.ts';
import { oneLine } from './outside-text.ts';
import { refInWords } from './words.ts';

/** A picture with more environments than this helps nobody, and Mermaid has its limits. */
const MOST_ENVIRONMENTS = 60;

/**
 * How an environment looks. Sign, word, shape and line all tell states apart without colour; only lines are coloured, in shades that
 * stand out on white and on black, and the fill is left to the reader's theme.
 */
interface Look {
  readonly sign: string;
  readonly word: string;
  readonly shape: readonly [open: string, close: string];
  readonly style: string;
}

const BOX = ['[', ']'] as const;
const STADIUM = ['([', '])'] as const;
const HEXAGON = ['{{', '}}'] as const;
const SLANTED = ['[/', '/]'] as const;

const LOOKS = {
  passed: { sign: '✔', word: 'passed', shape: STADIUM, style: 'stroke:#2da44e,stroke-width:1px' },
  entered: { sign: '◐', word: 'entered', shape: STADIUM, style: 'stroke:#2da44e,stroke-width:2px,stroke-dasharray:6 3' },
  deploy: { sign: '▶', word: 'may enter', shape: BOX, style: 'stroke:#2f81f7,stroke-width:4px' },
  ask: { sign: '?', word: 'asks', shape: BOX, style: 'stroke:#a371f7,stroke-width:4px' },
  wait: { sign: '⧖', word: 'waits', shape: SLANTED, style: 'stroke:#bf8700,stroke-width:3px' },
  blocked: { sign: '✖', word: 'blocked', shape: HEXAGON, style: 'stroke:#e5534b,stroke-width:4px' },
  superseded: { sign: '⤺', word: 'superseded', shape: HEXAGON, style: 'stroke:#848d97,stroke-width:3px' },
  later: { sign: '○', word: 'later', shape: BOX, style: 'stroke:#848d97,stroke-width:1px,stroke-dasharray:3 3' },
} as const satisfies Record<string, Look>;

export type LookName = keyof typeof LOOKS;

/** Sign and word of an environment's state, for tables and terminals as well. */
export function lookOf(environment: EnvironmentDecision): LookName {
  if (environment.verdict === 'complete' || environment.state === 'passed') return 'passed';
  if (environment.state === 'later') return 'later';
  return environment.state === 'entered' && environment.verdict === 'wait' ? 'entered' : environment.verdict;
}

/** `✔ passed`, with a space that does not break. */
export function signAndWord(environment: EnvironmentDecision): string {
  const { sign, word } = LOOKS[lookOf(environment)];
  return `${sign}\u00A0${word}`;
}

/**
 * The path as a Mermaid flow chart, from the candidate through its stages; environments of one stage stand together. `null` without a
 * path, or when there are too many environments for a picture.
 */
export function pathDiagram(decision: Decision): string | null {
  const { environments } = decision;
  if (environments.length === 0 || environments.length > MOST_ENVIRONMENTS) return null;
  const ids = new Map(environments.map(({ name }, position) => [name, `e${position}`]));
  const stages = [...groupBy(environments, ({ stage }) => stage)].toSorted(([one], [other]) => one - other);
  const drawn = stages.map(([stage, members]) => drawStage(stage, members, (name) => ids.get(name) ?? ''));
  const looks = groupBy(environments, lookOf);
  return [
    'flowchart LR',
    `  c("${candidateLabel(decision)}")`,
    ...drawn.flatMap(({ lines }) => lines),
    `  ${['c', ...drawn.map(({ id }) => id)].join(' --> ')}`,
    ...[...looks].map(([look, members]) =>
      classLines(
        look,
        members.map(({ name }) => ids.get(name) ?? ''),
      ),
    ),
  ].join('\n');
}

function classLines(look: LookName, ids: readonly string[]): string {
  return `  classDef ${look} ${LOOKS[look].style}\n  class ${ids.join(',')} ${look}`;
}

interface DrawnStage {
  readonly id: string;
  readonly lines: readonly string[];
}

function drawStage(stage: number, members: readonly EnvironmentDecision[], idOf: (name: string) => string): DrawnStage {
  const nodes = members.map((member) => drawEnvironment(idOf(member.name), member));
  const [first] = members;
  if (members.length === 1 && first !== undefined) return { id: idOf(first.name), lines: nodes };
  const id = `s${stage}`;
  return {
    id,
    lines: [`  subgraph ${id} ["stage ${stage}, in parallel"]`, '    direction LR', ...nodes.map((node) => `  ${node}`), '  end'],
  };
}

function drawEnvironment(id: string, environment: EnvironmentDecision): string {
  const { sign, word, shape } = LOOKS[lookOf(environment)];
  const live = environment.live === null ? [] : [`live: ${label(environment.live.version || shortSha(environment.live.sha), 24)}`];
  return `  ${id}${shape[0]}"${[`${sign} ${label(environment.name)}`, word, ...live].join('<br/>')}"${shape[1]}`;
}

function candidateLabel(decision: Decision): string {
  const version = label(decision.candidate.version, 24);
  const { kind, name } = refInWords(decision.candidate.ref);
  return name === decision.candidate.version ? version : `${version}<br/>${kind} ${label(name, 24)}`;
}

/** Outside text inside a quoted label: letters, digits and a few marks as they are, everything else as Mermaid's entity of it. */
function label(text: string, longest: number = 40): string {
  return oneLine(text, longest).replace(/[^A-Za-z0-9 ./:+,_-]/gu, (character) =>
    isForeignLetter(character) ? character : `#${character.codePointAt(0)};`,
  );
}

/** Letters, marks and numbers. A text, so that the character database is asked only about what is not ASCII. */
const LETTER = '[\\p{L}\\p{M}\\p{N}]';

function isForeignLetter(character: string): boolean {
  return character > '\u007F' && new RegExp(LETTER, 'u').test(character);
}
