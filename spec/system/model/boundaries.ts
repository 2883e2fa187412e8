/** Places between two checkpoints that a session may be killed at. */

export const boundaries = ['page', 'slice', 'feed', 'refresh', 'first document', 'before the first sweep ends'] as const;
export type Boundary = (typeof boundaries)[number];

interface Checkpoint {
  readonly inc?: {readonly cursor?: string};
  readonly deleted?: {readonly cursor?: string; readonly recycled?: object};
  readonly backfill?: {readonly next_page?: string | null; readonly slice?: number | null; readonly seen?: object} | null;
  readonly is_connector_initiated?: boolean;
}

/** Counts a session's sequences, and notes after which of them it is at a boundary. */
export class Boundaries {
  readonly #after = new Map<Boundary, number>();
  #sequences = 0;
  #hasSwept = false;

  /** Reads one line of the connector's output. */
  read(line: string, stateKey: string): void {
    if (!line.startsWith('{"checkpoint"')) return;
    this.#sequences++;
    const {checkpoint} = JSON.parse(line) as {checkpoint: {state: {updated: {bindingStateV1?: Record<string, Checkpoint>}}}};
    const {inc, deleted, backfill, is_connector_initiated} = checkpoint.state.updated.bindingStateV1?.[stateKey] ?? {};
    if (inc?.cursor !== undefined) this.#hasSwept = true;
    if (typeof backfill?.next_page === 'string') this.#note('page');
    if (typeof backfill?.slice === 'number') this.#note('slice');
    if (deleted?.recycled !== undefined && deleted.cursor === undefined) this.#note('feed');
    if (is_connector_initiated === true) this.#note('refresh');
    if (backfill?.seen !== undefined) this.#note('first document');
    if (!this.#hasSwept) this.#note('before the first sweep ends');
  }

  /** Sequences up to a boundary, if the session was at it. */
  upTo(boundary: Boundary): number | undefined {
    return this.#after.get(boundary);
  }

  #note(boundary: Boundary): void {
    this.#after.set(boundary, this.#sequences);
  }
}
