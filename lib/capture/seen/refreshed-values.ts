/** What refreshes wrote last of each record, so that equal values are not written again (design 5.8). */
import {hash} from 'node:crypto';
import {type IdBudget, IdTable} from './id-table.ts';

/** Stands for no digest; no document's, for all practical purposes. */
const none = [0, 0] as const;

/**
 * A digest of the partial document that was the last thing written of each record: 8 bytes of id, 8 of digest. While it is there, the collection has those
 * values, and a document that equals it would change nothing.
 *
 * - Whatever else is written of a record takes its digest away: a change, a deletion, a row of a backfill.
 * - A digest is noted in the step that writes its document, and of no document that is not written. A write that fails takes all digests away.
 * - It lives as long as the process: what a restart may repeat, it cannot know to be the last.
 *
 * When there is no room, a record has no digest and is written each time. So is one of a module with more fields to refresh than one job names: its
 * documents take turns.
 */
export class RefreshedValues {
  readonly #digests: IdTable;

  constructor(budget: IdBudget) {
    this.#digests = new IdTable(2, budget);
  }

  /** Records that something is known of, or was. */
  get size(): number {
    return this.#digests.size;
  }

  /** Whether this document is the last thing that was written of its record. */
  holds(id: bigint, content: Uint8Array): boolean {
    const last = this.#digests.get(id);
    if (last === undefined || (last[0] === none[0] && last[1] === none[1])) return false;
    const [low, high] = digestOf(content);
    return last[0] === low && last[1] === high;
  }

  /** Takes note of a document as it is written. */
  note(id: bigint, content: Uint8Array): void {
    // Without room nothing changes: a new record stays unknown, and a known one has its place.
    this.#digests.set(id, digestOf(content));
  }

  /** Takes note that something else is written of a record. */
  forget(id: bigint): void {
    if (this.#digests.has(id)) this.#digests.set(id, none);
  }

  /** Forgets all of them. */
  clear(): void {
    this.#digests.clear();
  }
}

function digestOf(content: Uint8Array): readonly [number, number] {
  const digest = hash('sha1', content, 'buffer');
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}
