/** The progress of each binding: plain counters that the pipeline updates and displays read. */

export interface BindingProgress {
  readonly name: string;
  /**
   * What the binding is doing, in a few words: `waiting for job`, `downloading`, `sweeping`, `up to
   * date`.
   */
  phase: string;
  /** Whether a backfill, a refresh, or a snapshot after the first is running. */
  range: 'backfill' | 'refresh' | 'snapshot' | undefined;
  /** Rows received by bulk, and rows of the current page as Zoho counted them. */
  rows: number;
  pageRows: number | undefined;
  /**
   * Documents written including deletions, and rows dropped because something newer was captured.
   */
  documents: number;
  deletions: number;
  dropped: number;
  /**
   * Rows of refreshes that were written, and rows omitted because their values are already
   * captured.
   */
  refreshed: number;
  unchanged: number;
  /** The last completed refresh: the records it compared, and how many of them it wrote. */
  lastRefresh: {readonly records: number; readonly changed: number} | undefined;
  /** Rows omitted because they cannot become documents. */
  quarantined: number;
  /** Sweeps since the start. */
  sweeps: number;
  /** Why the module is paused; undefined if it is not. */
  fault: string | undefined;
  /** The start of captured records and the reason for it; undefined until known. */
  since: {readonly start: string; readonly reason: string} | undefined;
}

export function newProgress(name: string): BindingProgress {
  return {
    name,
    phase: 'starting',
    range: undefined,
    rows: 0,
    pageRows: undefined,
    documents: 0,
    deletions: 0,
    dropped: 0,
    refreshed: 0,
    unchanged: 0,
    lastRefresh: undefined,
    quarantined: 0,
    sweeps: 0,
    fault: undefined,
    since: undefined,
  };
}
