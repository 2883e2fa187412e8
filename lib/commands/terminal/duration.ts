/** Lengths of time as people type them on a command line. */

const unitsMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Milliseconds of `90s`, `10m`, `1h30m`, `500ms`, `2d`; undefined when the text is none, or longer than a timer runs (24 days). */
export function spanMs(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:ms|[smhd]))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+)(ms|[smhd])/g)) sum += Number(count) * (unitsMs.get(unit) ?? 0);
  return sum < 2 ** 31 ? sum : undefined;
}
