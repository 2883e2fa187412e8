/** When a formula refresh is due. Pure. */
import cron from 'node-cron';

/** A cron schedule in UTC, as the values that each field admits. */
export interface Schedule {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  admitsDay(day: Date): boolean;
}

/**
 * Days to search back for a slot. Every valid schedule fires within the eight years between the two
 * leap days around 2100.
 */
const daysBackMax = 8 * 366;
const dayS = 86_400;

/**
 * Parses a five-field cron expression, which the resource config has validated. As in cron, if day
 * of month and day of week are both restricted, either one suffices; otherwise both must match.
 */
export function parseSchedule(expression: string): Schedule {
  const text = expression.trim().split(/\s+/);
  const fields = cron.parse(text.join(' '));
  const daysOfMonth = new Set(fields.dayOfMonth.map(Number));
  const daysOfWeek = new Set(fields.dayOfWeek.map((day) => Number(day) % 7));
  const months = new Set(fields.month);
  const either = !text[2]!.includes('*') && !text[4]!.includes('*');
  return {
    minutes: descending(fields.minute),
    hours: descending(fields.hour),
    admitsDay(day) {
      if (!months.has(day.getUTCMonth() + 1)) return false;
      const ofMonth = daysOfMonth.has(day.getUTCDate());
      const ofWeek = daysOfWeek.has(day.getUTCDay());
      return either ? ofMonth || ofWeek : ofMonth && ofWeek;
    },
  };
}

function descending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => b - a);
}

/** How often a schedule fires per day, averaged over four years from `nowS`. */
export function firesADay(schedule: Schedule, nowS: number): number {
  const days = 4 * 365 + 1;
  let admitted = 0;
  for (let day = 0; day < days; day++) if (schedule.admitsDay(new Date((nowS + day * dayS) * 1000))) admitted++;
  return (admitted * schedule.hours.length * schedule.minutes.length) / days;
}

/** Whether the schedule has fired after `sinceS` and not after `nowS` (epoch seconds). */
export function fired(schedule: Schedule, sinceS: number, nowS: number): boolean {
  const last = lastFire(schedule, nowS, sinceS);
  return last !== undefined && last > sinceS;
}

/**
 * The latest slot at or before `nowS`; undefined if there is none on or after the day of `sinceS`.
 */
function lastFire(schedule: Schedule, nowS: number, sinceS: number): number | undefined {
  const oldest = Math.max(sinceS, nowS - daysBackMax * dayS);
  for (let dayStart = nowS - (nowS % dayS); dayStart + dayS > oldest; dayStart -= dayS) {
    if (!schedule.admitsDay(new Date(dayStart * 1000))) continue;
    for (const hour of schedule.hours) {
      for (const minute of schedule.minutes) {
        const slot = dayStart + hour * 3600 + minute * 60;
        if (slot <= nowS) return slot;
      }
    }
  }
  return undefined;
}
