/** The minimum of every pipeline: fetch the page and inflate it. */
import {createReadStream} from 'node:fs';
import {createInflateRaw} from 'node:zlib';
import {request} from 'undici';
import type {Task} from '../task.ts';

const blockBytes = 1 << 20;
const lineFeed = 0x0a;

/** Downloads every page, inflates it and counts lines. */
export async function floor({url, pages, bindings}: Task): Promise<number> {
  let lines = 0;
  for (let i = 0; i < pages * bindings; i++) {
    const {body} = await request(`${url}/page.zip`);
    for await (const block of inflated(body)) lines += linesOf(block);
  }
  return lines;
}

/** Inflates the page from its file and discards the result. */
export async function inflateOnly({page}: Task): Promise<number> {
  let bytes = 0;
  for await (const block of inflated(createReadStream(page.zip, {highWaterMark: 1 << 18}))) bytes += block.length;
  return bytes;
}

async function* inflated(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const inflate = createInflateRaw({chunkSize: blockBytes});
  async function feed(): Promise<void> {
    let skip: number | undefined;
    for await (const chunk of archive) {
      // The record before the data: 30 bytes, name and extra field. zlib ignores whatever follows
      // the data.
      skip ??= 30 + (chunk[26]! | (chunk[27]! << 8)) + (chunk[28]! | (chunk[29]! << 8));
      const data = chunk.subarray(skip);
      skip -= chunk.length - data.length;
      if (data.length > 0 && !inflate.write(data)) await new Promise<void>((resolve) => inflate.once('drain', resolve));
    }
    inflate.end();
  }
  const feeding = feed();
  yield* inflate;
  await feeding;
}

function linesOf(block: Uint8Array): number {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  let lines = 0;
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) lines++;
  return lines;
}
