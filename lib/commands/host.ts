/** What a command sees of its process. */
import type {Readable, Writable} from 'node:stream';
import type {Log} from '../platform/log.ts';

export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: Readable;
  /** Results: documents, JSON, and what a command was asked to find out. */
  readonly output: Writable;
  /** Logs, progress and notes. */
  readonly messages: Writable;
  /** The terminal that messages go to, if it can update lines in place. */
  readonly screen: Screen | undefined;
  /** Width of result lines: the terminal's, or 80. */
  readonly outputColumns: () => number;
  /** Whether messages, and whether results, may use colour. */
  readonly colors: boolean;
  readonly outputColors: boolean;
  /** Plain text for people, at the level of `LOG_LEVEL`. */
  readonly log: Log;
  /** Aborts when the process is asked to stop. Commands then stop at the next safe point. */
  readonly signal: AbortSignal;
}

export interface Screen {
  /** The current size, which changes with the window. */
  columns(): number;
  rows(): number;
  /** Calls `act` after each change of size, until the returned function is called. */
  onResize(act: () => void): () => void;
}

/** Exit codes. Failures use those of `exitCodeOf`. */
export const exit = {done: 0, failed: 1, usage: 2, credentials: 3, different: 4, interrupted: 130} as const;

/** Writes a line of a result. */
export function print(host: CommandContext, line = ''): void {
  host.output.write(`${line}\n`);
}

/** Writes a note beside the result. */
export function say(host: CommandContext, line = ''): void {
  host.messages.write(`${line}\n`);
}

/** Writes a JSON value on one line, for other programs. */
export function sayJson(host: CommandContext, value: unknown): void {
  host.output.write(`${JSON.stringify(value)}\n`);
}
