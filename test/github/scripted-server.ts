import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server that gives the answers of a script in turn, and the last one again and again. */
export interface ScriptedServer {
  readonly url: string;
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly body: string;
    readonly headers: IncomingMessage['headers'];
  }[];
  close(): Promise<void>;
}

export async function scriptedServer(script: readonly Answer[]): Promise<ScriptedServer> {
  const requests: { method: string; path: string; body: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const answer = script[Math.min(requests.length, script.length - 1)];
      requests.push({ method: request.method ?? '', path: request.url ?? '', body, headers: request.headers });
      response.setHeader('date', 'Mon, 02 Mar 2026 10:00:00 GMT');
      answer?.(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(JSON.stringify(body));
  };
}

export function html(status: number): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end('<html><body>We are having\n trouble</body></html>');
  };
}

export const reset: Answer = (_response, request) => {
  request.socket.resetAndDestroy();
};

/** Half a body, then the connection is cut. */
export const brokenOff: Answer = (response, request) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"id":', () => request.socket.destroy());
};

/** A complete exchange whose body is half of a document. */
export const halfDocument: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":');
};

export const silence: Answer = () => {};
