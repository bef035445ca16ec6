/**
 * @typedef {{ name: string, cents: number, stock?: number | null }} Product
 * @typedef {{ query(text: string, values?: unknown[]): Promise<{ rows: any[] }> }} Database
 */

/**
 * What the shop sells, cheapest first. Every column is read, so that a product may have less to tell than this version knows.
 * @param {Database} database
 * @returns {Promise<Product[]>}
 */
export async function readProducts(database) {
  const { rows } = await database.query('SELECT * FROM products ORDER BY cents, name');
  return rows;
}

/** `1250` cents to `12.50 €`. @param {number} cents */
export function price(cents) {
  const whole = Math.trunc(cents / 100);
  return `${whole}.${String(Math.abs(cents % 100)).padStart(2, '0')} €`;
}

/** What a customer is told about how many there are. @param {Product} product */
export function availability({ stock }) {
  if (stock === undefined || stock === null) return '';
  if (stock === 0) return 'sold out';
  return stock < 5 ? `only ${stock} left` : 'in stock';
}
