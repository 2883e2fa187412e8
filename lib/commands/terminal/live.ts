/** A capture as people watch it: one live line a binding on a terminal, elsewhere one plain line every few seconds. */
import type {BindingProgress} from '../../capture/progress.ts';
import type {Clock} from '../../platform/clock.ts';
import type {LedgerSummary} from '../../zoho/usage.ts';
import type {Host} from '../host.ts';
import {type Display, display} from './display.ts';
import {counted, grouped, spanText, tableLines} from './table.ts';
import {Pace} from './throughput.ts';

export interface LiveOptions {
  readonly host: Host;
  readonly clock: Clock;
  readonly bindings: readonly BindingProgress[];
  readonly spent: () => LedgerSummary;
  /** Why calls are held back for long, while they are. */
  readonly waiting: () => string | undefined;
}

/** Shows how a capture gets on until it is stopped. */
export function showProgress(options: LiveOptions): Display {
  const shown = display(options.host, options.clock, new Picture(options));
  return {
    ...shown,
    log(level, message, fields) {
      // What the picture shows anyway is not said a second time.
      if (fields?.eventType !== 'connectorStatus') shown.log(level, message, fields);
    },
  };
}

/** What there is to say at a moment. */
class Picture {
  readonly #options: LiveOptions;
  readonly #startMs: number;
  readonly #paces: Map<BindingProgress, Pace>;
  readonly #pace: Pace;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#startMs = options.clock.elapsedMs();
    this.#pace = new Pace(this.#startMs);
    this.#paces = new Map(options.bindings.map((binding) => [binding, new Pace(this.#startMs)]));
  }

  /** A line a binding and one for all of them. */
  lines(columns: number): string[] {
    const nowMs = this.#options.clock.elapsedMs();
    const wide = columns >= 70;
    const rows = this.#options.bindings.map((binding) => {
      const pace = this.#paces.get(binding)!;
      pace.see(nowMs, binding);
      const share = pace.share === undefined ? '' : `${Math.floor(pace.share * 100)} %`;
      const left = pace.leftMs === undefined ? '' : `${spanText(pace.leftMs)} left`;
      const rate = pace.rate > 0 ? `${grouped(pace.rate)}/s` : '';
      const doing = binding.fault ?? doingOf(binding);
      return wide
        ? [binding.name, grouped(binding.documents), rate, share, left, doing]
        : [binding.name, grouped(binding.documents), share, doing];
    });
    const right = {title: '', align: 'right'} as const;
    const table = tableLines(
      wide ? [{title: ''}, right, right, right, right, {title: ''}] : [{title: ''}, right, right, {title: ''}],
      rows,
    );
    const [, ...lines] = table;
    return [...lines, this.#total(nowMs), ...this.#waiting()];
  }

  /** All of it in one line. */
  line(): string {
    const nowMs = this.#options.clock.elapsedMs();
    const doing = this.#options.bindings.map((binding) => {
      const pace = this.#paces.get(binding)!;
      pace.see(nowMs, binding);
      const share = pace.share === undefined ? '' : ` ${Math.floor(pace.share * 100)} %`;
      return `${binding.name} ${grouped(binding.documents)}${share} ${binding.fault === undefined ? doingOf(binding) : 'set aside'}`;
    });
    return [this.#total(nowMs), ...doing, ...this.#waiting()].join('; ');
  }

  #waiting(): string[] {
    const reason = this.#options.waiting();
    return reason === undefined ? [] : [reason];
  }

  #total(nowMs: number): string {
    const {bindings, spent} = this.#options;
    const documents = bindings.reduce((sum, binding) => sum + binding.documents, 0);
    this.#pace.see(nowMs, {documents, rows: documents, pageRows: undefined, phase: ''});
    const {callsTotal, creditsTotal, remaining} = spent();
    const credits = `${counted(creditsTotal, 'credit')}${remaining === undefined ? '' : ` (${grouped(remaining)} left)`}`;
    const rate = this.#pace.rate > 0 ? `, ${grouped(this.#pace.rate)}/s` : '';
    const timeText = spanText(nowMs - this.#startMs);
    return `${timeText}: ${counted(documents, 'document')}${rate}, ${counted(callsTotal, 'API call')}, ${credits}`;
  }
}

function doingOf({phase, range, sweeps}: BindingProgress): string {
  const doing = range === undefined ? phase : `${range}, ${phase}`;
  return sweeps > 0 && range === undefined ? `${doing} (${counted(sweeps, 'sweep')})` : doing;
}
