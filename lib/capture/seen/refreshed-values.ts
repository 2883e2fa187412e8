/**
 * The values that refreshes wrote last for each record, so that equal ones are not written again
 * (design 5.8).
 */
import {hash} from 'node:crypto';
import {type IdBudget, IdTable} from './id-table.ts';

/** Marks a missing digest. No document has this digest in practice. */
const none = [0, 0] as const;

/**
 * A digest of the partial document that was the last one written for each record: 8 bytes of id, 8
 * of digest. While it is present, the collection has those values, and an equal document would
 * change nothing.
 *
 * - Any other document of the record removes its digest: a change, a deletion, a row of a backfill.
 * - A digest is recorded in the step that writes its document. A failed write removes all digests.
 * - Digests live as long as the process, because a restart may repeat older documents.
 *
 * When the table is full, a record has no digest and is written each time. The same holds for a
 * module with more fields to refresh than one job accepts, whose partial documents alternate.
 */
export class RefreshedValues {
  readonly #digests: IdTable;

  constructor(budget: IdBudget) {
    this.#digests = new IdTable(2, budget);
  }

  /** Records with a digest, now or earlier. */
  get size(): number {
    return this.#digests.size;
  }

  /** Whether this document equals the last one written for its record. */
  holds(id: bigint, content: Uint8Array): boolean {
    const last = this.#digests.get(id);
    const [low, high] = digestOf(content);
    return last !== undefined && last[0] === low && last[1] === high;
  }

  /** Records a document when it is written. */
  note(id: bigint, content: Uint8Array): void {
    // Without room nothing changes: a new record stays unknown, and a known one has its slot.
    this.#digests.set(id, digestOf(content));
  }

  /** Removes a record's digest, because another document of it is written. */
  forget(id: bigint): void {
    if (this.#digests.has(id)) this.#digests.set(id, none);
  }

  /** Removes all digests. */
  clear(): void {
    this.#digests.clear();
  }
}

function digestOf(content: Uint8Array): readonly [number, number] {
  const digest = hash('sha1', content, 'buffer');
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}
