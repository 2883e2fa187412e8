/**
 * Pseudo-random numbers that depend only on their inputs: one seed always gives the same
 * organisation.
 */

/** Mixes two 32-bit numbers into one, evenly distributed over 0 to 2^32 - 1. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A number for a text. */
export function mixText(seed: number, text: string): number {
  let h = mix(seed, text.length);
  for (let i = 0; i < text.length; i += 1) h = mix(h, text.charCodeAt(i));
  return h;
}

/** Returns integers from 0 up to, but not including, `below`. */
export type Random = (below: number) => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    return Math.floor((mix(state, 0x5bd1e995) / 2 ** 32) * below);
  };
}
