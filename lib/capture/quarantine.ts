/**
 * The quarantine of one binding. It names rows that cannot become documents in the log, and counts
 * them for the status (design 3).
 */
import {unusableKnownMax, unusableNamedMax} from '../limits.ts';
import type {Log} from '../platform/log.ts';
import {type Quarantine, rowFaults, type UnusableRow} from '../records/unusable-rows.ts';
import type {BindingProgress} from './progress.ts';

/**
 * Each row is named and counted once, however often overlaps and restarted ranges read it. The log
 * has its place, record and fault, but no value.
 */
export class NamedQuarantine implements Quarantine {
  readonly #module: string;
  readonly #progress: BindingProgress;
  readonly #log: Log;
  readonly #known = new Set<string>();
  #named = 0;

  constructor(module: string, progress: BindingProgress, log: Log) {
    this.#module = module;
    this.#progress = progress;
    this.#log = log;
  }

  has(digest: string): boolean {
    return this.#known.has(digest);
  }

  add({row, id, fault, digest}: UnusableRow, page: string): void {
    if (this.#known.has(digest)) return;
    this.#remember(digest);
    this.#progress.quarantined++;
    const record = id === undefined ? '' : ` (record ${id})`;
    this.#warn(`Module ${this.#module}: row ${row} of ${page}${record} is left out, because it ${rowFaults[fault]}`, {
      page,
      row,
      id,
      fault,
    });
  }

  addUnread(rows: number, page: string): void {
    this.#progress.quarantined += rows;
    this.#warn(
      `Module ${this.#module}: ${rows} more rows of ${page} are left out, because they cannot be distinguished from those around them`,
      {
        page,
        rows,
      },
    );
  }

  /** Forgets the oldest row beyond a limit. Such a row may be named and counted again. */
  #remember(digest: string): void {
    this.#known.add(digest);
    if (this.#known.size <= unusableKnownMax) return;
    for (const oldest of this.#known) {
      this.#known.delete(oldest);
      return;
    }
  }

  #warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#named > unusableNamedMax) return;
    const isLast = this.#named++ === unusableNamedMax;
    const module = this.#module;
    this.#log('warn', isLast ? `Module ${module}: further rows that are left out are only counted` : message, {
      module,
      ...(!isLast && fields),
    });
  }
}
