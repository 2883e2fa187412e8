/** The progress of a whole capture: one line per module, why something waits, and a total. */
import {styleText} from 'node:util';
import type {BindingProgress} from '../../capture/progress.ts';
import type {Clock} from '../../platform/clock.ts';
import {downloadsPerMinute} from '../../zoho/limits.ts';
import type {UsageSummary} from '../../zoho/usage.ts';
import {bar} from './bar.ts';
import type {View} from './display.ts';
import {counted, grouped, spanText, tableLines} from './table.ts';
import {Throughput} from './throughput.ts';

export interface CaptureViewOptions {
  readonly clock: Clock;
  readonly bindings: readonly BindingProgress[];
  /** Rows that a binding's backfill reads in all; undefined where that is unknown. */
  readonly expected: ReadonlyMap<BindingProgress, number>;
  readonly spent: () => UsageSummary;
  /** Why calls are on hold, while the wait is long. */
  readonly holdReason: () => string | undefined;
  readonly colors: boolean;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
}

/** From these widths on, a line has room for the rate, and for a bar. */
const [wideColumns, barColumns] = [100, 76];
const barWidth = 16;
/** The remaining time is shown after this long; earlier it would jump. */
const estimatedFromMs = 3_000;

export class CaptureView implements View {
  readonly #options: CaptureViewOptions;
  readonly #startMs: number;
  readonly #rates: ReadonlyMap<BindingProgress, Throughput>;
  readonly #rate: Throughput;

  constructor(options: CaptureViewOptions) {
    this.#options = options;
    this.#startMs = options.clock.elapsedMs();
    this.#rate = new Throughput(this.#startMs);
    this.#rates = new Map(options.bindings.map((binding) => [binding, new Throughput(this.#startMs)]));
  }

