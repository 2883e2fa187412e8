/** Lines at the bottom of a terminal that are repainted in place. */
import {stripVTControlCharacters} from 'node:util';
import type {Screen} from '../host.ts';
import {cutTo, widthOf} from './width.ts';

const columnsMin = 20;

/** Terminals that support it show what is between these at once; others ignore them. */
const [begin, end] = ['\u001b[?2026h', '\u001b[?2026l'];
/**
 * A line that no longer fits after the window became narrower is cut by the terminal instead of
 * wrapped.
 */
const [noWrap, wrap] = ['\u001b[?7l', '\u001b[?7h'];
const toEndOfLine = '\u001b[K';
const toEndOfScreen = '\u001b[J';

export class Block {
  readonly #write: (text: string) => void;
  readonly #screen: Screen;
  /** Widths of the lines on screen. */
  #shown: readonly number[] = [];

  constructor(write: (text: string) => void, screen: Screen) {
    this.#write = write;
    this.#screen = screen;
  }

  get columns(): number {
    return Math.max(columnsMin, this.#screen.columns());
  }

  /**
   * Replaces the lines. None is wider than the terminal, and only the last ones that fit are shown.
   * Each overwrites its predecessor, so nothing flickers.
   */
  show(lines: readonly string[]): void {
    if (lines.length === 0) {
      this.hide();
      return;
    }
    const heightMax = Math.max(1, this.#screen.rows() - 1);
    const kept = lines.slice(-heightMax).map((line) => fitted(line, this.columns - 1));
    const painted = kept.map((line) => `${line}${toEndOfLine}\n`).join('');
    this.#write(`${begin}${noWrap}${this.#home()}${painted}${toEndOfScreen}${wrap}${end}`);
    this.#shown = kept.map((line) => widthOf(line));
  }

  /** Removes the lines. */
  hide(): void {
    if (this.#shown.length > 0) this.#write(`${this.#home()}${toEndOfScreen}`);
    this.#shown = [];
  }

  /**
   * Moves to the start of the first line. A window that became narrower may have wrapped several.
   */
  #home(): string {
    const height = this.#shown.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / this.columns)), 0);
    return height === 0 ? '' : `\u001b[${Math.min(height, this.#screen.rows() - 1)}A\r`;
  }
}

/** A line cut to `columns`. A line that has to be cut loses its colours. */
function fitted(line: string, columns: number): string {
  return widthOf(line) <= columns ? line : cutTo(stripVTControlCharacters(line), columns);
}
