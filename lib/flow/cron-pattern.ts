/** The cron grammar of a binding's `schedule`, as a pattern that JSON Schema and the parser share. */

const field = (value: string, step: string) => {
  const item = `(?:(?:${value})(?:-(?:${value}))?|\\*(?:/(?:${step}))?)`;
  return `${item}(?:,${item})*`;
};

const fields = [
  field('[0-5]?[0-9]', '0?[1-9]|[1-5][0-9]'),
  field('[01]?[0-9]|2[0-3]', '0?[1-9]|1[0-9]|2[0-3]'),
  field('0?[1-9]|[12][0-9]|3[01]', '[1-9]|[12][0-9]|3[01]'),
  field('[1-9]|1[0-2]', '[1-9]|1[0-2]'),
  field('[0-6]', '[1-6]'),
];

/**
 * Five fields parted by white space: minute, hour, day of month, month, day of week (0 is Sunday), each a list of numbers, ranges, `*` and
 * `*` with a step. Or nothing. It is what the older connector admits, without steps of 0, on which that one stumbles.
 */
export const cronPattern = `^(?:${fields.join('\\s+')})?$`;
