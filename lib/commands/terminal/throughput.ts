/** How fast a binding is, and how far it is in the page that it reads. Pure but for what it remembers. */
import type {BindingProgress} from '../../capture/progress.ts';

/** What was seen within this time counts for the rate. */
const windowMs = 5_000;

export class Pace {
  /** Documents a second of late. */
  rate = 0;
  /** Part of the page being read that has been read; undefined while none is, or Zoho did not say how many rows it has. */
  share: number | undefined;
  /** Time until the end of that page, at this rate. */
  leftMs: number | undefined;
  #seen: {atMs: number; documents: number}[];
  #rowsBefore = 0;

  constructor(startMs: number) {
    this.#seen = [{atMs: startMs, documents: 0}];
  }

  see(
    atMs: number,
    {documents, rows, pageRows, phase}: Pick<BindingProgress, 'documents' | 'rows' | 'pageRows' | 'phase'>,
  ): void {
    this.#seen.push({atMs, documents});
    while (this.#seen.length > 2 && atMs - this.#seen[1]!.atMs >= windowMs) this.#seen.shift();
    const first = this.#seen[0]!;
    this.rate = atMs > first.atMs ? ((documents - first.documents) * 1_000) / (atMs - first.atMs) : 0;
    const reading = phase === 'downloading' && pageRows !== undefined && pageRows > 0;
    if (!reading) this.#rowsBefore = rows;
    this.share = reading ? Math.min(1, (rows - this.#rowsBefore) / pageRows) : undefined;
    this.leftMs = reading && this.rate > 0 ? (Math.max(0, pageRows - (rows - this.#rowsBefore)) * 1_000) / this.rate : undefined;
  }
}
