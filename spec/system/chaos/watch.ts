/**
 * Watches committed documents: deletions, repetitions, and that no record goes back to an older
 * version (guarantee G2).
 */
import {Collections, type Reduced} from '../../harness/runtime.ts';

export class Watch {
  readonly violations: string[] = [];
  committed = 0;
  repeats = 0;
  readonly #deleted = new Set<string>();
  readonly #lastMs = new Map<string, number>();

  /** Watches every document committed to the collections from now on. */
  over(collections: Collections): void {
    collections.reduce = (name, doc) => {
      this.#see(name, doc, collections.of(name).get(String(doc.id)));
      Collections.prototype.reduce.call(collections, name, doc);
    };
  }

  /** Whether the last document of a record was a deletion. */
  deleted(collection: string, id: string): boolean {
    return this.#deleted.has(`${collection} #${id}`);
  }

  /** Forgets a collection that was emptied. */
  forget(collection: string): void {
    for (const known of [this.#deleted, this.#lastMs])
      for (const key of known.keys()) if (key.startsWith(`${collection} `)) known.delete(key);
  }

  #see(name: string, doc: Reduced, before: Reduced | undefined): void {
    const key = `${name} ${String(doc.id)}`;
    this.committed += 1;
    if ((doc._meta as {op?: string} | undefined)?.op === 'd') {
      if (this.#deleted.has(key)) this.repeats += 1;
      this.#deleted.add(key);
      return;
    }
    this.#deleted.delete(key);
    if (before !== undefined && Object.keys(doc).every((field) => JSON.stringify(before[field]) === JSON.stringify(doc[field])))
      this.repeats += 1;
    const modifiedMs = Date.parse(String(doc.Modified_Time));
    const lastMs = this.#lastMs.get(key) ?? Number.NEGATIVE_INFINITY;
    if (modifiedMs < lastMs) this.violations.push(`${key}: went back in Modified_Time`);
    this.#lastMs.set(key, Math.max(lastMs, modifiedMs));
  }
}
