/** The content of captured files that may be compressed. */
import {createReadStream, createWriteStream, openSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pipeline as piped} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {createGunzip} from 'node:zlib';
import {gzipEnding} from '../../sinks/files/file-names.ts';

/** Whether a file is compressed, by its name. */
export function isCompressed(path: string): boolean {
  return path.endsWith(gzipEnding);
}

/** The first `bytes` of a file, at least one, unpacked if it is compressed. */
export function contentOf(path: string, bytes: number): AsyncIterable<Uint8Array> {
  const stored = createReadStream(path, {end: bytes - 1});
  // A failure to read reaches whoever reads the end of the pipe.
  return isCompressed(path) ? piped(stored, createGunzip(), () => {}) : stored;
}

/**
 * Unpacks the first `bytes` of a file, whole gzip members, into an unnamed file in the temporary
 * directory, for readers that need random access; returns its descriptor. Closing it frees the
 * space. `onBlock` is called with each block read.
 */
export async function unpacked(path: string, bytes: number, onBlock: (bytes: number) => Promise<void>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'source-zoho-'));
  try {
    const plain = join(folder, 'plain');
    if (bytes === 0) return openSync(plain, 'wx+', 0o600);
    await pipeline(
      createReadStream(path, {end: bytes - 1, highWaterMark: 1 << 20}),
      async function* (blocks: AsyncIterable<Buffer>) {
        for await (const block of blocks) {
          yield block;
          await onBlock(block.length);
        }
      },
      createGunzip(),
      createWriteStream(plain, {mode: 0o600}),
    );
    return openSync(plain, 'r');
  } finally {
    await rm(folder, {recursive: true});
  }
}
