/** What is captured while memory is measured: the heaviest data of each kind that Zoho can send. */
import {documentBytesMax} from '../../limits.ts';

export interface MemoryCase {
  readonly name: string;
  /** What it shows, as text. */
  readonly about: string;
  /** Modules captured concurrently, all alike. */
  readonly modules: number;
  /** Records per module that sweeps find. */
  readonly records: number;
  /** Text fields per record, and bytes per text. */
  readonly texts: number;
  readonly textBytes: number;
  /** Whether texts hold quotes, line feeds and umlauts, so that a JSON reader cannot copy them. */
  readonly escaped: boolean;
  /**
   * Whether the texts are dynamic formulas. A query takes five, so more of them need slices that
   * are joined.
   */
  readonly dynamic: boolean;
  /** Ids in each module's feed of deletions. */
  readonly deletions: number;
  /** Whether bulk jobs export the same records, so that the capture begins with a backfill. */
  readonly bulk: boolean;
  /** Rows of a backfill from the page server instead, and how long the reader pauses during it. */
  readonly page?: {readonly rows: number; readonly pages: number; readonly stallMs: number};
  /** A module of many small records instead. */
  readonly many?: ManyRecords;
}

export interface ManyRecords {
  /** The second of two refreshes of a formula, or the first snapshot of a module without `Modified_Time`. */
  readonly measures: 'refresh' | 'snapshot';
  readonly records: number;
  /** Records whose value differs from one refresh to the next. */
  readonly changed: number;
  /** Rows of one export. */
  readonly pageRows: number;
}

/** Bytes of a text whose document is just within the limit. */
const largestBytes = documentBytesMax - 1_000;

const nothing = {
  modules: 1,
  records: 0,
  texts: 0,
  textBytes: 0,
  escaped: false,
  dynamic: false,
  deletions: 0,
  bulk: false,
} as const;

/** All cases. A `share` of 1 is their full size; specs use less. */
export function memoryCases(share = 1): readonly MemoryCase[] {
  const part = (count: number): number => Math.max(1, Math.round(count * share));
  const heavy = {...nothing, records: part(2_000), texts: 2, textBytes: 25_000, escaped: true};
  return [
    {...nothing, name: 'idle', about: 'a module without changes'},
    {...heavy, name: 'sweeps', about: 'four modules sweep 2,000 records of 50 KB each at once', modules: 4},
    {...heavy, name: 'slices', about: '2,000 records of 45 KB in six joined slices', texts: 30, textBytes: 1_500, dynamic: true},
    {...nothing, name: 'deletions', about: '100,000 deletions', deletions: part(100_000)},
    {...heavy, name: 'largest', about: 'a record of 16 MB by COQL', records: 1, texts: 1, textBytes: largestBytes},
    {...heavy, name: 'largest-bulk', about: 'the same by bulk', records: 1, texts: 1, textBytes: largestBytes, bulk: true},
    {
      ...nothing,
      name: 'stalled',
      about: 'a million bulk rows, and a reader that goes away for 10 s',
      page: {rows: part(200_000), pages: 5, stallMs: 10_000},
    },
    {
      ...nothing,
      name: 'refresh',
      about: 'the second refresh of 1,000,000 records in a process, of which 1,000 differ',
      many: {measures: 'refresh', records: part(1_000_000), changed: part(1_000), pageRows: 200_000},
    },
    {
      ...nothing,
      name: 'snapshot',
      about: '1,000,000 rows without Modified_Time, read twice and written',
      many: {measures: 'snapshot', records: part(1_000_000), changed: 0, pageRows: 200_000},
    },
  ];
}
