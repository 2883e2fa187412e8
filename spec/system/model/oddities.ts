/**
 * Ways in which the model's Zoho is odd, drawn anew for each seed: flags, sizes, dates, parts that
 * lag behind.
 */
import {ZohoError} from '../../../lib/errors/errors.ts';
import type {Random} from './random.ts';

export interface Oddities {
  /** How `more_records` is written. */
  readonly flags: 'plain' | 'text' | 'missing';
  /** Rows of a query that are served; more are an error of the server's. */
  readonly servedMax: number;
  /** Values of a list that are taken. */
  readonly listMax: number;
  /** How often an answer bears a date that is hours off. */
  readonly wrongDates: number;
  /**
   * COQL shows the past now and then, so far back at most; nothing from before the session, as a
   * restart takes longer.
   */
  readonly lagMs: number;
  /** Records of the future that appear while people edit. */
  readonly future: number;
}

export const noOddities: Oddities = {
  flags: 'plain',
  servedMax: Number.POSITIVE_INFINITY,
  listMax: 100,
  wrongDates: 0,
  lagMs: 0,
  future: 0,
};

export function drawOddities(random: Random): Oddities {
  return {
    flags: random.pick(['plain', 'plain', 'text', 'missing'] as const),
    servedMax: random.pick([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 20, 1]),
    listMax: random.pick([100, 100, 3, 1]),
    wrongDates: random.pick([0, 0, 0.05, 0.2]),
    lagMs: random.pick([0, 0, 8_000]),
    future: random.pick([0, 0, 12]),
  };
}

/** Refuses a query as such a Zoho does. */
export function refuseOdd({servedMax, listMax}: Oddities, query: string): void {
  const values = /where id in \(([^)]*)\)/.exec(query)?.[1]?.split(',').length ?? 0;
  if (values > listMax) throw new ZohoError('refused', `more than ${listMax} values`, {code: 'LIMIT_EXCEEDED', status: 400});
  const limit = Number(/ limit 0, (\d+)$/.exec(query)?.[1] ?? 0);
  if (query.includes('Score') && limit > servedMax) throw new ZohoError('unavailable', 'Internal Server Error', {status: 500});
}

/** The part of an answer that says whether more follows. */
export function writeFlag({flags}: Oddities, more: boolean): string {
  return {plain: `,"more_records":${more}`, text: `,"more_records":"${more}"`, missing: ''}[flags];
}

/** The header of an answer at a time, right or wrong. */
export function writeDate({wrongDates}: Oddities, seconds: number, random: Random): string {
  const aheadS = wrongDates > 0 && random.chance(wrongDates) ? random.pick([3 * 3600, 3 * 3600, 120, -7200]) : 0;
  return new Date((seconds + aheadS) * 1000).toUTCString();
}
