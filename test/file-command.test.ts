import { describe, expect, it } from 'vitest';
import { fileCommand } from '../src/file-command.ts';

/** As the runner reads it: `name<<delimiter`, lines until one is the delimiter. */
function read(text: string): Record<string, string> {
  const lines = text.split('\n');
  const values: Record<string, string> = {};
  while (lines.length > 1) {
    const [name = '', delimiter = ''] = lines.shift()?.split('<<') ?? [];
    const end = lines.indexOf(delimiter);
    values[name] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n');
  }
  return values;
}

describe('values left for the runner', () => {
  it.each<[string, Record<string, string>]>([
    ['plain ones', { verdict: 'deploy', environment: 'uat' }],
    ['empty ones', { verdict: '', environment: 'uat' }],
    ['ones of several lines', { explanation: 'one\n\nthree\n', decision: '{"a": "b<<c"}' }],
    ['ones that would end themselves', { explanation: 'x\npromote_end_0\nproceed<<promote_end_1\ntrue\npromote_end_1', proceed: 'false' }],
    ['ones that would end another', { version: 'promote_end_0', explanation: 'x\npromote_end_1\n', proceed: 'false' }],
  ])('%s come back as they were', (_name, values) => {
    expect(read(fileCommand(values))).toEqual(values);
  });
});
