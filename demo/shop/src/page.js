import { announcement } from './announcement.js';
import { availability, price } from './catalogue.js';

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2a26; --soft: #5c6b66; --paper: #f6f4ee; --card: #fff; --line: #e2ded2; --leaf: #2f7d5b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9efe9; --soft: #9fb0a8; --paper: #141a18; --card: #1e2623; --line: #303b37; --leaf: #6cc79b; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main, header, footer { max-width: 62rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: baseline; padding-top: 2rem; }
h1 { margin: 0; font: 600 2rem/1.2 Georgia, serif; }
.badge { border: 1px solid var(--line); border-radius: 1rem; padding: .1rem .7rem; font-size: .85rem; color: var(--soft); background: var(--card); }
.badge.production { color: var(--leaf); border-color: var(--leaf); }
.announcement { color: var(--soft); margin: .5rem 0 1.5rem; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
li { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; }
.tile { width: 3rem; aspect-ratio: 1; display: grid; place-items: center; border-radius: .75rem; font: 600 1.4rem/1 Georgia, serif;
  color: hsl(var(--hue) 60% 30%); background: hsl(var(--hue) 55% 88%); }
h2 { margin: .75rem 0 .25rem; font-size: 1.05rem; }
.price { font-weight: 600; color: var(--leaf); }
.stock { color: var(--soft); font-size: .85rem; margin-left: .5rem; }
footer { color: var(--soft); font-size: .85rem; padding-top: 2rem; padding-bottom: 2rem; }
code { font-size: .9em; }
`;

/**
 * The shop's one page.
 * @param {{ environment: string, version: string, commit: string, migrations: number }} release
 * @param {import('./catalogue.js').Product[]} products
 */
export function page(release, products) {
  const cards = products.map(
    (
      product,
    ) => `<li><div class="tile" style="--hue:${hue(product.name)}" aria-hidden="true">${escapeHtml(product.name.slice(0, 1))}</div><h2>${escapeHtml(product.name)}</h2>
<span class="price">${price(product.cents)}</span><span class="stock">${availability(product)}</span></li>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>The shop · ${escapeHtml(release.environment)}</title><style>${STYLE}</style></head>
<body><header><h1>The shop</h1><span class="badge ${escapeHtml(release.environment)}">${escapeHtml(release.environment)}</span>
<span class="badge" id="version">${escapeHtml(release.version)}</span></header>
<main><p class="announcement">${escapeHtml(announcement)}</p><ul>${cards.join('\n')}</ul></main>
<footer>Commit <code>${escapeHtml(release.commit.slice(0, 7))}</code>, database at migration ${release.migrations}.</footer></body></html>
`;
}

/** A colour for a name, always the same. @param {string} name @returns {number} degrees */
function hue(name) {
  return [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360, 7);
}

/** @param {string} text */
export function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
