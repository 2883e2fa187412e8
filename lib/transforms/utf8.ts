/** Text that is not UTF-8, or not quite: U+FFFD takes the place of what no reader could read (design 3). Pure. */

import {isUtf8} from 'node:buffer';

/** U+FFFD. */
const replacement = Buffer.from([0xef, 0xbf, 0xbd]);

export interface Repaired {
  readonly bytes: Buffer;
  /** Where each U+FFFD stands that was put in, in order. */
  readonly places: readonly number[];
}

/**
 * Replaces what is not UTF-8. Half a surrogate pair that was encoded as three bytes, as some systems do, becomes one U+FFFD, just as its escape in JSON does;
 * otherwise each piece is replaced that the Unicode standard calls a maximal subpart.
 */
export function repairUtf8(bytes: Uint8Array): Repaired {
  const parts: Uint8Array[] = [];
  const places: number[] = [];
  let length = 0;
  let good = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = characterEnd(bytes, at);
    if (end > 0) {
      at = end;
      continue;
    }
    parts.push(bytes.subarray(good, at), replacement);
    length += at - good;
    places.push(length);
    length += replacement.length;
    at = -end;
    good = at;
  }
  parts.push(bytes.subarray(good));
  return {bytes: Buffer.concat(parts), places};
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Repairs a text that comes in pieces, and takes a byte order mark off its beginning. `onReplaced` is told where each U+FFFD stands that is put in, counted
 * from the beginning of the text, before the piece that holds it is given.
 */
export async function* validUtf8(
  pieces: AsyncIterable<Uint8Array>,
  onReplaced: (place: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  let length = 0;
  let rest: Uint8Array = new Uint8Array(0);
  let isStart = true;
  const valid = (bytes: Uint8Array): Uint8Array => {
    const {bytes: repaired, places} = isUtf8(bytes) ? {bytes, places: []} : repairUtf8(bytes);
    for (const place of places) onReplaced(length + place);
    length += repaired.length;
    return repaired;
  };
  for await (const piece of pieces) {
    let bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    if (isStart && bytes.length < byteOrderMark.length) {
      rest = bytes;
      continue;
    }
    if (isStart && byteOrderMark.equals(bytes.subarray(0, byteOrderMark.length))) bytes = bytes.subarray(byteOrderMark.length);
    isStart = false;
    const end = bytes.length - unfinished(bytes);
    rest = bytes.subarray(end);
    if (end > 0) yield valid(bytes.subarray(0, end));
  }
  if (rest.length > 0) yield valid(rest);
}

/** Bytes at the end that may be the beginning of a character. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (isContinuation(byte)) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

/** Where the character at `at` ends; negative, where a piece ends that is none. */
function characterEnd(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return at + 1;
  const length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 1;
  if (length === 1) return -(at + 1);
  const second = bytes[at + 1] ?? 0;
  if (lead === 0xed && second >= 0xa0 && second <= 0xbf && isContinuation(bytes[at + 2])) return -(at + 3);
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return -(at + 1);
  for (let next = at + 2; next < at + length; next++) if (!isContinuation(bytes[next])) return -next;
  return at + length;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte <= 0xbf;
}
