/**
 * Files of bulk jobs, cached in memory up to a bound, so that a benchmark measures the reader and
 * not the rendering.
 */
import {csvPieces} from './csv.ts';
import type {Job, Jobs} from './jobs.ts';
import type {Org} from './org.ts';
import {zipped} from './zip.ts';

export class PageFiles {
  readonly #org: Org;
  readonly #jobs: Jobs;
  readonly #bytesMax: number;
  readonly #files = new Map<string, readonly Uint8Array[]>();
  #bytes = 0;

  constructor(org: Org, jobs: Jobs, bytesMax: number) {
    this.#org = org;
    this.#jobs = jobs;
    this.#bytesMax = bytesMax;
  }

  /** The ZIP of a completed job in chunks, rendered while it is read unless it is cached. */
  open(job: Job): AsyncIterable<Uint8Array> | readonly Uint8Array[] {
    const key = this.#keyOf(job);
    return this.#files.get(key) ?? this.#rendered(job, key);
  }

  async *#rendered(job: Job, key: string): AsyncGenerator<Uint8Array, void, void> {
    const {module, columns} = job.query;
    const {switches} = this.#org;
    const content = () => csvPieces(module, columns, this.#jobs.rows(job), switches);
    let pieces: Uint8Array[] | undefined = [];
    let bytes = 0;
    for await (const piece of zipped(`${job.id}.csv`, content, switches)) {
      bytes += piece.length;
      if (bytes > this.#bytesMax) pieces = undefined;
      pieces?.push(piece);
      yield piece;
    }
    if (pieces) this.#keep(key, pieces, bytes);
  }

  #keep(key: string, pieces: readonly Uint8Array[], bytes: number): void {
    if (this.#files.has(key)) return;
    for (const [oldest, kept] of this.#files) {
      if (this.#bytes + bytes <= this.#bytesMax) break;
      this.#files.delete(oldest);
      this.#bytes -= lengthOf(kept);
    }
    this.#files.set(key, pieces);
    this.#bytes += bytes;
  }

  /** The same query on the same state has the same rows, whichever job exports them. */
  #keyOf(job: Job): string {
    const {atMs, seq} = this.#jobs.momentOf(job);
    const {rank, skip} = job.place;
    return JSON.stringify([
      job.query.key,
      rank,
      skip,
      this.#jobs.resultOf(job).count,
      this.#org.settledAt(atMs) ? 'settled' : atMs,
      seq,
      this.#org.switches,
    ]);
  }
}

const lengthOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((total, {length}) => total + length, 0);
