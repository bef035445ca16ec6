import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { certificate } from '../certificate.ts';
import { fatal, frame, int32, readText } from './frames.ts';
import { ScramVerifier } from './scram.ts';

/** Requests that come in place of a start-up packet: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const CANCEL_REQUEST = 80877102;
const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
/** First byte of a TLS connection that asks for nothing before (`sslnegotiation=direct`). */
const TLS_HANDSHAKE = 0x16;
const LONGEST_START_UP = 10_000;

/** A client whose password was right. */
export interface Guest {
  /** Paused; nothing of it is read beyond the password. */
  readonly socket: Socket;
  /** Start-up parameters by name. */
  readonly settings: ReadonlyMap<string, string>;
}

export interface FrontDoorOptions {
  readonly user: string;
  readonly password: string;
  readonly enter: (guest: Guest) => void;
  readonly cancel: (request: Buffer) => Promise<void>;
}

/** Where the commands of a rehearsal connect to: a port of loopback that speaks PostgreSQL's protocol up to the login. */
export class FrontDoor {
  private readonly options: FrontDoorOptions;
  private readonly scram: ScramVerifier;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private tls: Promise<TlsServer> | null = null;

  private constructor(options: FrontDoorOptions) {
    this.options = options;
    this.scram = new ScramVerifier(options.password);
    this.server = createServer((socket) => this.greet(socket));
  }

  static async open(options: FrontDoorOptions): Promise<{ readonly door: FrontDoor; readonly port: number }> {
    const door = new FrontDoor(options);
    await new Promise<void>((resolve, reject) => {
      door.server.once('error', reject);
      door.server.listen(0, '127.0.0.1', resolve);
    });
    const address = door.server.address();
    return { door, port: typeof address === 'object' && address !== null ? address.port : 0 };
  }

  /** Lets nobody in any more and hangs up on everybody. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private greet(socket: Socket): void {
    socket.setNoDelay(true);
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      socket.unshift(first);
      if (first[0] === TLS_HANDSHAKE) void this.secure(socket);
      else void this.attend(socket, false);
    });
  }

  private async secure(socket: Socket): Promise<void> {
    this.tls ??= this.tlsServer();
    (await this.tls).emit('connection', socket);
  }

  private async tlsServer(): Promise<TlsServer> {
    const server = createTlsServer({ ...(await certificate()), ALPNProtocols: ['postgresql'] });
    server.on('secureConnection', (socket) => {
      socket.on('error', () => undefined);
      void this.attend(socket, true);
    });
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  /** From the first packet to the login. Whoever says something else is hung up on. */
  private async attend(socket: Socket, secured: boolean): Promise<void> {
    const timer = setTimeout(() => socket.destroy(), LONGEST_START_UP);
    const client = new Conversation(socket);
    try {
      const packet = await client.packet();
      const code = packet.readUInt32BE(4);
      if (code === SSL_REQUEST && !secured) {
        client.leave();
        socket.write('S');
        await this.secure(socket);
      } else if (code === SSL_REQUEST || code === GSSENC_REQUEST) {
        client.leave();
        socket.write('N');
        await this.attend(socket, secured);
      } else if (code === CANCEL_REQUEST) {
        await this.options.cancel(packet);
        socket.end();
      } else await this.login(client, packet);
    } catch {
      socket.destroy();
    } finally {
      clearTimeout(timer);
    }
  }

  private async login(client: Conversation, packet: Buffer): Promise<void> {
    const { socket } = client;
    const settings = readSettings(packet);
    const unknown = [...settings.keys()].filter((name) => name.startsWith('_pq_.'));
    const version = packet.readUInt16BE(4);
    if (version !== 3) {
      socket.end(fatal('0A000', `unsupported frontend protocol ${version}: only 3 is spoken here`));
      return;
    }
    if (packet.readUInt16BE(6) > 0 || unknown.length > 0) socket.write(negotiation(unknown));
    for (const name of unknown) settings.delete(name);
    if (settings.get('user') !== this.options.user || !(await this.checkPassword(client))) {
      socket.end(fatal('28P01', `password authentication failed for user "${settings.get('user') ?? ''}"`));
      return;
    }
    client.leave();
    this.options.enter({ socket, settings });
  }

