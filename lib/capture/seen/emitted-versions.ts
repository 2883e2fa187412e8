/** What was emitted of late, so that re-reading an overlap does not repeat it (guarantee G3). */
import {hash} from 'node:crypto';
import {type IdBudget, IdTable} from './id-table.ts';

/** A tombstone's digest; no document's, for all practical purposes. */
const tombstone = [0xffff_ffff, 0xffff_ffff, 0xffff_ffff] as const;

/**
 * The last version emitted of each record that the next sweep may read again: 8 bytes of id, 4 of `Modified_Time`, 12 of content digest.
 *
 * Only the last version of a record counts: one that changes back to what it was is a change. When there is no room, the older half is
 * forgotten, and may be repeated.
 */
export class Overlap {
  readonly #emitted: IdTable;

  constructor(budget: IdBudget) {
    this.#emitted = new IdTable(4, budget);
  }

  /** Notes a document as emitted; returns false when it is a duplicate of the record's last one. */
  document(id: bigint, modifiedS: number, content: Uint8Array): boolean {
    const digest = hash('sha1', content, 'buffer');
    return this.#note(id, modifiedS, [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8)]);
  }

  /** Notes a deletion as emitted; returns false when it, or a later one, was the record's last. */
  deletion(id: bigint, deletedS: number): boolean {
    return !this.holdsDeletion(id, deletedS) && this.#note(id, deletedS, tombstone);
  }

  /** Whether the last thing emitted of a record is its deletion at `deletedS` or later. */
  holdsDeletion(id: bigint, deletedS: number): boolean {
    const last = this.#emitted.get(id);
    return last !== undefined && tombstone.every((word, i) => last[i + 1] === word) && last[0]! >= deletedS;
  }

  /** Forgets what no sweep will read again: everything before `fromS`. */
  forget(fromS: number): void {
    this.#emitted.retain((values) => values[0]! >= fromS);
  }

  get size(): number {
    return this.#emitted.size;
  }

  #note(id: bigint, seconds: number, digest: readonly number[]): boolean {
    const last = this.#emitted.get(id);
    if (last !== undefined && last[0] === seconds && digest.every((word, i) => last[i + 1] === word)) return false;
    if (this.#emitted.set(id, [seconds, ...digest])) return true;
    this.#forgetHalf();
    this.#emitted.set(id, [seconds, ...digest]);
    return true;
  }

  #forgetHalf(): void {
    const times: number[] = [];
    this.#emitted.retain((values) => {
      times.push(values[0]!);
      return true;
    });
    times.sort((a, b) => a - b);
    const middle = times[times.length >> 1] ?? 0;
    let spare = times.length - (times.length >> 1);
    // Many records may share the middle second: keep no more than half of all.
    this.#emitted.retain((values) => values[0]! >= middle && spare-- > 0);
  }
}
