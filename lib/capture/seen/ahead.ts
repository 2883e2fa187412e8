/**
 * Captured records whose `Modified_Time` lies beyond Zoho's clock. They are kept so that neither
 * sweeps nor restarts repeat them.
 */
import {aheadIdsMax, aheadLookMs} from '../../limits.ts';
import type {ContentDigest} from './emitted-versions.ts';

/** `Modified_Time` in epoch seconds, and the digest of the document that was written. */
export type AheadVersion = readonly [seconds: number, digest: string];

/** The part of a merge patch that changes the saved list: null for a record that is forgotten. */
export type AheadPatch = Readonly<Record<string, AheadVersion | null>>;

/**
 * The captured records whose time is still to come, up to `aheadIdsMax` per module. Further ones
 * are captured as well, but a restart may repeat them.
 */
export class Ahead {
  readonly #captured: Map<string, AheadVersion>;
  #patch: Record<string, AheadVersion | null> = {};
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(saved: Readonly<Record<string, AheadVersion>> = {}) {
    this.#captured = new Map(Object.entries(saved));
  }

  /** The known version of each record. */
  *versions(): Generator<{readonly id: string; readonly seconds: number; readonly digest: ContentDigest}, void, void> {
    for (const [id, [seconds, digest]] of this.#captured) yield {id, seconds, digest: wordsOf(digest)};
  }

  /** Records a version when its document is written. */
  note(id: string, seconds: number, digest: ContentDigest): void {
    if (!this.#captured.has(id) && this.#captured.size >= aheadIdsMax) return;
    const version = [seconds, textOf(digest)] as const;
    this.#captured.set(id, version);
    this.#patch[id] = version;
  }

  /** Records that a record is in the present again, after an edit or a deletion. */
  drop(id: string): void {
    if (this.#captured.delete(id)) this.#patch[id] = null;
  }

  /**
   * Whether it is time to read all records of the future again, including known ones. If so, this
   * counts as done.
   */
  startLook(nowMs: number): boolean {
    if (nowMs - this.#lookedMs < aheadLookMs) return false;
    this.#lookedMs = nowMs;
    return true;
  }

  /** Makes the next such reading due at once. */
  lookSoon(): void {
    this.#lookedMs = Number.NEGATIVE_INFINITY;
  }

  /** Forgets records that no sweep reads again: those before `fromS`. */
  forget(fromS: number): void {
    for (const [id, [seconds]] of this.#captured) if (seconds < fromS) this.drop(id);
  }

  /** Returns the changes since the last call, to be saved with the current checkpoint. */
  takePatch(): AheadPatch | undefined {
    const patch = this.#patch;
    if (!this.hasPatch) return undefined;
    this.#patch = {};
    return patch;
  }

  /** Whether anything has changed since the last `takePatch`. */
  get hasPatch(): boolean {
    return Object.keys(this.#patch).length > 0;
  }
}

function textOf(digest: ContentDigest): string {
  return Buffer.from(Uint32Array.from(digest).buffer).toString('base64url');
}

/** An unreadable digest matches no document, so the record is captured again. */
function wordsOf(text: string): ContentDigest {
  const bytes = Buffer.alloc(12);
  Buffer.from(text, 'base64url').copy(bytes);
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8)];
}
