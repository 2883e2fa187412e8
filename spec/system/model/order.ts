/** The order in which documents were committed, and what is wrong with it. */
import {Collections, type Reduced, type Task} from '../../harness/runtime.ts';
import type {ModelOrg} from './org.ts';

/**
 * Watches that no record goes back to an older version (guarantee G2), in the order of what was
 * committed.
 */
export class Order {
  readonly violations: string[] = [];
  /** Ids whose last committed document is a deletion. */
  readonly deleted = new Set<string>();
  tellsDeletions = (): boolean => true;
  /**
   * Whether fields may be owed in this run: what is ahead of its time is captured again for them.
   */
  mayOwe = false;
  readonly #org: ModelOrg;
  readonly #last = new Map<string, {modifiedMs: number; edit: number}>();
  /**
   * What was captured last of records of the future; it may change with the fields that there are.
   */
  readonly #captured = new Map<string, string>();
  readonly #deletedS = new Map<string, number>();
  /**
   * Which of two versions of one second is the older cannot be told from an answer that may lag
   * behind: both are taken for changes.
   */
  readonly #secondsOnly: boolean;

  constructor(org: ModelOrg, secondsOnly: boolean) {
    this.#org = org;
    this.#secondsOnly = secondsOnly;
  }

  watch(task: Task): Task {
    const {collections} = task;
    collections.reduce = (name, doc) => {
      this.#see(doc);
      Collections.prototype.reduce.call(collections, name, doc);
    };
    return task;
  }

  #see(doc: Reduced): void {
    const id = String(doc.id);
    if ((doc._meta as {op?: string}).op === 'd') {
      this.deleted.add(id);
      this.#deletedS.set(id, Date.parse(String(doc.Modified_Time)) / 1000);
      return;
    }
    if (this.deleted.has(id) && !this.#org.cameBack(BigInt(id.slice(1)), this.#deletedS.get(id)!))
      this.violations.push(`${id}: came back after its deletion`);
    // A slice of a wide backfill has one of these at least.
    if (this.deleted.has(id) && !('Name' in doc || 'Fill_000' in doc)) this.violations.push(`${id}: came back as a fragment`);
    this.deleted.delete(id);
    if (this.#org.isAhead(BigInt(id.slice(1)))) {
      const content = JSON.stringify(doc);
      if (this.#captured.get(id) === content && !this.mayOwe) this.violations.push(`${id}: captured again before its time`);
      this.#captured.set(id, content);
    }
    const modifiedMs = Date.parse(String(doc.Modified_Time));
    const edit = Number(/^edit (\d+)$/.exec(String(doc.Name ?? ''))?.[1] ?? -1);
    const last = this.#last.get(id);
    // Of a record whose deletion Zoho does not tell at present, no version is promised.
    if (!this.tellsDeletions() && !this.#org.lives(BigInt(id.slice(1)))) return;
    if (last !== undefined && modifiedMs < last.modifiedMs) this.violations.push(`${id}: went back in Modified_Time`);
    const isTie = this.#secondsOnly && modifiedMs === last?.modifiedMs;
    if (last !== undefined && edit >= 0 && edit < last.edit && !isTie) this.violations.push(`${id}: went back to an older edit`);
    this.#last.set(id, {modifiedMs: Math.max(modifiedMs, last?.modifiedMs ?? 0), edit: Math.max(edit, last?.edit ?? -1)});
  }
}
