/** ZIP archives of every kind a writer may produce, made byte by byte, so that no reader's idea of them is shared. */
import {crc32, deflateRawSync} from 'node:zlib';

export interface ArchiveOptions {
  readonly name?: string;
  /** Sizes and checksum behind the data (flag bit 3), with or without signature. */
  readonly descriptor?: 'signed' | 'bare';
  /** Sizes of 64 bits. */
  readonly zip64?: boolean;
  readonly stored?: boolean;
  /** Level of compression; 0 leaves the content as it is, inside Deflate blocks. */
  readonly level?: number;
  /** Changes to what the local record states. */
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly size?: number;
  /** Entries of the same content. */
  readonly entries?: number;
  readonly comment?: string;
}

/** An archive with one entry, or more of the same. */
export function archive(content: Uint8Array, options: ArchiveOptions = {}): Buffer {
  const {entries = 1, comment = '', zip64 = false} = options;
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (let i = 0; i < entries; i++) {
    const {local, central} = entry(content, at, options);
    locals.push(local);
    directory.push(central);
    at += local.length;
  }
  const directoryBytes = directory.reduce((sum, {length}) => sum + length, 0);
  const end = record([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, zip64 ? 0xffff : entries],
    [2, zip64 ? 0xffff : entries],
    [4, zip64 ? 0xffffffff : directoryBytes],
    [4, zip64 ? 0xffffffff : at],
    [2, comment.length],
  ]);
  const end64 = record([
    [4, 0x06064b50],
    [8, 44],
    [2, 45],
    [2, 45],
    [4, 0],
    [4, 0],
    [8, entries],
    [8, entries],
    [8, directoryBytes],
    [8, at],
    [4, 0x07064b50],
    [4, 0],
    [8, at + directoryBytes],
    [4, 1],
  ]);
  return Buffer.concat([...locals, ...directory, ...(zip64 ? [end64] : []), end, Buffer.from(comment)]);
}

function entry(content: Uint8Array, at: number, options: ArchiveOptions): {local: Buffer; central: Buffer} {
  const {name = '1.csv', descriptor, zip64 = false, stored = false, level = 6} = options;
  const data = stored ? Buffer.from(content) : deflateRawSync(content, {level});
  const crc = options.crc ?? crc32(content);
  const size = options.size ?? content.length;
  const flags = options.flags ?? (descriptor === undefined ? 0 : 8);
  const method = options.method ?? (stored ? 0 : 8);
  const known = descriptor === undefined;
  const wide = zip64
    ? record([
        [2, 1],
        [2, 16],
        [8, known ? size : 0],
        [8, known ? data.length : 0],
      ])
    : Buffer.alloc(0);
  const local = record([
    [4, 0x04034b50],
    [2, zip64 ? 45 : 20],
    [2, flags],
    [2, method],
    [4, 0],
    [4, known ? crc : 0],
    [4, zip64 ? 0xffffffff : known ? data.length : 0],
    [4, zip64 ? 0xffffffff : known ? size : 0],
    [2, name.length],
    [2, wide.length],
  ]);
  const width = zip64 ? 8 : 4;
  const described = record([
    ...(descriptor === 'signed' ? [[4, 0x08074b50] as const] : []),
    [4, crc],
    [width, data.length],
    [width, size],
  ]);
  const wideCentral = zip64
    ? record([
        [2, 1],
        [2, 16],
        [8, size],
        [8, data.length],
      ])
    : Buffer.alloc(0);
  const central = record([
    [4, 0x02014b50],
    [2, 45],
    [2, zip64 ? 45 : 20],
    [2, flags],
    [2, method],
    [4, 0],
    [4, crc],
    [4, zip64 ? 0xffffffff : data.length],
    [4, zip64 ? 0xffffffff : size],
    [2, name.length],
    [2, wideCentral.length],
    [2, 0],
    [2, 0],
    [2, 0],
    [4, 0],
    [4, at],
  ]);
  return {
    local: Buffer.concat([local, Buffer.from(name), wide, data, known ? Buffer.alloc(0) : described]),
    central: Buffer.concat([central, Buffer.from(name), wideCentral]),
  };
}

/** Numbers of given widths, lowest byte first. */
function record(numbers: readonly (readonly [width: number, value: number])[]): Buffer {
  return Buffer.concat(
    numbers.map(([width, value]) => {
      const bytes = Buffer.alloc(width);
      if (width === 8) bytes.writeBigUInt64LE(BigInt(value));
      else bytes.writeUIntLE(value, 0, width);
      return bytes;
    }),
  );
}

/** Bytes in pieces of one length, as a network might bring them. */
export async function* inPieces(bytes: Uint8Array, length = 1 << 16): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
