// The Actions toolkit imports undici for one thing: to send requests through a proxy. Loading it costs more time than everything else
// this action does at start, so the toolkit gets this module in its place (package.json, `overrides`). Node's own fetch answers, and
// the real undici is loaded when a proxy is configured, which is when it is needed.

/** What the toolkit passes to `new ProxyAgent(…)`, kept until a request is really sent through it. */
export class ProxyAgent {
  constructor(options) {
    this.options = options;
  }
}

/** As `undici.fetch`: through the proxy when `dispatcher` names one, directly otherwise. */
export async function fetch(resource, init = {}) {
  const { dispatcher, ...rest } = init;
  if (!(dispatcher instanceof ProxyAgent)) return globalThis.fetch(resource, rest);
  const undici = await import('undici-through-proxy');
  return undici.fetch(resource, { ...rest, dispatcher: new undici.ProxyAgent(dispatcher.options) });
}
