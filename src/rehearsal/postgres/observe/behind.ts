import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import pg from 'pg';
import type { Connection } from '../connection.ts';

/** The server's side of a relayed connection: it has let the client in. */
export interface ServerSide {
  readonly socket: Socket;
  /** What the server said after it accepted the password: its parameters, the key for cancelling, and that it is ready. */
  readonly greeting: Buffer;
}

/** What `pg` has inside; its types do not tell. */
interface Handshake {
  readonly stream: Socket;
  startup(settings: unknown): void;
}

/** A server that did not let the client in: what it said, to be passed on as it is. */
export class Refused extends Error {
  readonly response: Buffer | null;

  constructor(message: string, response: Buffer | null) {
    super(message);
    this.response = response;
  }
}

/**
 * Logs in at the server as the rehearsal's own role, with the client's settings. `pg` does what depends on the server: TLS, SCRAM, channel
 * binding. Then it lets go of the socket.
 * @param settings start-up parameters, names and values by turns
 * @throws Refused
 */
export async function logIn(target: Connection, settings: ReadonlyMap<string, string>): Promise<ServerSide> {
  const client = new pg.Client({ ...target, connectionTimeoutMillis: 10_000, enableChannelBinding: true } as pg.ClientConfig);
  client.on('error', () => undefined);
  const handshake = (client as unknown as { readonly connection: Handshake }).connection;
  const heard: Buffer[] = [];
  handshake.startup = () => {
    handshake.stream.on('data', (chunk: Buffer) => heard.push(chunk));
    handshake.stream.write(startupPacket(settings));
  };
  try {
    await client.connect();
  } catch (error) {
    handshake.stream.destroy();
    throw new Refused((error as Error).message, afterwards(Buffer.concat(heard), 'E'));
  }
  const socket = handshake.stream;
  socket.removeAllListeners();
  socket.pause();
  return { socket, greeting: afterwards(Buffer.concat(heard), 'S') ?? Buffer.alloc(0) };
}

/** Has the server cancel what another connection runs. Whether it worked the protocol does not tell. */
export async function cancel(target: Connection, request: Buffer): Promise<void> {
  const plain = target.host.startsWith('/')
    ? connectSocket(`${target.host}/.s.PGSQL.${target.port}`)
    : connectSocket(target.port, target.host);
  plain.on('error', () => undefined);
  const socket = target.ssl === false || target.ssl === undefined ? plain : await secured(plain, target);
  await new Promise<void>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.setTimeout(10_000, () => socket.destroy());
    socket.end(request);
    socket.resume();
  });
}

/** https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL */
function secured(plain: Socket, target: Connection): Promise<Socket> {
  return new Promise((resolve) => {
    const request = Buffer.alloc(8);
    request.writeUInt32BE(8);
    request.writeUInt32BE(80877103, 4);
    plain.write(request);
    plain.once('close', () => resolve(plain));
    plain.once('data', () => {
      const settings = typeof target.ssl === 'object' ? target.ssl : {};
      const socket = connectTls({ ...settings, socket: plain, host: target.host }, () => resolve(socket));
      socket.on('error', () => resolve(plain.destroy()));
    });
  });
}

function startupPacket(settings: ReadonlyMap<string, string>): Buffer {
  const body = Buffer.from(`${[...settings].map(([name, value]) => `${name}\0${value}\0`).join('')}\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length);
  head.writeUInt16BE(3, 4);
  return Buffer.concat([head, body]);
}

/** From the first message of a type on; `null` when there was none. */
function afterwards(bytes: Buffer, type: string): Buffer | null {
  let offset = 0;
  while (offset + 5 <= bytes.length) {
    if (bytes[offset] === type.charCodeAt(0)) return bytes.subarray(offset);
    offset += 1 + bytes.readUInt32BE(offset + 1);
  }
  return null;
}
