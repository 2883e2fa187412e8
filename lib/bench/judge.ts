/** Parity: whose documents are those of the naive pipeline, and whose figures are therefore worth printing. */
import type {Digest} from './digest.ts';

/** A contender whose output is not what it should be; its figures mean nothing. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Knows the right documents of one task. */
export class Judge {
  readonly #count: number;
  readonly #values: string | undefined;
  readonly #accepted = new Set<string>();

  /** The reference; without the hash of its values only the same bytes are right. */
  constructor({count, exact}: Digest, values?: string) {
    this.#count = count;
    this.#values = values;
    this.#accepted.add(exact);
  }

  /**
   * Throws `Refused` unless the documents are those of the reference: the same bytes, or the same values written otherwise. `values` is asked for only
   * when the bytes are unknown, and gives undefined when they could not be kept.
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
