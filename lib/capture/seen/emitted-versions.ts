/** What was emitted of late, so that re-reading an overlap does not repeat it (guarantee G3). */
import {hash} from 'node:crypto';
import {type IdBudget, IdTable} from './id-table.ts';

/** A tombstone's digest; no document's, for all practical purposes. */
const tombstone = [0xffff_ffff, 0xffff_ffff, 0xffff_ffff] as const;

/** Stands for a document that is to be emitted again; no document's digest, for all practical purposes. */
const forgotten = [0, 0, 0] as const;

/** 96 bits of a digest of a document. */
export type ContentDigest = readonly [number, number, number];

/** The digest of a document's bytes. */
export function contentDigest(content: Uint8Array): ContentDigest {
  const digest = hash('sha1', content, 'buffer');
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8)];
}

/**
 * The last version emitted of each record that the next sweep may read again: 8 bytes of id, 4 of `Modified_Time`, 12 of content digest.
 *
 * Only the last version of a record counts: one that changes back to what it was is a change. When there is no room, the older half is
 * forgotten, and may be repeated.
 */
export class EmittedVersions {
  readonly #emitted: IdTable;

  constructor(budget: IdBudget) {
    this.#emitted = new IdTable(4, budget);
  }

  /**
   * Notes a document as emitted, or as emitted by a process before this one. Returns false when it
   * is a duplicate of the record's last one.
   */
  document(id: bigint, modifiedS: number, digest: ContentDigest): boolean {
    return this.#note(id, modifiedS, digest);
  }

  /** Has a document be emitted anew when it is read again with that `Modified_Time`. */
  forgetDocument(id: bigint, modifiedS: number): void {
    if (this.holdsDocument(id, modifiedS)) this.#emitted.set(id, [modifiedS - 1, ...forgotten]);
  }

  /** Whether the last thing emitted of a record is a document with that `Modified_Time`. */
  holdsDocument(id: bigint, modifiedS: number): boolean {
    const last = this.#emitted.get(id);
    return last !== undefined && last[0] === modifiedS && !isDigest(last, tombstone);
  }

  /**
   * Whether a later version of a record was emitted than one with that `Modified_Time`, by Zoho's clock as it is at least: an answer may come of a part of Zoho that
   * lags behind. A version of the future is not a later one; whoever edits its record brings it back to the present.
   */
  isPassed(id: bigint, modifiedS: number, nowS: number): boolean {
    const last = this.#emitted.get(id);
    return last !== undefined && !isDigest(last, tombstone) && last[0]! > modifiedS && last[0]! <= nowS;
  }

  /** Whether the last thing emitted of a record is a deletion that its version with that `Modified_Time` does not outlive: it was restored, or the answer lags behind. */
  isDoubtful(id: bigint, modifiedS: number): boolean {
    return this.holdsDeletion(id, modifiedS);
  }

  /** Notes a deletion as emitted by another process. */
  knowDeletion(id: bigint, deletedS: number): void {
    this.#note(id, deletedS, tombstone);
  }

  /** Notes a deletion as emitted; returns false when it, or a later one, was the record's last. */
  deletion(id: bigint, deletedS: number): boolean {
    return !this.holdsDeletion(id, deletedS) && this.#note(id, deletedS, tombstone);
  }

  /** Whether the last thing emitted of a record is its deletion at `deletedS` or later. */
  holdsDeletion(id: bigint, deletedS: number): boolean {
    const last = this.#emitted.get(id);
    return last !== undefined && isDigest(last, tombstone) && last[0]! >= deletedS;
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
    if (last !== undefined && last[0] === seconds && isDigest(last, digest)) return false;
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

function isDigest(values: Uint32Array, digest: readonly number[]): boolean {
  return digest.every((word, i) => values[i + 1] === word);
}
