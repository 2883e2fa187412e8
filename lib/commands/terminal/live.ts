/** A capture as people watch it: one live line a binding on a terminal, elsewhere one plain line every few seconds. */
import {stripVTControlCharacters} from 'node:util';
import type {BindingProgress} from '../../capture/progress.ts';
import {liveLineMs, plainLineMs} from '../../limits.ts';
import type {Clock} from '../../platform/clock.ts';
import type {Log} from '../../platform/log.ts';
import type {LedgerSummary} from '../../zoho/usage.ts';
import type {Host, Screen} from '../host.ts';
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

export interface Live {
  /** Writes log lines without disturbing the live ones. */
  readonly log: Log;
  /** Ends it; nothing live is left on the screen. */
  stop(): Promise<void>;
}

/** Shows how a capture gets on until it is stopped. */
export function showProgress(options: LiveOptions): Live {
  const {host, clock} = options;
  const ended = new AbortController();
  const picture = new Picture(options);
  const screen = host.screen;
  const block = screen && new Block((text) => host.messages.write(text), screen);
  const running = repeat(clock, screen === undefined ? plainLineMs : liveLineMs, ended.signal, () => {
    if (block) block.show(picture.lines(block.columns));
    else host.messages.write(`${picture.line()}\n`);
  });
  return {
    log(level, message, fields) {
      // What the picture shows anyway is not said a second time.
      if (fields?.eventType === 'connectorStatus') return;
      block?.hide();
      host.log(level, message, fields);
    },
    async stop() {
      ended.abort();
      await running;
      block?.hide();
    },
  };
}

async function repeat(clock: Clock, everyMs: number, signal: AbortSignal, show: () => void): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => {});
    if (!signal.aborted) show();
  }
}

/** Lines at the bottom of a terminal that are written anew each time. */
export class Block {
  readonly #write: (text: string) => void;
  readonly #screen: Screen;
  #shown: readonly string[] = [];

  constructor(write: (text: string) => void, screen: Screen) {
    this.#write = write;
    this.#screen = screen;
  }

  get columns(): number {
    return Math.max(20, this.#screen.columns());
  }

  /** Replaces the lines. None is wider than the terminal, and there are never more than fit on it. */
  show(lines: readonly string[]): void {
    const heightMax = Math.max(1, this.#screen.rows() - 1);
    const shown =
      lines.length <= heightMax ? lines : [...lines.slice(0, heightMax - 1), `… and ${lines.length - heightMax + 1} more lines`];
    const cut = shown.map((line) => cutTo(line, this.columns - 1));
    this.#write(`${this.#erase()}${cut.join('\n')}\n`);
    this.#shown = cut;
  }

  hide(): void {
    this.#write(this.#erase());
    this.#shown = [];
  }

  /** Up to the first of the lines, which a window made narrower since may have broken in several, and everything from there on away. */
  #erase(): string {
    if (this.#shown.length === 0) return '';
    const height = this.#shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / this.columns)), 0);
    return `\u001b[${height}A\r\u001b[J`;
  }
}

function cutTo(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= columns ? plain : `${plain.slice(0, columns - 1)}…`;
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
