export { fetch, ProxyAgent } from 'undici-through-proxy';
