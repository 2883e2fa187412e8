/** Documents for sinks. */
import type {DocBlock} from '../../lib/records/batch.ts';

/** One block of these texts, separated by unrelated bytes. */
export function docsOf(...texts: string[]): DocBlock {
  const bytes = Buffer.from(`##${texts.join('##')}##`);
  const ranges = new Int32Array(2 * texts.length);
  let at = 2;
  for (const [i, text] of texts.entries()) {
    ranges[2 * i] = at;
    ranges[2 * i + 1] = at + Buffer.byteLength(text);
    at += Buffer.byteLength(text) + 2;
  }
  return {bytes, ranges, count: texts.length};
}
