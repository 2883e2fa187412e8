/** Zoho's clock as its answers tell it, and how far that is believed. */

import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import {dateAgreedMs, dateEarliestMs, dateJitterMs, machineSkewMs} from './limits.ts';

/** Milliseconds to add to this machine's monotonic clock to get Zoho's. */
type Offset = number;

interface Doubt {
  readonly offset: Offset;
  readonly sinceMs: number;
}

/**
 * Follows the `Date` headers of answers, never ahead of what they have agreed on for a minute.
 *
 * - A date that the monotonic clock explains is believed at once. Before the first one, this machine's clock takes the place of what was believed.
 * - Another date, ahead or behind, raises a doubt. The doubt ends when an answer agrees with what is believed; after a minute in
 *   which all answers agree with the new date instead, that date is believed. Until then the earlier of the two holds.
 *
 * So a cursor that goes by this clock does not pass records that are still to be written, whatever single answers say.
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

  /** Zoho's time in whole epoch seconds; undefined before the first answer. */
  get seconds(): number | undefined {
    if (!this.#answered) return undefined;
    const offset = Math.min(this.#believed ?? this.#machine, this.#doubt?.offset ?? Number.POSITIVE_INFINITY);
    return Math.floor((this.#clock.elapsedMs() + offset) / 1000);
  }

  /** Takes the `Date` header of an answer that just arrived. One that is missing, or is no date of this century, says nothing. */
  note(header: string | undefined): void {
    this.#answered = true;
    const dateMs = Date.parse(header ?? '');
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
      this.#log('info', `Answers of ${this.#host} agree on their date by now; it is taken for Zoho's clock`);
    } else this.#doubt = {offset, sinceMs: doubt.sinceMs};
  }

  get #machine(): Offset {
    return this.#clock.nowMs() - this.#clock.elapsedMs();
  }

  #noteNone(): void {
    if (this.#believed !== undefined || this.#doubt !== undefined || this.#warnedOfNone) return;
    this.#warnedOfNone = true;
    this.#log('warn', `Answers of ${this.#host} carry no usable Date header; the clock of this machine is taken for Zoho's`);
  }

  #warn(offset: Offset): void {
    const byS = Math.round((offset - (this.#believed ?? this.#machine)) / 1000);
    const than = this.#believed === undefined ? "this machine's clock" : 'the answers before it';
    // A machine whose clock is off by some minutes is nothing to worry about: a minute later it does not matter.
    const isUsual = this.#believed === undefined && Math.abs(byS) * 1000 <= machineSkewMs;
    this.#log(
      isUsual ? 'info' : 'warn',
      `An answer of ${this.#host} is dated ${Math.abs(byS)} s ${byS > 0 ? 'ahead of' : 'behind'} ${than}; the earlier time holds until answers agree for a minute`,
    );
  }
}
