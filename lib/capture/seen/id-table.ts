/** Record ids packed in typed arrays, so that filters can remember millions of them. */

/** Room for ids that several tables share, so that many bindings take no more memory than one. */
export interface IdBudget {
  ids: number;
}

/** Highest load of a table. Above, probing is slow. */
const loadMax = 0.7;
const slotsMin = 64;

/** Ids that so many slots hold. */
const roomOf = (slots: number): number => Math.floor(slots * loadMax);

/**
 * A hash table from a 64-bit id to `words` numbers of 32 bits. It takes 8 + 4 * `words` bytes per
 * slot, doubles as it fills, and accepts no new ids when the shared budget is used up. Ids are
 * never 0 (Zoho has none).
 */
export class IdTable {
  readonly #words: number;
  readonly #budget: IdBudget;
  #slots = 0;
  #keys = new Uint32Array(0);
  #values = new Uint32Array(0);
  #size = 0;

  constructor(words: number, budget: IdBudget) {
    this.#words = words;
    this.#budget = budget;
  }

  get size(): number {
    return this.#size;
  }

  has(id: bigint): boolean {
    return this.#size > 0 && this.#find(low(id), high(id)) >= 0;
  }

  /**
   * The numbers of an id, as a view that is valid until the next `set`; undefined for an unknown
   * id.
   */
  get(id: bigint): Uint32Array | undefined {
    if (this.#size === 0) return undefined;
    const slot = this.#find(low(id), high(id));
    return slot < 0 ? undefined : this.#values.subarray(slot * this.#words, (slot + 1) * this.#words);
  }

  /**
   * Stores an id with its numbers. Returns false and changes nothing if the id is new and there is
   * no room.
   */
  // Equivalent mutants (ArrayDeclaration): what is no number counts as 0
  set(id: bigint, values: readonly number[] = []): boolean {
    const lo = low(id);
    const hi = high(id);
    let slot = this.#slots === 0 ? -1 : this.#find(lo, hi);
    if (slot < 0) {
      if (this.#size >= roomOf(this.#slots) && !this.#grow()) return false;
      slot = ~this.#find(lo, hi);
      this.#keys[2 * slot] = lo;
      this.#keys[2 * slot + 1] = hi;
      this.#size++;
    }
    for (let i = 0; i < this.#words; i++) this.#values[slot * this.#words + i] = values[i] ?? 0;
    return true;
  }

  /** Forgets the ids whose numbers fail the test, and frees their room. */
  retain(keep: (values: Uint32Array) => boolean): void {
    const keys = this.#keys;
    const values = this.#values;
    const kept: number[] = [];
    for (let slot = 0; slot < this.#slots; slot++) {
      if (keys[2 * slot] === 0 && keys[2 * slot + 1] === 0) continue;
      if (keep(values.subarray(slot * this.#words, (slot + 1) * this.#words))) kept.push(slot);
    }
    // Equivalent mutants (ConditionalExpression): the table would be built anew as it is
    if (kept.length === this.#size) return;
    this.clear();
    this.#allocate(slotsFor(kept.length));
    for (const slot of kept) this.#insert(keys[2 * slot]!, keys[2 * slot + 1]!, values, slot);
  }

  /** Forgets everything and frees the room. */
  clear(): void {
    this.#budget.ids += this.#slots;
    this.#slots = 0;
    this.#size = 0;
    this.#keys = new Uint32Array(0);
    this.#values = new Uint32Array(0);
  }

  #grow(): boolean {
    const slots = Math.max(slotsMin, this.#slots * 2);
    if (this.#budget.ids + this.#slots < slots) return false;
    const {keys, values, slots: before} = {keys: this.#keys, values: this.#values, slots: this.#slots};
    this.clear();
    this.#allocate(slots);
    for (let slot = 0; slot < before; slot++) {
      if (keys[2 * slot] !== 0 || keys[2 * slot + 1] !== 0) this.#insert(keys[2 * slot]!, keys[2 * slot + 1]!, values, slot);
    }
    return true;
  }

  #allocate(slots: number): void {
    this.#budget.ids -= slots;
    this.#slots = slots;
    this.#keys = new Uint32Array(2 * slots);
    this.#values = new Uint32Array(this.#words * slots);
  }

  #insert(lo: number, hi: number, from: Uint32Array, fromSlot: number): void {
    const slot = ~this.#find(lo, hi);
    this.#keys[2 * slot] = lo;
    this.#keys[2 * slot + 1] = hi;
    this.#values.set(from.subarray(fromSlot * this.#words, (fromSlot + 1) * this.#words), slot * this.#words);
    this.#size++;
  }

  /** The slot of an id, or the complement (`~`) of the free slot where it belongs. */
  #find(lo: number, hi: number): number {
    const mask = this.#slots - 1;
    let slot = (Math.imul(lo, 0x9e3779b1) ^ Math.imul(hi, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    for (;;) {
      const keyLo = this.#keys[2 * slot]!;
      const keyHi = this.#keys[2 * slot + 1]!;
      if (keyLo === lo && keyHi === hi) return slot;
      if (keyLo === 0 && keyHi === 0) return ~slot;
      // Equivalent mutants (ArithmeticOperator): the search may go either way
      slot = (slot + 1) & mask;
    }
  }
}

function slotsFor(ids: number): number {
  let slots = slotsMin;
  while (roomOf(slots) < ids) slots *= 2;
  return slots;
}

const low = (id: bigint): number => Number(id & 0xffff_ffffn);
const high = (id: bigint): number => Number(id >> 32n);
