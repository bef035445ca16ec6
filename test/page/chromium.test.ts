import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findChromium } from '../../tools/chromium.ts';

const folder = mkdtempSync(join(tmpdir(), 'programs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, mode = 0o755): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, mode);
  return path;
}

it('takes the Chromium that is named, else the first on the path that can be executed', () => {
  const named = program('mine/browser');
  program('a/chromium', 0o644);
  const onPath = program('b/google-chrome');
  const PATH = ['a', 'b'].map((name) => join(folder, name)).join(delimiter);
  expect(findChromium({ CHROMIUM_PATH: named, PATH })).toBe(named);
  expect(findChromium({ PATH })).toBe(onPath);
  expect(findChromium({ PATH, CHROMIUM_PATH: '' })).toBe(onPath);
});

it('does not look further when what is named is no program', () => {
  expect(() => findChromium({ CHROMIUM_PATH: join(folder, 'none'), PATH: '/usr/bin' })).toThrow(
    /CHROMIUM_PATH is .*none, and that is no program/,
  );
});
