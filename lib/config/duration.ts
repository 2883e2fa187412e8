/** ISO 8601 durations, as the `interval` of a binding is written. */

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** A unit's length; those of the calendar have the usual fixed ones, because an interval begins at any time. */
const unitsMs = [365 * dayMs, 30 * dayMs, 7 * dayMs, dayMs, hourMs, minuteMs, secondMs];

const form =
  /^P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,10}(?:[.,]\d{1,9})?)S)?)?$/;

/** The length in milliseconds of `PT5M`, `P1DT12H`, `PT0.5S`; undefined when the text is no such duration. Never negative. */
export function durationMs(text: string): number | undefined {
  const parts = form.exec(text)?.slice(1);
  if (parts === undefined) return undefined;
  return parts.reduce((sum, part, i) => sum + Number(part?.replace(',', '.') ?? 0) * unitsMs[i]!, 0);
}
