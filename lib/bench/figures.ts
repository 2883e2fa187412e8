/** Turns runs into figures: medians, spreads, ratios. Pure. */
import type {ContenderName} from './cases.ts';
import type {Measured} from './measure.ts';
import type {Run} from './run.ts';

/** The figures of one contender in one case. Times are medians over the rounds. */
export interface Figures {
  readonly case: string;
  readonly contender: ContenderName;
  /** Absent for a contender that was rejected or is not installed; `left` says why. */
  readonly left?: string;
  readonly rounds: number;
  readonly rows: number;
  readonly wallS: number;
  /** Half the distance between the slowest and the fastest round, relative to the median. */
  readonly spread: number;
  readonly rowsPerS: number;
  /** CSV, or COQL's JSON, in units of 10^6 bytes. */
  readonly megabytesPerS: number;
  /** Processor time of the whole process, and without its start. */
  readonly cpuS: number;
  readonly workCpuS: number;
  /**
   * Peak memory above that of an idle node process, in 10^6 bytes; absent where the system does not
   * report it.
   */
  readonly memoryMb?: number;
  /** Speed relative to another contender of the case; absent where that one is. */
  readonly timesNaive?: number;
  readonly timesFloor?: number;
  readonly timesUnzip?: number;
  readonly timesDuckdb?: number;
  /** Processor time of the work, relative to inflating the page. */
  readonly inflates?: number;
}

/**
 * Figures of all contenders of a case, in its order. `idleBytes` is the memory of an idle process.
 */
export function figuresOf({case: what, page, runs, left}: Measured, idleBytes: number): Figures[] {
  const rows = page.rows * what.pages * what.bindings;
  const bytes = (what.coql ? page.jsonBytes : page.csvBytes) * what.pages * what.bindings;
  const wallOf = (name: ContenderName): number | undefined => medianOf(runs.get(name), (run) => run.wallS);
  const inflateS = medianOf(runs.get('inflate'), (run) => run.workCpuS);
  return what.contenders.map((contender) => {
    const of = runs.get(contender) ?? [];
    const wallS = wallOf(contender) ?? Number.NaN;
    const times = (other: ContenderName): number | undefined => ratio(wallOf(other), wallS);
    const walls = of.map((run) => run.wallS);
    const workCpuS = medianOf(of, (run) => run.workCpuS) ?? Number.NaN;
    const rssBytes = medianOf(of, (run) => run.rssBytes) ?? 0;
    return {
      case: what.name,
      contender,
      left: left.get(contender),
      rounds: of.length,
      rows,
      wallS,
      spread: (Math.max(...walls) - Math.min(...walls)) / 2 / wallS,
      rowsPerS: rows / wallS,
      megabytesPerS: bytes / wallS / 1e6,
      cpuS: medianOf(of, (run) => run.cpuS) ?? Number.NaN,
      workCpuS,
      memoryMb: rssBytes > 0 ? (rssBytes - idleBytes) / 1e6 : undefined,
      timesNaive: times('naive'),
      timesFloor: times('floor'),
      timesUnzip: times('unzip'),
      timesDuckdb: times('duckdb'),
      inflates: ratio(workCpuS, inflateS),
    };
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function medianOf(runs: readonly Run[] | undefined, of: (run: Run) => number): number | undefined {
  return runs === undefined || runs.length === 0 ? undefined : median(runs.map(of));
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || Number.isNaN(a / b) ? undefined : a / b;
}
