/** A real Chromium for the tests of the page, with a profile of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { CHROMIUM_FLAGS, ensureChromium } from '../../tools/chromium.ts';

/** Finding a Chromium may mean installing one. */
export const LAUNCH_TIMEOUT = 600_000;

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

export type Scheme = 'light' | 'dark';

export interface Browsing {
  /** A page in a profile of its own; everything that goes wrong in it is written down. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /** Errors of scripts, and what the page's own policy refused. Must stay empty. */
  readonly mishaps: readonly string[];
  close(): Promise<void>;
}

export async function browse(): Promise<Browsing> {
  const folder = mkdtempSync(join(tmpdir(), 'chromium-'));
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    headless: true,
    args: [...CHROMIUM_FLAGS],
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
  });
  const contexts: BrowserContext[] = [];
  const mishaps: string[] = [];
  return {
    mishaps,
    async open(options = {}) {
      const context = await browser.newContext({ viewport: DESKTOP, ...options });
      contexts.push(context);
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      page.on('pageerror', (error) => mishaps.push(`${page.url()}: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error' && !isExpected(message.text())) mishaps.push(`${page.url()}: ${message.text()}`);
      });
      return page;
    },
    async close() {
      for (const context of contexts) await context.close();
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A request that the API refuses is told on the console, too; the tests look at what the page says about it. */
function isExpected(text: string): boolean {
  return /^Failed to load resource: the server responded with a status of (?:403|404|409|422|501)/.test(text);
}
