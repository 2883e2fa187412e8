/**
 * Decides what waits while Zoho's credits run short (design 5.9): first deletions and checks of the
 * recycle bin, then refreshes.
 */
import {creditsReserveFull, creditsReserveMin, sweepSpacingMs} from '../limits.ts';
import {creditsOf} from '../zoho/usage.ts';

export interface OnHold {
  readonly deletions: boolean;
  readonly refreshes: boolean;
}

// Equivalent mutants (ObjectLiteral): what is not named is not on hold either
export const nothingOnHold: OnHold = {deletions: false, refreshes: false};

/**
 * What waits with these credits left, which are undefined if Zoho does not report them.
 * `changesADay` is what changes alone cost in a day. Anything already waiting continues only with
 * some credits to spare. Pure.
 */
export function onHoldWith(remaining: number | undefined, changesADay: number, before: OnHold): OnHold {
  const left = remaining ?? Number.POSITIVE_INFINITY;
  const reserve = Math.max(creditsReserveMin, changesADay / 2);
  const isShort = (credits: number, waits: boolean): boolean => left < credits * (waits ? creditsReserveFull : 1);
  return {deletions: isShort(reserve, before.deletions), refreshes: isShort(reserve / 2, before.refreshes)};
}

/** Credits that sweeps of bindings with these intervals cost in a day with few changes. */
export function changesADay(intervalsMs: readonly number[]): number {
  const sweepsADay = (intervalMs: number): number => 86_400_000 / Math.max(intervalMs, sweepSpacingMs);
  return creditsOf.coql * intervalsMs.reduce((sum, intervalMs) => sum + sweepsADay(intervalMs), 0);
}

/** Tracks the credits for all bindings of a process. */
export class CreditReserve {
  readonly #remaining: () => number | undefined;
  readonly #changesADay: number;
  #onHold = nothingOnHold;

  constructor(remaining: () => number | undefined, intervalsMs: readonly number[]) {
    this.#remaining = remaining;
    this.#changesADay = changesADay(intervalsMs);
  }

  /** The remaining credits, if Zoho reports them. */
  get remaining(): number | undefined {
    return this.#remaining();
  }

  get onHold(): OnHold {
    this.#onHold = onHoldWith(this.remaining, this.#changesADay, this.#onHold);
    return this.#onHold;
  }
}
