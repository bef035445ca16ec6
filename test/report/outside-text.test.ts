import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneLine, withoutRunnerCommands } from '../../src/report/outside-text.ts';

describe('one line', () => {
  it.each([
    ['line breaks and tabs', 'a\r\nb\tc\u2028d', 'a b c d'],
    ['right-to-left override', 'fdp.\u202Eexe', 'fdp.�exe'],
    ['direction isolates', '\u2066a\u2069', '�a�'],
    ['zero-width space', 'ma\u200Bin', 'ma�in'],
    ['zero-width joiner between letters', 'ma\u200Din', 'ma�in'],
    ['joiner inside an emoji', '👩\u200D💻', '👩\u200D💻'],
    ['escape sequence of a terminal', '\u001B[31mred', '�[31mred'],
    ['tag characters', 'a\u{E0061}', 'a�'],
    ['half a surrogate pair', 'a\uD800', 'a�'],
    ['piled marks', `a${'\u0301'.repeat(50)}b`, `a${'\u0301'.repeat(4)}b`],
    ['scripts from right to left', 'שלום', 'שלום'],
  ])('%s', (_name, text, shown) => {
    expect(oneLine(text)).toBe(shown);
  });

  it('is cut by characters, never through one', () => {
    expect(oneLine('😀'.repeat(20), 5)).toBe('😀😀😀😀…');
    expect(oneLine('x'.repeat(5), 5)).toBe('xxxxx');
  });

  it('is bounded, well-formed and holds nothing hidden, whatever comes in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (text, longest) => {
        const line = oneLine(text, longest);
        expect([...line].length).toBeLessThanOrEqual(longest);
        expect(line.isWellFormed()).toBe(true);
        expect(line.replaceAll('\u200D', '')).not.toMatch(/[\p{Cc}\p{Cf}\n\r]/u);
      }),
    );
  });
});

describe('a line in a log', () => {
  it.each([
    ['::set-output name=proceed::true', ': :set-output name=proceed: :true'],
    [':::error::', ': : :error: :'],
    ['x ##[add-mask]y', 'x ## [add-mask]y'],
  ])('%s is no command to the runner', (line, harmless) => {
    expect(withoutRunnerCommands(line)).toBe(harmless);
    expect(withoutRunnerCommands(line)).not.toMatch(/::|##\[/);
  });
});
