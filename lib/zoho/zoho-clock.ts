/** Zoho's clock, from the dates of its answers as far as they are believed. */

import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import {dateAgreedMs, dateEarliestMs, dateJitterMs, machineSkewMs} from './limits.ts';

/** Milliseconds from this machine's monotonic clock to Zoho's. */
type Offset = number;

interface Doubt {
  readonly offset: Offset;
  readonly sinceMs: number;
}

/**
 * Follows the `Date` headers of answers, but never runs ahead of what they have agreed on for a
 * minute.
 *
 * - A date consistent with the monotonic clock is believed at once. Before the first one, this
 *   machine's clock is the reference.
 * - Any other date raises a doubt. The doubt ends when an answer agrees with the belief. When all
 *   answers of a minute agree with the new date instead, that date is believed. Until then the
 *   earlier of the two counts.
 *
 * So a cursor that follows this clock does not pass records that are still to be written, whatever
 * a single answer says.
 */
export class ZohoClock {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #host: string;
  #believed: Offset | undefined;
  #doubt: Doubt | undefined;
  #answered = false;
  #warnedOfNone = false;

  constructor({clock, log, host}: {readonly clock: Clock; readonly log: Log; readonly host: string}) {
    this.#clock = clock;
    this.#log = log;
    this.#host = host;
  }

  /** Zoho's time in epoch seconds; undefined before the first answer. */
  get seconds(): number | undefined {
    if (!this.#answered) return undefined;
    const offset = Math.min(this.#believed ?? this.#machine, this.#doubt?.offset ?? Number.POSITIVE_INFINITY);
    return Math.floor((this.#clock.elapsedMs() + offset) / 1000);
  }

  /**
   * Takes the `Date` header of an answer that has just arrived. A missing or invalid one, or one of
   * another century, is ignored.
   */
  note(header: string | undefined): void {
    this.#answered = true;
    const dateMs = Date.parse(String(header));
    if (dateMs >= dateEarliestMs) this.#noteDate(dateMs);
    else this.#noteNone();
  }

  #noteDate(dateMs: number): void {
    const elapsedMs = this.#clock.elapsedMs();
    const offset = dateMs - elapsedMs;
    if (Math.abs(offset - (this.#believed ?? this.#machine)) <= dateJitterMs) {
      this.#believed = offset;
      this.#doubt = undefined;
      return;
    }
    const doubt = this.#doubt;
    if (doubt === undefined || Math.abs(offset - doubt.offset) > dateJitterMs) {
      this.#doubt = {offset, sinceMs: elapsedMs};
      this.#warn(offset);
    } else if (elapsedMs - doubt.sinceMs >= dateAgreedMs) {
      this.#believed = offset;
      this.#doubt = undefined;
      this.#log('info', `Answers of ${this.#host} now agree on their date; it is taken as Zoho's clock`);
    } else this.#doubt = {offset, sinceMs: doubt.sinceMs};
  }

  get #machine(): Offset {
    return this.#clock.nowMs() - this.#clock.elapsedMs();
  }

  #noteNone(): void {
    if (this.#believed !== undefined || this.#doubt !== undefined || this.#warnedOfNone) return;
    this.#warnedOfNone = true;
    this.#log('warn', `Answers of ${this.#host} carry no usable Date header; this machine's clock is taken as Zoho's`);
  }

  #warn(offset: Offset): void {
    const byS = Math.round((offset - (this.#believed ?? this.#machine)) / 1000);
    const than = this.#believed === undefined ? "this machine's clock" : 'the answers before it';
    // A machine's clock that is off by minutes is harmless: a minute later it no longer matters.
    const isUsual = this.#believed === undefined && Math.abs(byS) * 1000 <= machineSkewMs;
    // Equivalent mutants (EqualityOperator): what is dated otherwise is not dated the same
    const where = byS > 0 ? 'ahead of' : 'behind';
    this.#log(
      isUsual ? 'info' : 'warn',
      `An answer of ${this.#host} is dated ${Math.abs(byS)} s ${where} ${than}; the earlier time holds until answers agree for a minute`,
    );
  }
}
