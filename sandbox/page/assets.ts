/** What pages load: styles, the script of the page, and Mermaid, all from this machine. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Asset {
  readonly type: string;
  readonly content: Buffer;
  /** Policy of a document that stands for itself. */
  readonly policy?: string;
}

const here = import.meta.dirname;

/**
 * Diagrams are drawn in a frame of their own that may run scripts and nothing else, as on GitHub: Mermaid styles its pictures from
 * within, which the page itself does not allow.
 */
const FRAME_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'";

const MAKERS: Readonly<Record<string, () => Asset | Promise<Asset>>> = {
  'style.css': () => file('text/css; charset=utf-8', 'style.css'),
  'mark.svg': () => file('image/svg+xml', 'mark.svg'),
  'diagram.html': () => ({ ...file('text/html; charset=utf-8', 'diagram.html'), policy: FRAME_POLICY }),
  'mermaid.js': () => ({ type: 'text/javascript; charset=utf-8', content: readFileSync(join(mermaidFolder(), 'mermaid.min.js')) }),
  'client.js': () => bundled('main.ts', 'esm'),
  'diagram.js': () => bundled('diagram.ts', 'iife'),
};

const made = new Map<string, Promise<Asset>>();

/** One of them by name; `null` when there is none of that name. Made once. */
export function assetOf(name: string): Promise<Asset> | null {
  const known = made.get(name);
  if (known !== undefined) return known;
  const make = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
  if (make === undefined) return null;
  const asset = Promise.resolve().then(make);
  made.set(name, asset);
  return asset;
}

function file(type: string, name: string): Asset {
  return { type, content: readFileSync(join(here, 'static', name)) };
}

function mermaidFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('mermaid'));
}

async function bundled(entry: string, format: 'esm' | 'iife'): Promise<Asset> {
  const { build } = await import('esbuild');
  const result = await build({
    entryPoints: [join(here, 'client', entry)],
    bundle: true,
    write: false,
    format,
    target: 'es2022',
    charset: 'utf8',
    logLevel: 'silent',
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error(`sandbox: nothing came of ${entry}`);
  return { type: 'text/javascript; charset=utf-8', content: Buffer.from(output.contents) };
}

/** A picture of a person who has none: a pattern that is theirs. */
export function avatarOf(id: number): Asset {
  let bits = Math.imul(id + 1, 2_654_435_761) >>> 0;
  const hue = bits % 360;
  const cells: string[] = [];
  for (let index = 0; index < 15; index += 1) {
    bits = (Math.imul(bits, 1_664_525) + 1_013_904_223) >>> 0;
    if (bits >>> 31 === 0) continue;
    const [x, y] = [index % 3, Math.floor(index / 3)];
    cells.push(`M${x + 1} ${y + 1}h1v1h-1z`, ...(x < 2 ? [`M${5 - x} ${y + 1}h1v1h-1z`] : []));
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 7 7"><path fill="#f0f0f0" d="M0 0h7v7H0z"/><path fill="hsl(${hue} 55% 45%)" d="${cells.join('')}"/></svg>`;
  return { type: 'image/svg+xml', content: Buffer.from(svg) };
}
