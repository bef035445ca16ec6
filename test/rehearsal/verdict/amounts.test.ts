import { expect, it } from 'vitest';
import { bytesInWords, intervalInWords, millisecondsInWords, rowsInWords, shortInterval } from '../../../src/rehearsal/amounts.ts';

it.each([
  [0, '0 ms'],
  [0.02, '0.1 ms'],
  [0.44, '0.4 ms'],
  [9.96, '10 ms'],
  [230.4, '230 ms'],
  [999.4, '999 ms'],
  [999.6, '1 s'],
  [4412, '4.41 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min'],
  [185_000, '3 min 5 s'],
  [3_600_000, '1 h'],
  [3_720_000, '1 h 2 min'],
  [-5, '0 ms'],
])('%d ms is %s', (milliseconds, words) => {
  expect(millisecondsInWords(milliseconds)).toBe(words);
});

it.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1 kB'],
  [14_200, '14.2 kB'],
  [934_000_000, '934 MB'],
  [1_056_000_000, '1.06 GB'],
  [2e15, '2000 TB'],
])('%d bytes are %s', (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words);
});

it('an interval is told as one figure where both ends read the same', () => {
  expect(intervalInWords({ atLeast: 1200, atMost: 1400 })).toBe('between 1.2 s and 1.4 s');
  expect(shortInterval({ atLeast: 1200, atMost: 1400 })).toBe('1.2 s – 1.4 s');
  expect(intervalInWords({ atLeast: 17_790, atMost: 17_812 })).toBe('17.8 s');
});

it('rows are counted', () => {
  expect([rowsInWords(1), rowsInWords(12_000)]).toEqual(['1 row', '12,000 rows']);
});