  lines(columns: number, rows: number): string[] {
    const nowMs = this.#see();
    const tail = [...this.#cost(columns), ...this.#waiting(), this.#total(nowMs, columns)];
    // When not all modules fit, the active ones are shown.
    const room = Math.max(0, rows - 1 - tail.length);
    const {bindings} = this.#options;
    const shown = bindings.length <= room ? bindings : [...bindings].sort(byInterest).slice(0, Math.max(0, room - 1));
    const more = bindings.length - shown.length;
    const rest =
      more > 0 && room > 0 ? [`and ${counted(more, 'more module')}, ${grouped(bindings.filter(isDone).length)} done`] : [];
    return [...this.#table(shown, columns), ...rest, ...tail];
  }

  line(): string {
    const nowMs = this.#see();
    const {bindings} = this.#options;
    const aside = bindings.filter(({fault}) => fault !== undefined).length;
    const done = `${grouped(bindings.filter(isDone).length)} of ${counted(bindings.length, 'module')} done`;
    const parts = [this.#total(nowMs, wideColumns), done, ...(aside > 0 ? [`${aside} paused`] : []), ...this.#waiting()];
    return parts.join('; ');
  }

  /** Takes a snapshot of the progress; returns its time. */
  #see(): number {
    const nowMs = this.#options.clock.elapsedMs();
    let all = 0;
    for (const [binding, rate] of this.#rates) {
      rate.see(nowMs, binding.documents);
      all += binding.documents;
    }
    this.#rate.see(nowMs, all);
    return nowMs;
  }

  #table(bindings: readonly BindingProgress[], columns: number): string[] {
    if (bindings.length === 0) return [];
    const right = {title: '', align: 'right'} as const;
    const left = {title: ''};
    const wide = columns >= wideColumns;
    const withBar = columns >= barColumns;
    const rows = bindings.map((binding) => {
      const {documents, range, rows: read} = binding;
      const expected = range === 'backfill' ? this.#options.expected.get(binding) : undefined;
      const share = expected === undefined ? undefined : shareOf(read, expected);
      const rate = this.#rates.get(binding)?.perSecond ?? 0;
      return [
        binding.name,
        expected === undefined ? grouped(documents) : `${grouped(read)} of ${grouped(expected)}`,
        ...(withBar ? [share === undefined ? '' : bar(share, barWidth, this.#options.unicode)] : []),
        share === undefined ? '' : percent(share),
        ...(wide ? [rate > 0 ? `${grouped(rate)}/s` : ''] : []),
        this.#doing(binding),
      ];
    });
    const titles = [left, right, ...(withBar ? [left] : []), right, ...(wide ? [right] : []), left];
    return tableLines(titles, rows).slice(1);
  }

  #doing(binding: BindingProgress): string {
    const {phase, range, sweeps, fault} = binding;
    if (fault !== undefined) return this.#paint('yellow', `paused: ${fault}`);
    if (isDone(binding)) return this.#paint('green', sweeps > 0 ? `${phase} (${counted(sweeps, 'sweep')})` : phase);
    return range === undefined ? phase : `${range}, ${phase}`;
  }

  #paint(style: 'green' | 'yellow', text: string): string {
    return this.#options.colors ? styleText(style, text, {validateStream: false}) : text;
  }

  #waiting(): string[] {
    const {holdReason, spent} = this.#options;
    const reason = holdReason();
    if (reason !== undefined) return [reason];
    const {nextDownloadMs} = spent();
    if (nextDownloadMs === undefined) return [];
    return [`Zoho allows ${downloadsPerMinute} downloads a minute; next in ${Math.ceil(nextDownloadMs / 1_000)} s`];
  }

  #total(nowMs: number, columns: number): string {
    const {bindings, expected} = this.#options;
    const documents = bindings.reduce((sum, binding) => sum + binding.documents, 0);
    const elapsedMs = nowMs - this.#startMs;
    const rate = this.#rate.perSecond;
    const known = bindings.filter((binding) => expected.has(binding) && binding.fault === undefined);
    const total = known.reduce((sum, binding) => sum + (expected.get(binding) ?? 0), 0);
    const read = known.reduce((sum, binding) => sum + readOf(binding, expected.get(binding) ?? 0), 0);
    const isBackfilling = bindings.some(({range, fault}) => range === 'backfill' && fault === undefined);
    const isKnown =
      isBackfilling && total > 0 && bindings.every((binding) => binding.range !== 'backfill' || expected.has(binding));
    const amount = isKnown
      ? `${grouped(read)} of ${grouped(total)} records (${percent(shareOf(read, total))})`
      : counted(documents, 'document');
    const leftMs = isKnown && read > 0 && elapsedMs > estimatedFromMs ? (elapsedMs * (total - read)) / read : undefined;
    const parts = [
      amount,
      ...(rate > 0 && columns >= 70 ? [`${grouped(rate)}/s`] : []),
      ...(leftMs !== undefined && leftMs > 0 ? [`about ${spanText(leftMs)} left`] : []),
    ];
    return `${spanText(elapsedMs)}: ${parts.join(', ')}`;
  }

  #cost(columns: number): string[] {
    const {callsTotal, creditsTotal, remaining} = this.#options.spent();
    if (columns < 40) return [];
    const left = remaining === undefined ? '' : ` (${grouped(remaining)} left)`;
    return [`${counted(callsTotal, 'API call')}, ${counted(creditsTotal, 'credit')}${left}`];
  }
}

/** Whether a binding's backfill is complete. */
function isDone({phase, range, fault}: BindingProgress): boolean {
  return fault === undefined && range === undefined && (phase === 'up to date' || phase === 'backfilled');
}

/** Rows read by a backfill, which may be complete or not yet begun. */
function readOf({range, rows, sweeps}: BindingProgress, expected: number): number {
  const isThrough = range === undefined && (rows > 0 || sweeps > 0);
  return isThrough ? expected : Math.min(rows, expected);
}

/** Active modules first, then paused, waiting and finished ones. */
function byInterest(a: BindingProgress, b: BindingProgress): number {
  return rankOf(a) - rankOf(b);
}

function rankOf(binding: BindingProgress): number {
  if (binding.fault !== undefined) return 1;
  if (isDone(binding)) return 3;
  return binding.phase === 'downloading' ? 0 : 2;
}

/** Never 100 % while more may come: the counted records may have increased. */
function shareOf(read: number, expected: number): number {
  return expected === 0 ? 0 : Math.min(0.99, read / expected);
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
