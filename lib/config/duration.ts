/** Durations, as in the `interval` of a binding and in options of the command line. */

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/**
 * Lengths of the units. Calendar units have their usual fixed lengths, because an interval begins
 * at any time.
 */
const unitsMs = [365 * dayMs, 30 * dayMs, 7 * dayMs, dayMs, hourMs, minuteMs, secondMs];

const form =
  /^P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,10}(?:[.,]\d{1,9})?)S)?)?$/;

const shortForm = /^(?:(\d{1,6})d)?(?:(\d{1,7})h)?(?:(\d{1,9})m)?(?:(\d{1,10})s)?(?:(\d{1,12})ms)?$/;
const shortUnitsMs = [dayMs, hourMs, minuteMs, secondMs, 1];

const clockForm = /^(\d{1,7}):([0-5]\d)(?::([0-5]\d))?$/;
const clockUnitsMs = [hourMs, minuteMs, secondMs];

/**
 * The milliseconds of an ISO 8601 duration (`PT5M`, `P1DT12H`, `PT0.5S`), of the usual short form
 * (`5m`, `1h30m`, `500ms`), and of hours and minutes (`0:05:00`). Undefined for any other text.
 * Never negative.
 */
export function durationMs(text: string): number | undefined {
  if (text === '') return undefined;
  return (
    sumOf(form.exec(text), unitsMs) ?? sumOf(shortForm.exec(text), shortUnitsMs) ?? sumOf(clockForm.exec(text), clockUnitsMs)
  );
}

function sumOf(found: RegExpExecArray | null, units: readonly number[]): number | undefined {
  return found?.slice(1).reduce((sum, part, i) => sum + Number(part?.replace(',', '.') ?? 0) * units[i]!, 0);
}
