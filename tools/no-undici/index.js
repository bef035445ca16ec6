// The Actions toolkit loads undici at start, which takes longer than everything else this action does before its first request. It uses
// it only for `fetch` through a proxy. This action sends its requests with the toolkit's other transport (src/github/transport.ts), so
// the toolkit gets this module in its place (package.json, `overrides`).

/** What the toolkit prepares when a proxy is configured, and would hand to `fetch`. */
export class ProxyAgent {}

/** Nothing may come this way: a request that did would silently bypass the proxy. */
export function fetch() {
  throw new Error('Requests are sent by src/github/transport.ts, not by undici.');
}
