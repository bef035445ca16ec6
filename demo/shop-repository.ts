import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Author, createRepository, type SampleRepository } from '../sandbox/github/sample-repository.ts';

/** Where the shop's files lie; the folder is a repository of its own, but for its history. */
export const SHOP_FOLDER = join(import.meta.dirname, 'shop');

/** A change of the shop that somebody may commit. */
export interface ShopChange {
  readonly message: string;
  readonly author: Author;
  /** `null` removes a file. */
  readonly files: Readonly<Record<string, string | null>>;
}

/** How the shop came about. Every file is in exactly one of them, by what its path begins with. */
const HISTORY: readonly (readonly [string, Author, RegExp])[] = [
  ['Open the shop: a page with what it sells', 'mona', /^(README\.md|package\.json|\.gitignore|src\/(?!fetch))/],
  ['Products, customers and orders', 'mona', /^migrations\//],
  ['Build everything a server needs into dist', 'hubot', /^scripts\/build/],
  ['Deploy, and ask the shop whether it is there', 'hubot', /^scripts\/(deploy|start|smoke)/],
  ['Copies of production’s data, and what a migration of it must bear', 'octocat', /^(db\/|scripts\/(fetch|try)|src\/fetch)/],
  ['Tests of what can go wrong without a database', 'hubot', /^test\//],
  ['Promote through dev, uat, staging and production', 'octocat', /^\.github\//],
];

/** The next release: something new to sell, which needs a new column. */
export const UMBRELLAS: ShopChange = {
  message: 'Sell umbrellas, and tell how many there are',
  author: 'octocat',
  files: {
    'migrations/003_stock.sql': `ALTER TABLE products ADD COLUMN stock int CHECK (stock >= 0);
UPDATE products SET stock = 40;
INSERT INTO products (name, cents, stock) VALUES ('Umbrella', 2400, 3);
`,
    'migrations/003_stock.down.sql': `DELETE FROM products WHERE name = 'Umbrella';
ALTER TABLE products DROP COLUMN stock;
`,
    'db/checks.yml': `${shopFile('db/checks.yml')}row-changes: # of this release
  public.products: 1 # the umbrella
`,
    'db/masking.yml': withColumn('products', 'stock'),
    'src/announcement.js': announcement('Rainy days ahead: umbrellas have come in.'),
  },
};

/**
 * A release that would close the shop: its migration locks the orders, and gives the lock back only when it has gone through all of them.
 * Nobody notices on a small table.
 */
export const TOTALS: ShopChange = {
  message: 'Orders know what they cost',
  author: 'octocat',
  files: {
    'migrations/003_order_totals.sql': `ALTER TABLE orders ADD COLUMN total_cents int;
UPDATE orders SET total_cents = quantity * (SELECT cents FROM products WHERE products.id = product_id);
ALTER TABLE orders ALTER COLUMN total_cents SET NOT NULL;
`,
    'migrations/003_order_totals.down.sql': 'ALTER TABLE orders DROP COLUMN total_cents;\n',
    'db/masking.yml': withColumn('orders', 'total_cents'),
    'src/announcement.js': announcement('Every tenth order is on the house this week.'),
  },
};

/** What cannot wait: nothing but words. */
export const HOTFIX: ShopChange = {
  message: 'Say that we are closed on Sunday',
  author: 'hubot',
  files: { 'src/announcement.js': announcement('Closed on Sunday. Tea is back on Monday.') },
};

/** A migration that fails on real data although it runs on an empty table. */
export const BROKEN_MIGRATION: ShopChange = {
  message: 'Orders have a voucher',
  author: 'octocat',
  files: { 'migrations/004_voucher.sql': 'ALTER TABLE orders ADD COLUMN voucher text NOT NULL;\n' },
};

function shopFile(name: string): string {
  return readFileSync(join(SHOP_FOLDER, name), 'utf8');
}

/** The masking file with one more column of a table to keep. */
function withColumn(table: string, column: string): string {
  return shopFile('db/masking.yml').replace(new RegExp(`(?<=public\\.${table}: .*)(?= \\}$)`, 'm'), `, ${column}: keep`);
}

function announcement(text: string): string {
  return `/** What the shop tells everybody who comes in. */\nexport const announcement = '${text}';\n`;
}

/**
 * A Git repository with the shop's files and how they came about, on `main`; always with the same shas.
 * @param path a folder that is empty or does not exist
 */
export function createShopRepository(path: string): SampleRepository {
  const repository = createRepository(path);
  const files = shopFiles();
  const left = new Set(files.keys());
  for (const [message, author, belongs] of HISTORY) {
    const own = [...left].filter((name) => belongs.test(name));
    for (const name of own) left.delete(name);
    repository.commit('main', Object.fromEntries(own.map((name) => [name, files.get(name) ?? ''])), message, author);
  }
  if (left.size > 0) throw new Error(`The shop's history says of no commit that it brings ${[...left].join(', ')}.`);
  return repository;
}

/** Commits a change of the shop. @returns the commit's sha */
export function commitChange(repository: SampleRepository, change: ShopChange, branch = 'main', from?: string): string {
  return repository.commit(branch, change.files, change.message, change.author, from);
}

/** Contents by path, without what is built or installed. */
function shopFiles(): ReadonlyMap<string, string> {
  const names = readdirSync(SHOP_FOLDER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(SHOP_FOLDER.length + 1))
    .filter((name) => !/^(dist|node_modules)\//.test(name));
  return new Map(names.sort().map((name) => [name, readFileSync(join(SHOP_FOLDER, name), 'utf8')]));
}
