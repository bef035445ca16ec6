import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathDiagram } from '../../src/report/path-diagram.ts';
import { asking, barred, decision, live, step } from './samples.ts';

/** The only lines the picture may consist of: labels hold letters, a few marks, entities and line breaks. */
const LABEL = String.raw`"(?:[\p{L}\p{M}\p{N} ./:+,_✔◐▶?⧖✖⤺○-]|#\d+;|<br/>)*"`;
const LINES = new RegExp(
  String.raw`^(?:flowchart LR|  c\(${LABEL}\)|  subgraph s\d+ \["stage \d+, in parallel"\]|    direction LR|  end|  (?:  )?e\d+(?:\[${LABEL}\]|\(\[${LABEL}\]\)|\{\{${LABEL}\}\}|\[/${LABEL}/\])|  c(?: --> [es]\d+)+|  classDef [a-z]+ stroke:[#\w:,. -]+|  class e\d+(?:,e\d+)* [a-z]+)$`,
  'u',
);

describe('the path as a picture', () => {
  it('leads from the candidate through its stages', () => {
    expect(pathDiagram(asking().decision)).toBe(`flowchart LR
  c("v1.4.2<br/>branch main")
  e0(["✔ dev<br/>passed<br/>live: v1.4.2"])
  e1(["✔ uat<br/>passed<br/>live: v1.4.2"])
  e2(["✔ staging<br/>passed<br/>live: v1.4.2"])
  e3["? production<br/>asks<br/>live: v1.4.1"]
  c --> e0 --> e1 --> e2 --> e3
  classDef passed stroke:#2da44e,stroke-width:1px
  class e0,e1,e2 passed
  classDef ask stroke:#a371f7,stroke-width:4px
  class e3 ask`);
  });

  it('puts the environments of one stage together', () => {
    const drawn = pathDiagram(barred().decision) ?? '';
    expect(drawn).toContain('  subgraph s2 ["stage 2, in parallel"]\n    direction LR\n    e1(["◐ uat');
    expect(drawn).toContain('  c --> e0 --> s2 --> e3 --> e4');
  });

  it.each([
    ['passed', 'complete', '(["✔ x<br/>passed"])'],
    ['entered', 'wait', '(["◐ x<br/>entered"])'],
    ['entered', 'blocked', '{{"✖ x<br/>blocked"}}'],
    ['next', 'deploy', '["▶ x<br/>may enter"]'],
    ['next', 'ask', '["? x<br/>asks"]'],
    ['next', 'wait', '[/"⧖ x<br/>waits"/]'],
    ['next', 'blocked', '{{"✖ x<br/>blocked"}}'],
    ['next', 'superseded', '{{"⤺ x<br/>superseded"}}'],
    ['later', 'blocked', '["○ x<br/>later"]'],
  ] as const)('tells %s and %s apart by sign, word and shape', (state, verdict, drawn) => {
    expect(pathDiagram(decision({ environments: [step('x', 1, { state, verdict })] }))).toContain(`  e0${drawn}\n`);
  });

  it('cannot be broken out of', () => {
    const attack = fc.array(
      fc.constantFrom(
        '"',
        ']',
        '[',
        '{',
        '}',
        ')',
        '\n',
        ';',
        '%%{init: {}}%%',
        '-->',
        'click e0 "javascript:x"',
        '`',
        '```',
        '#quot;',
        '<br/>',
        '&',
        'end',
        'a',
        '---',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(attack, attack, (name, version) => {
        const environments = [step(name.join(''), 1, { live: live(version.join('')) }), step('b', 1), step('c', 2)];
        const candidate = { sha: 'x', ref: `refs/heads/${name.join('')}`, version: version.join(''), digest: null };
        for (const line of (pathDiagram(decision({ candidate, environments })) ?? '').split('\n')) expect(line).toMatch(LINES);
      }),
    );
  });

  it('is left out without a path and where it would be too large', () => {
    const many = Array.from({ length: 61 }, (_, position) => step(`e${position}`, position + 1));
    expect(pathDiagram(decision())).toBeNull();
    expect(pathDiagram(decision({ environments: many }))).toBeNull();
    expect(pathDiagram(decision({ environments: many.slice(1) }))).not.toBeNull();
  });
});
