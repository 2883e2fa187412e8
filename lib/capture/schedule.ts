/** When a formula refresh is due. Pure. */
import cron from 'node-cron';

/** A cron schedule in UTC, as the values that each field admits. */
export interface Schedule {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  admitsDay(day: Date): boolean;
}

const dayS = 86_400;

/**
 * Parses a five-field cron expression as the resource config has it, valid and with single spaces.
 * As in cron, if day of month and day of week are both restricted, either one suffices; otherwise
 * both must match.
 */
export function parseSchedule(expression: string): Schedule {
  const text = expression.split(' ');
  const fields = cron.parse(expression);
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
  // Equivalent mutants (EqualityOperator): a day that ends at that time has no slot after it
  for (let dayStart = nowS - (nowS % dayS); dayStart + dayS > sinceS; dayStart -= dayS) {
    if (!schedule.admitsDay(new Date(dayStart * 1000))) continue;
    for (const hour of schedule.hours) {
      for (const minute of schedule.minutes) {
        const slot = dayStart + hour * 3600 + minute * 60;
        if (slot <= nowS) return slot > sinceS;
      }
    }
  }
  return false;
}
