import { type KnownMigration, PATIENTLY } from './migration.ts';

/** Migrations that stop nobody. */
const MIGRATIONS: readonly Omit<KnownMigration, 'verdict' | 'reasons'>[] = [
  {
    name: 'adds a column without a default',
    up: [PATIENTLY, 'ALTER TABLE customers ADD COLUMN nickname text'],
    down: [PATIENTLY, 'ALTER TABLE customers DROP COLUMN nickname'],
    load: true,
  },
  {
    name: 'adds a column with a constant default',
    up: [PATIENTLY, "ALTER TABLE orders ADD COLUMN currency text NOT NULL DEFAULT 'EUR'"],
    down: ['ALTER TABLE orders DROP COLUMN currency'],
  },
  { name: 'makes a new table', up: ['CREATE TABLE coupons (id int PRIMARY KEY, code text UNIQUE)'], down: ['DROP TABLE coupons'] },
  {
    name: 'makes a new table that refers to one with data',
    up: [PATIENTLY, 'CREATE TABLE addresses (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers (id))'],
    down: ['DROP TABLE addresses'],
  },
  {
    name: 'builds an index concurrently',
    up: ['CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_note ON orders (note)'],
    down: ['DROP INDEX CONCURRENTLY orders_note'],
    apart: true,
    load: true,
  },
  {
    name: 'drops an index concurrently',
    up: ['DROP INDEX CONCURRENTLY IF EXISTS orders_product_id'],
    down: ['CREATE INDEX CONCURRENTLY orders_product_id ON orders (product_id)'],
    apart: true,
  },
  {
    name: 'adds a check in two steps',
    up: [
      PATIENTLY,
      'ALTER TABLE orders DROP CONSTRAINT IF EXISTS sane',
      'ALTER TABLE orders ADD CONSTRAINT sane CHECK (quantity < 1000) NOT VALID',
      'ALTER TABLE orders VALIDATE CONSTRAINT sane',
    ],
    down: ['ALTER TABLE orders DROP CONSTRAINT sane'],
    apart: true,
  },
  {
    name: 'adds a foreign key in two steps',
    up: [
      PATIENTLY,
      'ALTER TABLE visits DROP CONSTRAINT IF EXISTS visitor',
      'ALTER TABLE visits ADD CONSTRAINT visitor FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID',
      'ALTER TABLE visits VALIDATE CONSTRAINT visitor',
    ],
    down: ['ALTER TABLE visits DROP CONSTRAINT visitor'],
    apart: true,
  },
  {
    name: 'forbids null by way of a check',
    up: [
      PATIENTLY,
      'ALTER TABLE orders DROP CONSTRAINT IF EXISTS note_there',
      'ALTER TABLE orders ADD CONSTRAINT note_there CHECK (note IS NOT NULL) NOT VALID',
      'ALTER TABLE orders VALIDATE CONSTRAINT note_there',
      'ALTER TABLE orders ALTER COLUMN note SET NOT NULL',
      'ALTER TABLE orders DROP CONSTRAINT note_there',
    ],
    down: ['ALTER TABLE orders ALTER COLUMN note DROP NOT NULL'],
    apart: true,
  },
  {
    name: 'fills a column in batches',
    up: Array.from({ length: 5 }, (_, index) => `UPDATE orders SET note = 'filled' WHERE id % 5 = ${index} AND id <= 2000`),
    down: ['SELECT 1'],
    apart: true,
    load: true,
  },
  { name: 'adds a word to an enumeration', up: ["ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm'"], down: false, apart: true },
  {
    name: 'makes a view',
    up: ['CREATE VIEW big_orders AS SELECT id, quantity FROM orders WHERE quantity > 2'],
    down: ['DROP VIEW big_orders'],
  },
  {
    name: 'makes a function',
    up: ['CREATE FUNCTION double(n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT n * 2 $$'],
    down: ['DROP FUNCTION double(int)'],
  },
  {
    name: 'attaches a partition whose bounds are proved',
    up: [
      PATIENTLY,
      "CREATE TABLE visits_2028 (LIKE visits_log INCLUDING DEFAULTS, CHECK (at >= '2028-01-01' AND at < '2029-01-01'))",
      "ALTER TABLE visits_log ATTACH PARTITION visits_2028 FOR VALUES FROM ('2028-01-01') TO ('2029-01-01')",
    ],
    down: [PATIENTLY, 'ALTER TABLE visits_log DETACH PARTITION visits_2028', 'DROP TABLE visits_2028'],
  },
  {
    name: 'seeds rows and says so',
    up: ["INSERT INTO products (name, cents) VALUES ('Sugar', 150)"],
    down: ["DELETE FROM products WHERE name = 'Sugar'"],
    checks: { rowChanges: new Map([['public.products', { fewest: 1, most: 1 }]]) },
  },
  {
    name: 'explains a column',
    up: ["COMMENT ON COLUMN orders.note IS 'what the customer asked for'"],
    down: ['COMMENT ON COLUMN orders.note IS NULL'],
  },
  {
    name: 'makes a materialized view',
    up: ['CREATE MATERIALIZED VIEW sold AS SELECT product_id, sum(quantity) AS sold FROM orders GROUP BY 1'],
    down: ['DROP MATERIALIZED VIEW sold'],
  },
  {
    name: 'makes a column unique by way of an index',
    up: [
      PATIENTLY,
      'ALTER TABLE products DROP CONSTRAINT IF EXISTS products_name',
      'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS products_name ON products (name)',
      'ALTER TABLE products ADD CONSTRAINT products_name UNIQUE USING INDEX products_name',
    ],
    down: ['ALTER TABLE products DROP CONSTRAINT products_name'],
    apart: true,
  },
  {
    name: 'changes a default',
    up: [PATIENTLY, "ALTER TABLE customers ALTER COLUMN status SET DEFAULT 'fresh'"],
    down: [PATIENTLY, "ALTER TABLE customers ALTER COLUMN status SET DEFAULT 'new'"],
  },
  {
    name: 'makes a text longer',
    up: [PATIENTLY, 'ALTER TABLE customers ALTER COLUMN phone TYPE varchar(40)'],
    down: [PATIENTLY, 'ALTER TABLE customers ALTER COLUMN phone TYPE varchar(20)'],
    limits: { rewrite: '1GB' },
  },
  {
    name: 'changes nothing at all',
    up: [],
    down: [],
  },
];

export const SAFE: readonly KnownMigration[] = MIGRATIONS.map((one) => ({ ...one, verdict: 'pass', reasons: [] }));
