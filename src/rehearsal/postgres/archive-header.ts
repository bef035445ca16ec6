/** What an archive of pg_dump says of itself before its table of contents. */
export interface ArchiveHeader {
  /** Version of the server that was dumped: `18.4 (Debian 18.4-1)`. */
  readonly server: string | null;
  /** Version of pg_dump. */
  readonly program: string | null;
}

const MAGIC = 'PGDMP';

/**
 * Reads the beginning of a custom dump, of a directory dump's toc.dat or of the toc.dat in a tar dump. Their layout is that of
 * `ReadHead` in PostgreSQL's src/bin/pg_dump/pg_backup_archiver.c: three bytes of version, the sizes of numbers and offsets, the format,
 * how it is compressed, when it was made, and three texts.
 * @returns `null` for what is none
 */
export function readArchiveHeader(bytes: Buffer): ArchiveHeader | null {
  if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) return null;
  const [major = 0, minor = 0, , intSize = 4] = bytes.subarray(MAGIC.length);
  // Magic, three of version, size of numbers, size of offsets, format.
  const reader = new Reader(bytes, MAGIC.length + 6, intSize);
  try {
    // From 1.15 on one byte names the compression, a number tells its level before.
    if (major > 1 || minor >= 15) reader.skip(1);
    else reader.integer();
    for (let field = 0; field < 7; field += 1) reader.integer();
    reader.text();
    return { server: reader.text(), program: reader.text() };
  } catch {
    return { server: null, program: null };
  }
}

class Reader {
  private readonly bytes: Buffer;
  private readonly intSize: number;
  private at: number;

  constructor(bytes: Buffer, at: number, intSize: number) {
    this.bytes = bytes;
    this.at = at;
    this.intSize = intSize;
  }

  skip(count: number): void {
    this.at += count;
  }

  /** A sign, then the bytes from the least on. */
  integer(): number {
    const sign = this.bytes.readUInt8(this.at) === 0 ? 1 : -1;
    const value = this.bytes.readUIntLE(this.at + 1, this.intSize);
    this.at += 1 + this.intSize;
    return sign * value;
  }

  /** `null`: there is none. */
  text(): string | null {
    const length = this.integer();
    if (length < 0) return null;
    if (this.at + length > this.bytes.length) throw new RangeError('The text ends beyond what was read.');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at).toString('utf8');
  }
}
