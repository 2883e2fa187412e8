/** What a part of `npm run proof` is. */

export interface Finding {
  readonly counts: string;
  /** Empty when the part kept its promise. */
  readonly faults: readonly string[];
}

export interface PartOptions {
  /** How much of the part is run: 1 is all of it. */
  readonly share: number;
  /** Told now and then how far the part is. */
  readonly tell: (line: string) => void;
}

export interface Part {
  /** For `--only`. */
  readonly name: string;
  readonly what: string;
  run(options: PartOptions): Promise<Finding>;
}

/** A share of a number, but no less than `least`. */
export function shareOf(count: number, share: number, least = 1): number {
  return Math.min(count, Math.max(least, Math.round(count * share)));
}
