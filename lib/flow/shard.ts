/** Which bindings a shard runs, when Flow has split a capture that is too large for one machine (design 6). */

/** Keys from `keyBegin` to `keyEnd`, both included. */
export interface KeyRange {
  readonly keyBegin: number;
  readonly keyEnd: number;
}

/** What a capture that is not split covers. */
export const fullRange: KeyRange = {keyBegin: 0, keyEnd: 0xffff_ffff};

/**
 * Whether a shard runs the binding with this stateKey. Every stateKey is in exactly one of the ranges that make up the full one. The
 * key of a binding is part of running captures: it never changes.
 */
export function inRange({keyBegin, keyEnd}: KeyRange, stateKey: string): boolean {
  const key = fnv1a32(stateKey);
  return keyBegin <= key && key <= keyEnd;
}

/** FNV-1a, 32 bits, of the text in UTF-8. */
export function fnv1a32(text: string): number {
  let hash = 0x811c_9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash >>> 0;
}
