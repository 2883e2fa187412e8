/**
 * A digest of documents that does not depend on their order, because Zoho defines none for the rows
 * of a file.
 */
import {hash} from 'node:crypto';

const words = 8;

/**
 * Sums the SHA-256 of every document, word by word. Equal documents count as often as they occur.
 */
export class RowDigest {
  readonly #sums: Uint32Array;
  #count: number;

  constructor(sums = new Uint32Array(words), count = 0) {
    this.#sums = sums;
    this.#count = count;
  }

  /** Documents added so far. */
  get count(): number {
    return this.#count;
  }

  add(document: Uint8Array): void {
    const bytes = hash('sha256', document, 'buffer');
    for (let i = 0; i < words; i++) this.#sums[i]! += bytes.readUInt32LE(4 * i);
    this.#count++;
  }

  copy(): RowDigest {
    return new RowDigest(this.#sums.slice(), this.#count);
  }

  /** The sum in hexadecimal digits: the same text for the same documents in any order. */
  get text(): string {
    return Array.from(this.#sums, (sum) => sum.toString(16).padStart(8, '0')).join('');
  }
}
