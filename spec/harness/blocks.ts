/** Blocks of documents made of texts, and the texts of such blocks. */
import type {DocBlock} from '../../lib/records/batch.ts';

/** Documents with that many bytes of something else around each. */
export function docsOf(texts: readonly string[], room = 0): DocBlock {
  const gap = '#'.repeat(room);
  const ranges = new Int32Array(2 * texts.length);
  let at = room;
  for (const [i, text] of texts.entries()) {
    ranges[2 * i] = at;
    ranges[2 * i + 1] = at += Buffer.byteLength(text);
    at += room;
  }
  return {bytes: Buffer.from(`${gap}${texts.join(gap)}${gap}`), ranges, count: texts.length};
}

export function textsOf({bytes, ranges, count}: DocBlock): string[] {
  return Array.from({length: count}, (_, i) => Buffer.from(bytes.subarray(ranges[2 * i], ranges[2 * i + 1])).toString());
}
