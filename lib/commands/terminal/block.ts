/** Lines at the bottom of a terminal that are painted over each time. */
import {stripVTControlCharacters} from 'node:util';
import type {Screen} from '../host.ts';
import {cutTo, widthOf} from './width.ts';

const columnsMin = 20;

/** A terminal shows what is between these at once, if it can; others ignore them. */
const [begin, end] = ['\u001b[?2026h', '\u001b[?2026l'];
/** A line that a window just made narrower has no room for is cut by the terminal instead of being wrapped. */
const [noWrap, wrap] = ['\u001b[?7l', '\u001b[?7h'];
const toEndOfLine = '\u001b[K';
const toEndOfScreen = '\u001b[J';

export class Block {
  readonly #write: (text: string) => void;
  readonly #screen: Screen;
  /** Widths of the lines that are shown. */
  #shown: readonly number[] = [];

  constructor(write: (text: string) => void, screen: Screen) {
    this.#write = write;
    this.#screen = screen;
  }

  get columns(): number {
    return Math.max(columnsMin, this.#screen.columns());
  }

  /**
   * Replaces the lines. None is wider than the terminal, and there are never more than fit on it: the last ones stay. Each is painted over the one that
   * was there, so that nothing is blank in between.
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

  /** Takes the lines away. */
  hide(): void {
    if (this.#shown.length > 0) this.#write(`${this.#home()}${toEndOfScreen}`);
    this.#shown = [];
  }

  /** To the beginning of the first line, which a window made narrower since may have broken in several. */
  #home(): string {
    const height = this.#shown.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / this.columns)), 0);
    return height === 0 ? '' : `\u001b[${Math.min(height, this.#screen.rows() - 1)}A\r`;
  }
}

/** A line of at most so many columns; one that has to be cut loses its colours. */
function fitted(line: string, columns: number): string {
  return widthOf(line) <= columns ? line : cutTo(stripVTControlCharacters(line), columns);
}
