/**
 * Parity: whether a contender's documents equal the naive pipeline's, so that its figures mean
 * something.
 */
import type {Digest} from './digest.ts';

/** A contender's output is wrong, so its figures mean nothing. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Knows the right documents of one task. */
export class Judge {
  readonly #count: number;
  readonly #values: string | undefined;
  readonly #accepted = new Set<string>();

  /** The reference. Without the hash of its values, only the same bytes are accepted. */
  constructor({count, exact}: Digest, values?: string) {
    this.#count = count;
    this.#values = values;
    this.#accepted.add(exact);
  }

  /**
   * Throws `Refused` unless the documents equal the reference: the same bytes, or the same values
   * in another spelling. `values` is called only when the bytes are unknown, and returns undefined
   * when they were not kept.
   */
  check(name: string, {count, exact}: Digest, values: () => string | undefined): void {
    if (count !== this.#count) throw new Refused(`${name} wrote ${count} documents, the reference ${this.#count}`);
    if (this.#accepted.has(exact)) return;
    if (this.#values === undefined || values() !== this.#values)
      throw new Refused(`${name} wrote other documents than the reference`);
    this.#accepted.add(exact);
  }

  /** For output that nobody reads. */
  checkCount(name: string, count: number): void {
    if (count !== this.#count)
      throw new Refused(`${name} says that it wrote ${count} documents, the reference wrote ${this.#count}`);
  }
}
