/** How far each binding is, for whoever shows it to a person. Plain counters that the pipeline moves and others read. */

export interface BindingProgress {
  readonly name: string;
  /** What the binding is doing, in a few words: `waiting for job`, `downloading`, `sweeping`, `up to date`. */
  phase: string;
  /** Whether a backfill, a refresh, or a later snapshot is running. */
  range: 'backfill' | 'refresh' | 'snapshot' | undefined;
  /** Rows received by bulk, and rows of the page being read as Zoho counted them. */
  rows: number;
  pageRows: number | undefined;
  /** Documents written, deletions among them, and rows dropped because something newer was captured. */
  documents: number;
  deletions: number;
  dropped: number;
  /** Rows of refreshes that were written, and those left out because their values are there already. */
  refreshed: number;
  unchanged: number;
  /** The last refresh that was completed: records that it compared, and those of them whose values it wrote. */
  lastRefresh: {readonly records: number; readonly changed: number} | undefined;
  /** Rows left out because they cannot become documents. */
  quarantined: number;
  /** Sweeps drained since the start. */
  sweeps: number;
  /** Why the module is paused, while it is. */
  fault: string | undefined;
  /** Since when records are captured, and what decided it; undefined until that is known. */
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
