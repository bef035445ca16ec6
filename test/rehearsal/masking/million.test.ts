import { afterAll, beforeAll, expect, it } from 'vitest';
import { RehearsalImpossible } from '../../../src/rehearsal/database.ts';
import { type Connection, connected } from '../../../src/rehearsal/postgres/connection.ts';
import { mask, rows, startWorld, type World } from './world.ts';

const CUSTOMERS = 400_000;
const ORDERS = 600_000;

let world: World;
beforeAll(async () => {
  world = await startWorld(18);
});
afterAll(() => world.stop());

/** A shop with a million rows, made in the server. */
function shop(): Promise<Connection> {
  return world.database(`
    CREATE TABLE customers (email text PRIMARY KEY, name text NOT NULL, phone text, since date);
    CREATE TABLE orders (id int PRIMARY KEY, email text NOT NULL REFERENCES customers, remark text, cents int);
    INSERT INTO customers SELECT 'customer' || n || '@shop-of-tea.com', 'Person Number ' || n, '+49 151 ' || 10000000 + n, '2020-01-01'::date + n % 1000 FROM generate_series(1, ${CUSTOMERS}) n;
    INSERT INTO orders SELECT n, 'customer' || 1 + n % ${CUSTOMERS} || '@shop-of-tea.com', CASE WHEN n % 10 = 0 THEN 'for Person Number ' || 1 + n % ${CUSTOMERS} END, n % 10000 FROM generate_series(1, ${ORDERS}) n;`);
}

const RULES = `  public.customers: { email: mask, name: { mask: name }, phone: mask, since: keep }
  public.orders: { id: keep, email: mask, cents: keep, remark: `;

it('masks a million rows without a leak, and finds one row among them that leaks', async () => {
  const target = await shop();
  const report = await mask(target, `${RULES}mask }`);
  expect(report.rows).toBe(CUSTOMERS + ORDERS);
  expect(report.scan.values).toBeGreaterThanOrEqual(3 * CUSTOMERS);
  expect(
    await rows(
      target,
      `SELECT (SELECT count(*)::int FROM orders JOIN customers USING (email)) AS joined, (SELECT count(DISTINCT email)::int FROM customers) AS emails,
        (SELECT count(*)::int FROM customers WHERE email !~ '@example\\.com$' OR name ~ 'Person' OR phone !~ '^\\+999') + (SELECT count(*)::int FROM orders WHERE remark ~ 'Person') AS left`,
    ),
  ).toEqual([{ joined: ORDERS, emails: CUSTOMERS, left: 0 }]);
  // The masked shop is the data of the next rehearsal: one of its own values stands where it is kept.
  await connected(target, (client) =>
    client.query("UPDATE orders SET remark = (SELECT 'for ' || name || ' only' FROM customers LIMIT 1) WHERE id = 4711"),
  );
  await expect(mask(target, `${RULES}keep }`)).rejects.toMatchObject({
    name: RehearsalImpossible.name,
    code: 'leak',
    message: expect.stringMatching(/public\.orders\.remark: 1 × a value of public\.customers\.name\n/),
  });
}, 240_000);
