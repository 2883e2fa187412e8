/** Unpacked copies of compressed files on disk, for readers that need random access. */
import {createReadStream, createWriteStream, openSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {createGunzip} from 'node:zlib';

/**
 * Unpacks the first `bytes` of a file, whole gzip members, into an unnamed file in the temporary
 * directory; returns its descriptor. Closing it frees the space. `onBlock` is called with each
 * block read.
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
