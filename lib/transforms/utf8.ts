/**
 * Repairs text that is not valid UTF-8: U+FFFD replaces what no reader can read (design 3). Pure.
 */

import {isUtf8} from 'node:buffer';

/** U+FFFD. */
const replacement = Buffer.from([0xef, 0xbf, 0xbd]);

export interface Repaired {
  readonly bytes: Buffer;
  /** Offsets of the inserted U+FFFD, in order. */
  readonly places: readonly number[];
}

/**
 * Replaces invalid UTF-8. Half a surrogate pair encoded as three bytes becomes one U+FFFD, as its
 * JSON escape does. Otherwise each maximal subpart, as the Unicode standard defines it, becomes
 * one.
 */
export function repairUtf8(bytes: Uint8Array): Repaired {
  const parts: Uint8Array[] = [];
  const places: number[] = [];
  let length = 0;
  let good = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = characterEnd(bytes, at);
    // Equivalent mutants (EqualityOperator): no character ends at 0
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
 * Repairs a text that arrives in pieces, and drops its byte order mark. `onReplaced` receives the
 * offset of each inserted U+FFFD, from the start of the text, before the piece that holds it.
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

/** Bytes at the end that may begin a character. */
function unfinished(bytes: Uint8Array): number {
  let back = 1;
  while (isContinuation(bytes[bytes.length - back])) back++;
  const lead = bytes[bytes.length - back] ?? 0;
  const needed = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return needed > back ? back : 0;
}

/** Where the character at `at` ends; negative where an invalid piece ends. */
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

function isContinuation(byte = 0): boolean {
  return byte >= 0x80 && byte <= 0xbf;
}
