import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { httpTransport } from '../../src/github/transport.ts';

const servers: Server[] = [];
afterEach(async () => {
  delete process.env['http_proxy'];
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(answer: RequestListener): Promise<{ server: Server; port: number; url: string }> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}` };
}

const GET = { method: 'GET', headers: { accept: 'application/json' } };

describe('one exchange', () => {
  it('sends method, headers and body, and reads status, headers and text', async () => {
    const { url } = await listen(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.writeHead(201, { 'X-Seen': `${request.method} ${request.headers['authorization']}` }).end(body);
    });
    const answer = await httpTransport(2000)(`${url}/x`, { method: 'POST', headers: { authorization: 'token t' }, body: '{"a":"ä"}' });
    expect(answer).toMatchObject({ status: 201, text: '{"a":"ä"}' });
    expect(answer.headers.get('x-seen')).toBe('POST token t');
  });

  it('follows the redirect of a renamed repository', async () => {
    const { url } = await listen((request, response) => {
      if (request.url === '/old') response.writeHead(301, { location: `http://${request.headers.host}/new` }).end();
      else response.end(`at ${request.url}`);
    });
    expect(await httpTransport(2000)(`${url}/old`, GET)).toMatchObject({ status: 200, text: 'at /new' });
  });

  it('follows a redirect that is relative, and one after it', async () => {
    const { url } = await listen((request, response) => {
      if (request.url === '/a/old') response.writeHead(302, { location: '../b/old?x=1' }).end('moved');
      else if (request.url === '/b/old?x=1') response.writeHead(307, { location: '/new' }).end();
      else response.end(`${request.method} at ${request.url} with ${request.headers.authorization}`);
    });
    const asked = { method: 'POST', headers: { authorization: 'bearer t' }, body: '{}' };
    expect(await httpTransport(2000)(`${url}/a/old`, asked)).toMatchObject({ status: 200, text: 'POST at /new with bearer t' });
  });

  it('takes the token nowhere but to the same origin, not even to another port of the host', async () => {
    const other = await listen((request, response) => response.end(`with ${request.headers.authorization}`));
    const { url } = await listen((_request, response) => response.writeHead(301, { location: other.url }).end());
    const asked = { method: 'GET', headers: { Authorization: 'bearer t' } };
    expect(await httpTransport(2000)(url, asked)).toMatchObject({ status: 200, text: 'with undefined' });
  });

  it.each([
    ['to no address', { location: 'http://' }],
    ['to another protocol', { location: 'file:///etc/passwd' }],
    ['without an address', {}],
    ['without an end', { location: '/again' }],
  ])('gives a redirect %s back as it is', async (_what, headers: Record<string, string>) => {
    const { url } = await listen((_request, response) => response.writeHead(302, headers).end());
    expect(await httpTransport(2000)(url, GET)).toMatchObject({ status: 302 });
  });

  it('takes a body that breaks off for a failure', async () => {
    const { url } = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => response.destroy());
    });
    await expect(httpTransport(2000)(url, GET)).rejects.toThrow(/aborted|ECONNRESET|premature/i);
  });

  it.each([
    ['no answer', (): void => {}],
    ['an answer without an end', (_request: unknown, response: { write(text: string): void }): void => response.write('half')],
  ])('gives up on %s in time', async (_what, answer) => {
    const { url } = await listen(answer as RequestListener);
    await expect(httpTransport(200)(url, GET)).rejects.toThrow(/0\.2 s|timeout/i);
  });

  it('goes through the proxy that the runner is configured with', async () => {
    const target = await listen((request, response) => response.end(`for ${request.headers.host}`));
    const proxy = await listen(() => {});
    const asked: string[] = [];
    proxy.server.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      const onward = connect(target.port, '127.0.0.1');
      socket.pipe(onward).pipe(socket);
    });
    process.env['http_proxy'] = proxy.url;
    const answer = await httpTransport(2000)('http://github.example/api', GET);
    expect(asked).toEqual(['github.example:80']);
    expect(answer.text).toBe('for github.example:80');
  });
});