  /** https://www.postgresql.org/docs/current/sasl-authentication.html */
  private async checkPassword(client: Conversation): Promise<boolean> {
    const { socket } = client;
    socket.write(frame('R', int32(10), 'SCRAM-SHA-256\0\0'));
    const initial = await client.password();
    const { text: mechanism, next } = readText(initial, 5);
    const exchange = mechanism === 'SCRAM-SHA-256' ? this.scram.begin(initial.toString('utf8', next + 4)) : null;
    if (exchange === null) return false;
    socket.write(frame('R', int32(11), exchange.challenge));
    const proof = exchange.finish((await client.password()).toString('utf8', 5));
    if (proof === null) return false;
    socket.write(Buffer.concat([frame('R', int32(12), proof), frame('R', int32(0))]));
    return true;
  }
}

/** The part of a connection in which one says something and waits for the other. */
class Conversation {
  readonly socket: Socket;
  private heard = Buffer.alloc(0);
  private readonly listener: (chunk: Buffer) => void;
  private readonly closed: () => void;
  private waiting: {
    readonly size: (heard: Buffer) => number;
    readonly resolve: (message: Buffer) => void;
    readonly reject: () => void;
  } | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    this.listener = (chunk) => {
      this.heard = Buffer.concat([this.heard, chunk]);
      this.serve();
    };
    this.closed = () => this.waiting?.reject();
    socket.on('data', this.listener);
    socket.on('close', this.closed);
    socket.on('end', this.closed);
    socket.resume();
  }

  /** A start-up packet: its length and what follows. */
  packet(): Promise<Buffer> {
    return this.next((heard) => (heard.length < 4 ? 4 : heard.readUInt32BE(0)), 8);
  }

  password(): Promise<Buffer> {
    return this.next((heard) => (heard.length < 5 ? 5 : 1 + heard.readUInt32BE(1)), 5);
  }

  /** Stops listening; what was heard too much goes back. */
  leave(): void {
    this.socket.pause();
    this.socket.off('data', this.listener);
    this.socket.off('close', this.closed);
    this.socket.off('end', this.closed);
    if (this.heard.length > 0) this.socket.unshift(this.heard);
  }

  private next(size: (heard: Buffer) => number, least: number): Promise<Buffer> {
    return new Promise<Buffer>((resolve, reject) => {
      this.waiting = { size, resolve, reject: () => reject(new Error('The client hung up.')) };
      if (this.socket.destroyed) this.closed();
      this.serve();
    }).then((message) => {
      if (message.length < least) throw new Error('No message of this protocol.');
      return message;
    });
  }

  private serve(): void {
    if (this.waiting === null) return;
    const { size, resolve, reject } = this.waiting;
    const needed = size(this.heard);
    // Passwords and settings are short; whoever announces more is no client.
    if (needed > 100_000) reject();
    else if (this.heard.length >= Math.max(needed, 4) && this.heard.length >= size(this.heard)) {
      this.waiting = null;
      const message = this.heard.subarray(0, size(this.heard));
      this.heard = this.heard.subarray(message.length);
      resolve(message);
    }
  }
}

function readSettings(packet: Buffer): Map<string, string> {
  const settings = new Map<string, string>();
  let offset = 8;
  while (offset < packet.length && packet[offset] !== 0) {
    const name = readText(packet, offset);
    const value = readText(packet, name.next);
    settings.set(name.text, value.text);
    offset = value.next;
  }
  return settings;
}

/** Tells a client that asks for more than version 3.0 to make do with it. */
function negotiation(unknown: readonly string[]): Buffer {
  return frame('v', int32(196608), int32(unknown.length), unknown.map((name) => `${name}\0`).join(''));
}
