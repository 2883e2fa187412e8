/** When a formula refresh is due: says it, does nothing itself. */
import cron from 'node-cron';

/** A cron schedule in UTC, as sets of what each field admits. */
export interface Schedule {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  admitsDay(day: Date): boolean;
}

/** Days looked back for a slot; every valid schedule fires within the eight years between two leap days around 2100. */
const daysBackMax = 8 * 366;
const dayS = 86_400;

/**
 * Reads a five-field cron expression, checked before by the resource config. Day of month and day of week are combined as cron does: either will
 * do when both are restricted, else both must hold.
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

/** How often a schedule fires in a day, on the average of four years from `nowS` on. */
export function firesADay(schedule: Schedule, nowS: number): number {
  const days = 4 * 365 + 1;
  let admitted = 0;
  for (let day = 0; day < days; day++) if (schedule.admitsDay(new Date((nowS + day * dayS) * 1000))) admitted++;
  return (admitted * schedule.hours.length * schedule.minutes.length) / days;
}

/** Whether the schedule has fired after `sinceS` and not after `nowS` (epoch seconds); however often, it counts once. */
export function fired(schedule: Schedule, sinceS: number, nowS: number): boolean {
  const last = lastFire(schedule, nowS, sinceS);
  return last !== undefined && last > sinceS;
}

/** The latest slot at or before `nowS`, or undefined when there is none on or after the day of `sinceS`. */
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
