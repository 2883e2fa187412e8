/**
 * What a command is doing: updated in place on a terminal, elsewhere a short plain line every few
 * seconds.
 */
import {liveLineMs, plainLineMs} from '../../limits.ts';
import type {Clock} from '../../platform/clock.ts';
import type {Log} from '../../platform/log.ts';
import type {CommandContext} from '../host.ts';
import {Block} from './block.ts';

/** What to show at a given moment. Empty text shows nothing. */
export interface View {
  /**
   * For a terminal of this size. Extra lines at the top and the ends of wide lines are cut, so the
   * most important ones come last.
   */
  lines(columns: number, rows: number): readonly string[];
  /** For everything other than a terminal. */
  line(): string;
}

export interface Display {
  /** Writes log lines without disturbing the display. */
  readonly log: Log;
  /** Stops and clears the display. */
  stop(): void;
}

/** Shows a view until it is stopped. */
export function display(host: CommandContext, clock: Clock, view: View): Display {
  const ended = new AbortController();
  const {screen, messages} = host;
  const block = screen && new Block((text) => messages.write(text), screen);
  const paint = (): void => {
    if (block !== undefined && screen !== undefined) {
      block.show(view.lines(block.columns, screen.rows()));
      return;
    }
    const line = view.line();
    if (line !== '') messages.write(`${line}\n`);
  };
  const stopWatching = block && screen?.onResize(paint);
  void repeat(clock, block === undefined ? plainLineMs : liveLineMs, ended.signal, paint);
  return {
    log(level, message, fields) {
      block?.hide();
      host.log(level, message, fields);
    },
    stop() {
      if (ended.signal.aborted) return;
      ended.abort();
      stopWatching?.();
      block?.hide();
    },
  };
}

async function repeat(clock: Clock, everyMs: number, signal: AbortSignal, act: () => void): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => {});
    if (!signal.aborted) act();
  }
}
