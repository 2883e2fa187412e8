/**
 * A Zoho small enough to be sure of: one module whose records have versions that become visible at
 * their own time.
 */
import type {Random} from './random.ts';

export interface Version {
  readonly modifiedS: number;
  readonly name: string;
  /** The value of a field that there was when this was written. */
  readonly late?: string | undefined;
  readonly visibleMs: number;
  readonly deleted?: 'recycle' | 'permanent';
  readonly deletedS?: number;
}

export interface Seen {
  readonly id: bigint;
  readonly modifiedS: number;
  readonly name: string;
  readonly late: string | undefined;
  readonly score: number;
}

/**
 * Records of one module, with every version they ever had; what is seen depends on the moment of
 * asking.
 */
export class ModelOrg {
  readonly #records = new Map<bigint, Version[]>();
  readonly #scores = new Map<bigint, number>();
  readonly #random: Random;
  readonly #nowMs: () => number;
  /** Longest time that a change may stay invisible. */
  readonly lateMs: number;
  /** Records whose `Modified_Time` is still to come: nobody touches them. */
  readonly ahead = new Set<bigint>();
  /** How many values a formula may have. With few of them a value often comes back. */
  scores = 1000;
  /** How many formulas get another value at once. */
  drifting = 3;
  /** Whether the field `Late` is there for people to fill in. */
  hasLate = (): boolean => false;
  #nextId = 5725767000000100001n;
  #edits = 0;

  constructor(random: Random, nowMs: () => number, lateMs: number) {
    this.#random = random;
    this.#nowMs = nowMs;
    this.lateMs = lateMs;
  }

  /** Adds a record that was modified `ageS` ago and is visible already. */
  seed(ageS: number): void {
    const nowMs = this.#nowMs();
    const id = this.#newId();
    this.#scores.set(id, this.#random.below(this.scores));
    this.#records.set(id, [{modifiedS: Math.floor(nowMs / 1000) - ageS, name: `seed ${id}`, visibleMs: 0}]);
  }

  insert(): void {
    const id = this.#newId();
    this.#scores.set(id, this.#random.below(this.scores));
    this.#write(id);
  }

  /** Adds records whose `Modified_Time` lies in the future, as an import may set it. */
  insertAhead(count: number): void {
    const nowMs = this.#nowMs();
    for (let i = 0; i < count; i++) {
      const id = this.#newId();
      this.ahead.add(id);
      this.#scores.set(id, this.#random.below(this.scores));
      const modifiedS = Math.floor(nowMs / 1000) + 3_600 + this.#random.below(86_400);
      this.#push(id, {modifiedS, name: `edit ${this.#edits++}`, visibleMs: nowMs});
    }
  }

  edit(): void {
    const id = this.#any((version) => version.deleted === undefined);
    if (id !== undefined) this.#write(id);
  }

  /** Many records at once: all get the same `Modified_Time`. */
  massEdit(count: number): void {
    for (let i = 0; i < count; i++) this.edit();
  }

  delete(): void {
    const id = this.#any((version) => version.deleted === undefined);
    if (id === undefined) return;
    const last = this.#last(id);
    const deleted = this.#random.chance(0.7) ? 'recycle' : 'permanent';
    this.#push(id, {...last, deleted, deletedS: Math.floor(this.#nowMs() / 1000), visibleMs: this.#nowMs()});
  }

  /**
   * Takes a record out of the recycle bin. One that comes back without a new `Modified_Time` can
   * only be found again by a connector that knows of its deletion: such a restore waits for that,
   * as `known` says.
   */
  restore(touch: boolean, known: (id: bigint) => boolean): void {
    const nowS = this.#nowMs() / 1000;
    const id = this.#any(({deleted, deletedS = 0}, id) => deleted === 'recycle' && deletedS < nowS - 15 && (touch || known(id)));
    if (id === undefined) return;
    const {modifiedS, name, late} = this.#last(id);
    if (touch) this.#write(id);
    else this.#push(id, {modifiedS, name, late, visibleMs: this.#nowMs()});
  }

  /** Whether a record is modified in the future. */
  isAhead(id: bigint): boolean {
    return this.#last(id).modifiedS * 1000 > this.#nowMs();
  }

  /** Whether a record is there, as people see it. */
  lives(id: bigint): boolean {
    return this.#last(id).deleted === undefined;
  }

  /** Whether a record came out of the recycle bin after it had gone there at a time. */
  cameBack(id: bigint, deletedS: number): boolean {
    const versions = this.#records.get(id) ?? [];
    const gone = versions.findIndex((version) => version.deletedS === deletedS);
    return versions.slice(gone + 1).some(({deleted}) => deleted === undefined);
  }

  /** Formula values change; no `Modified_Time` moves. */
  drift(): void {
    const ids = [...this.#scores.keys()];
    for (let i = 0; i < this.drifting; i++) this.#scores.set(this.#random.pick(ids), this.#random.below(this.scores));
  }

  /** Live records as seen at a moment. */
  seen(atMs: number): Seen[] {
    const found: Seen[] = [];
    for (const [id] of this.#records) {
      const version = this.#at(id, atMs);
      if (version !== undefined && version.deleted === undefined) {
        const {modifiedS, name, late} = version;
        found.push({id, modifiedS, name, late, score: this.#scores.get(id)!});
      }
    }
    return found;
  }

  /** The feed of deletions as seen at a moment. */
  deletions(sinceS: number, atMs: number): {id: string; deletedS: number; type: string}[] {
    const found = [];
    for (const [id] of this.#records) {
      const version = this.#at(id, atMs);
      if (version?.deleted !== undefined && version.deletedS! >= sinceS)
        found.push({id: String(id), deletedS: version.deletedS!, type: version.deleted});
    }
    return found;
  }

  #write(id: bigint): void {
    const nowMs = this.#nowMs();
    const lateMs = this.lateMs > 0 && this.#random.chance(0.3) ? this.#random.below(this.lateMs) : 0;
    // A later version must not be seen before an earlier one.
    const visibleMs = Math.max(nowMs + lateMs, this.#records.get(id)?.at(-1)?.visibleMs ?? 0);
    const edit = this.#edits++;
    const late = this.hasLate() ? `late ${edit}` : undefined;
    this.#push(id, {modifiedS: Math.floor(nowMs / 1000), name: `edit ${edit}`, late, visibleMs});
  }

  #push(id: bigint, version: Version): void {
    const versions = this.#records.get(id) ?? [];
    const visibleMs = Math.max(version.visibleMs, versions.at(-1)?.visibleMs ?? 0);
    versions.push({...version, visibleMs});
    this.#records.set(id, versions);
  }

  #at(id: bigint, atMs: number): Version | undefined {
    return this.#records.get(id)?.findLast(({visibleMs}) => visibleMs <= atMs);
  }

  #last(id: bigint): Version {
    return this.#records.get(id)!.at(-1)!;
  }

  #any(fits: (version: Version, id: bigint) => boolean): bigint | undefined {
    const ids = [...this.#records.keys()].filter((id) => !this.ahead.has(id) && fits(this.#last(id), id));
    return ids.length === 0 ? undefined : this.#random.pick(ids);
  }

  #newId(): bigint {
    this.#nextId += BigInt(1 + this.#random.below(1000));
    return this.#nextId;
  }
}
