/** What a command sees of the process that it runs in. */
import type {Readable, Writable} from 'node:stream';
import type {Log} from '../platform/log.ts';

export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: Readable;
  /** Results: documents, JSON, and what a command was asked to find out. */
  readonly output: Writable;
  /** Logs, progress and notes beside the results. */
  readonly messages: Writable;
  /** The terminal that messages go to, if they go to one that can show progress in place. */
  readonly screen: Screen | undefined;
  /** Columns that lines of results may take; a terminal's, or the usual 80. */
  readonly outputColumns: () => number;
  /** Whether messages, and whether results, may be coloured. */
  readonly colors: boolean;
  readonly outputColors: boolean;
  /** For people, in text; at the level of `LOG_LEVEL`. */
  readonly log: Log;
  /** Aborts when the process is asked to end; commands then stop at the next whole step. */
  readonly signal: AbortSignal;
}

export interface Screen {
  /** Size now; it changes with the window. */
  columns(): number;
  rows(): number;
  /** Calls back whenever the size has changed, until the function that it gives is called. */
  onResize(act: () => void): () => void;
}

/** What the process ends with. Failures have the codes of `exitCodeOf`. */
export const exit = {done: 0, failed: 1, usage: 2, credentials: 3, different: 4, interrupted: 130} as const;

/** Writes a line of a result. */
export function print(host: CommandContext, line = ''): void {
  host.output.write(`${line}\n`);
}

/** Writes a note beside the result. */
export function say(host: CommandContext, line = ''): void {
  host.messages.write(`${line}\n`);
}

/** Writes JSON for other programs: one value, one line. */
export function sayJson(host: CommandContext, value: unknown): void {
  host.output.write(`${JSON.stringify(value)}\n`);
}
