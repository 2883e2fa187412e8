/** Which bindings a shard runs when Flow has split a large capture (design 6). */

/** Keys from `keyBegin` to `keyEnd`, both inclusive. */
export interface KeyRange {
  readonly keyBegin: number;
  readonly keyEnd: number;
}

/** The range of a capture that is not split. */
export const fullRange: KeyRange = {keyBegin: 0, keyEnd: 0xffff_ffff};

/**
 * Whether a shard runs the binding with this stateKey. Ranges that make up the full range have each
 * stateKey exactly once. Running captures depend on the hash, so it never changes.
 */
export function inRange({keyBegin, keyEnd}: KeyRange, stateKey: string): boolean {
  const key = fnv1a32(stateKey);
  return keyBegin <= key && key <= keyEnd;
}

/** 32-bit FNV-1a of the text in UTF-8. */
export function fnv1a32(text: string): number {
  let hash = 0x811c_9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash >>> 0;
}
