/** The rate of something over the last seconds. */

/** The length of that window. */
const windowMs = 5_000;

export class Throughput {
  /** Average over the window. */
  perSecond = 0;
  readonly #seen: {atMs: number; count: number}[];

  constructor(startMs: number) {
    this.#seen = [{atMs: startMs, count: 0}];
  }

  /** Records the count at a time. */
  see(atMs: number, count: number): void {
    this.#seen.push({atMs, count});
    while (this.#seen.length > 2 && atMs - this.#seen[1]!.atMs >= windowMs) this.#seen.shift();
    const first = this.#seen[0]!;
    this.perSecond = atMs > first.atMs ? ((count - first.count) * 1_000) / (atMs - first.atMs) : 0;
  }
}
