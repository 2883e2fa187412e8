/** Text that is not UTF-8, or not quite: U+FFFD takes the place of what no reader could read (design 3). Pure. */

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
