import { describe, expect, it } from 'vitest';
import { nodeId } from '../../sandbox/github/node-id.ts';
import { numberOfNodeId } from '../../src/github/node-id.ts';

/** Made by hand from the format: an array of three, zero, a repository's number in 32 bits, a number. */
const withTail = (...tail: number[]): string => `DE_${Buffer.from([0x93, 0, 0xce, 0, 0, 0, 7, ...tail]).toString('base64url')}`;

describe('the number inside a global id', () => {
  it.each([
    ['one byte', withTail(0x2a), 42],
    ['uint8', withTail(0xcc, 200), 200],
    ['uint16', withTail(0xcd, 1, 0), 256],
    ['uint32', withTail(0xce, 0xb2, 0xd0, 0x5e, 0), 3_000_000_000],
    ['uint64', withTail(0xcf, 0, 0, 0, 6, 0xfc, 0x23, 0xac, 0), 30_000_000_000],
  ])('is read from %s', (_width, id, number) => expect(numberOfNodeId(id)).toBe(number));

  it.each([
    ['an id of the old kind', 'MDEwOkRlcGxveW1lbnQx'],
    ['a cut one', withTail(0xce, 1)],
    ['bytes after the end', withTail(1, 2)],
    ['text', `DE_${Buffer.from('Deployment:1').toString('base64url')}`],
    ['nothing', ''],
    ['a number beyond what is exact', withTail(0xcf, 255, 255, 255, 255, 255, 255, 255, 255)],
  ])('is not made up from %s', (_what, id) => expect(numberOfNodeId(id)).toBeNull());

  it('is what the sandbox put in', () => {
    for (const number of [1, 2 ** 31, 30_000_000_000]) expect(numberOfNodeId(nodeId('Deployment', number))).toBe(number);
  });
});
