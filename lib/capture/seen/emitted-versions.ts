/**
 * Recently emitted versions, so that reading an overlap again does not repeat them (guarantee G3).
 */
import {hash} from 'node:crypto';
import {type IdBudget, IdTable} from './id-table.ts';

/** A tombstone's digest, which no document has in practice. */
const tombstone = [0xffff_ffff, 0xffff_ffff, 0xffff_ffff] as const;

/** Marks a document to be emitted again. No document has this digest in practice. */
const forgotten = [0, 0, 0] as const;

/** 96 bits of a document's digest. */
export type ContentDigest = readonly [number, number, number];

/** The digest of a document's bytes. */
export function contentDigest(content: Uint8Array): ContentDigest {
  const digest = hash('sha1', content, 'buffer');
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8)];
}

/**
 * The last emitted version of each record that the next sweep may read again: 8 bytes of id, 4 of
 * `Modified_Time`, 12 of content digest.
 *
 * Only the last version counts: a record that returns to an earlier content has changed. When the
 * table is full, the older half is forgotten, and may be emitted again.
 */
export class EmittedVersions {
  readonly #emitted: IdTable;

  constructor(budget: IdBudget) {
    this.#emitted = new IdTable(4, budget);
  }

  /**
   * Records a document that is or was emitted. Returns false for a duplicate of the record's last
   * document.
   */
  document(id: bigint, modifiedS: number, digest: ContentDigest): boolean {
    return this.#note(id, modifiedS, digest);
  }

  /** Makes a document with this `Modified_Time` be emitted again when it is read next. */
  forgetDocument(id: bigint, modifiedS: number): void {
    if (this.holdsDocument(id, modifiedS)) this.#emitted.set(id, [modifiedS - 1, ...forgotten]);
  }

  /** Whether the record's last emission is a document with this `Modified_Time`. */
  holdsDocument(id: bigint, modifiedS: number): boolean {
    const last = this.#emitted.get(id);
    return last !== undefined && last[0] === modifiedS && !isDigest(last, tombstone);
  }

  /**
   * Whether a later version than this `Modified_Time` was emitted, because the answer came from a
   * part of Zoho that lags behind. `nowS` is a lower bound of Zoho's time. A version of the future
   * is not a later one: an edit brings its record back to the present.
   */
  isPassed(id: bigint, modifiedS: number, nowS: number): boolean {
    const last = this.#emitted.get(id);
    return last !== undefined && !isDigest(last, tombstone) && last[0]! > modifiedS && last[0]! <= nowS;
  }

  /**
   * Whether the record's last emission is a deletion after this `Modified_Time`: either it was
   * restored, or the answer lags behind.
   */
  isDoubtful(id: bigint, modifiedS: number): boolean {
    return this.holdsDeletion(id, modifiedS);
  }

  /** Records a deletion that another process emitted. */
  recallDeletion(id: bigint, deletedS: number): void {
    this.#note(id, deletedS, tombstone);
  }

  /**
   * Records a deletion that is emitted. Returns false if the record's last emission is the same or
   * a later deletion.
   */
  deletion(id: bigint, deletedS: number): boolean {
    return !this.holdsDeletion(id, deletedS) && this.#note(id, deletedS, tombstone);
  }

  /** Whether the record's last emission is a deletion at `deletedS` or later. */
  holdsDeletion(id: bigint, deletedS: number): boolean {
    const last = this.#emitted.get(id);
    return last !== undefined && isDigest(last, tombstone) && last[0]! >= deletedS;
  }

  /** Forgets versions that no sweep reads again: those before `fromS`. */
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
    // Many records may share the middle second. At most half of all are kept.
    this.#emitted.retain((values) => values[0]! >= middle && spare-- > 0);
  }
}

function isDigest(values: Uint32Array, digest: readonly number[]): boolean {
  return digest.every((word, i) => values[i + 1] === word);
}
