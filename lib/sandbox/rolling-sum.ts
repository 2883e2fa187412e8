/** A sum over a sliding window of time. */

/**
 * The sum of what was added within the last `spanMs`. Time is divided into steps of `stepMs`: a
 * value may count up to one step too long, never too short. Memory is one number per step. A time
 * before the latest one counts as the latest.
 */
export class RollingSum {
  readonly #sums: Float64Array;
  readonly #stepMs: number;
  #step = 0;
  #total = 0;

  constructor(spanMs: number, stepMs: number) {
    this.#sums = new Float64Array(Math.ceil(spanMs / stepMs) + 1);
    this.#stepMs = stepMs;
  }

  add(nowMs: number, amount: number): void {
    this.#moveTo(nowMs);
    this.#sums[this.#step % this.#sums.length]! += amount;
    this.#total += amount;
  }

  total(nowMs: number): number {
    this.#moveTo(nowMs);
    return this.#total;
  }

  #moveTo(nowMs: number): void {
    const step = Math.floor(nowMs / this.#stepMs);
    const passed = Math.min(step - this.#step, this.#sums.length);
    for (let i = 1; i <= passed; i++) {
      const at = (step - passed + i) % this.#sums.length;
      this.#total -= this.#sums[at]!;
      this.#sums[at] = 0;
    }
    if (step > this.#step) this.#step = step;
  }
}
