/** ZIP files of one entry, written while they are read (zoho-api sheet 4.4). */
import {Readable} from 'node:stream';
import {crc32, createDeflateRaw} from 'node:zlib';
import {Zip, type ZipInputFile} from 'fflate';
import type {Switches} from './switches.ts';

export interface ZipOptions {
  /**
   * `descriptor`: sizes after the data, flag bit 3 · `sizes`: before the data, so the compressed
   * data wait in memory · `stored`: uncompressed · `stored descriptor`: uncompressed with sizes
   * after the data, so that only the central directory shows where they end.
   */
  readonly zip: Switches['zip'];
  readonly deflateLevel: number;
}

/** Returns the content from its beginning; called again when it is needed twice. */
export type Content = () => Iterable<Uint8Array>;

const blockBytes = 1 << 18;

export function zipped(name: string, content: Content, options: ZipOptions): AsyncGenerator<Uint8Array, void, void> {
  if (options.zip === 'descriptor') return withDescriptor(name, content, options.deflateLevel);
  if (options.zip === 'sizes') return withSizes(name, content, options.deflateLevel);
  return stored(name, content, options.zip === 'stored descriptor');
}

/** Checksum and size of a content that was read. */
interface Sums {
  crc: number;
  size: number;
}

function* summed(content: Iterable<Uint8Array>, sums: Sums): Generator<Uint8Array, void, void> {
  for (const piece of content) {
    sums.crc = crc32(piece, sums.crc);
    sums.size += piece.length;
    yield piece;
  }
}

/** zlib compresses on another thread, three times as fast as script could. */
function deflated(content: Iterable<Uint8Array>, level: number): AsyncIterable<Uint8Array<ArrayBuffer>> {
  const deflate = createDeflateRaw({level, chunkSize: blockBytes});
  const source = Readable.from(content, {objectMode: true, highWaterMark: 2});
  source.once('error', (error) => deflate.destroy(error));
  deflate.once('close', () => source.destroy());
  return source.pipe(deflate);
}

async function* withDescriptor(name: string, content: Content, level: number): AsyncGenerator<Uint8Array, void, void> {
  const written: Uint8Array[] = [];
  const failures: Error[] = [];
  const zip = new Zip((error, bytes) => {
    if (error) failures.push(error);
    else written.push(bytes);
  });
  const entry: ZipInputFile & Sums = {filename: name, crc: 0, size: 0, compression: 8};
  zip.add(entry);
  const push = (bytes: Uint8Array<ArrayBuffer>, final: boolean) => entry.ondata?.(null, bytes, final);
  const taken = () => {
    if (failures[0]) throw failures[0];
    return written.splice(0);
  };
  for await (const piece of deflated(summed(content(), entry), level)) {
    push(piece, false);
    yield* taken();
  }
  push(new Uint8Array(0), true);
  zip.end();
  yield* taken();
}

async function* withSizes(name: string, content: Content, level: number): AsyncGenerator<Uint8Array, void, void> {
  const sums: Sums = {crc: 0, size: 0};
  const pieces: Uint8Array[] = [];
  for await (const piece of deflated(summed(content(), sums), level)) pieces.push(piece);
  const packed = pieces.reduce((total, {length}) => total + length, 0);
  yield* container({name, method: 8, packed, ...sums}, pieces);
}

async function* stored(name: string, content: Content, described: boolean): AsyncGenerator<Uint8Array, void, void> {
  const sums: Sums = {crc: 0, size: 0};
  for (const _ of summed(content(), sums)) await Promise.resolve();
  yield* container({name, method: 0, packed: sums.size, described, ...sums}, content());
}

interface Entry extends Sums {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  /** Whether a descriptor after the data has the sizes, and the local header has none. */
  readonly described?: boolean;
}

/** Local header, data, central directory and its end record, as in PKWARE's APPNOTE 4.3. */
function* container(entry: Entry, data: Iterable<Uint8Array>): Generator<Uint8Array, void, void> {
  const name = Buffer.from(entry.name);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  describe(entry.described ? {...entry, crc: 0, packed: 0, size: 0} : entry, name.length, local, 4);
  yield Buffer.concat([local, name]);
  yield* data;
  const descriptor = entry.described ? descriptorOf(entry) : Buffer.alloc(0);
  yield descriptor;
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(20, 4);
  describe(entry, name.length, central, 6);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + entry.packed + descriptor.length, 16);
  yield Buffer.concat([central, name, end]);
}

/** Checksum and sizes after the data, with their signature (APPNOTE 4.3.9). */
function descriptorOf({crc, packed, size}: Entry): Buffer {
  const descriptor = Buffer.alloc(16);
  descriptor.writeUInt32LE(0x08074b50, 0);
  descriptor.writeUInt32LE(crc, 4);
  descriptor.writeUInt32LE(packed, 8);
  descriptor.writeUInt32LE(size, 12);
  return descriptor;
}

/**
 * The fields that local and central headers share, from "version needed" to the length of the name.
 */
function describe({method, crc, packed, size, described}: Entry, nameLength: number, header: Buffer, at: number): void {
  header.writeUInt16LE(20, at);
  header.writeUInt16LE(described ? 8 : 0, at + 2);
  header.writeUInt16LE(method, at + 4);
  header.writeUInt16LE(0x5a21, at + 8);
  header.writeUInt32LE(crc, at + 10);
  header.writeUInt32LE(packed, at + 14);
  header.writeUInt32LE(size, at + 18);
  header.writeUInt16LE(nameLength, at + 22);
}
