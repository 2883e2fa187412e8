/** The cron grammar of a binding's `schedule`: the pattern in the JSON Schema, and the parser. */

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
 * Five fields separated by white space: minute, hour, day of month, month, day of week (0 is
 * Sunday), each a list of numbers, ranges, `*` and `*` with a step. Or empty. The older connector
 * accepts the same, plus steps of 0, on which it fails.
 */
export const cronPattern = `^(?:${fields.join('\\s+')})?$`;

const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ').join('|');
const dayNames = 'sun mon tue wed thu fri sat'.split(' ').join('|');

const readField = (value: string) => {
  const item = `(?:(?:\\*|(?:${value})(?:-(?:${value}))?)(?:/0*[1-9][0-9]?)?)`;
  return `${item}(?:,${item})*`;
};

const readFields = [
  readField('[0-5]?[0-9]'),
  readField('[01]?[0-9]|2[0-3]'),
  readField('0?[1-9]|[12][0-9]|3[01]'),
  readField(`0?[1-9]|1[0-2]|${monthNames}`),
  readField(`0?[0-7]|${dayNames}`),
];

const form = new RegExp(`^(?:${readFields.join(' ')})$`);

const macros: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
]);

/**
 * A cron expression as in crontab(5), in lower case and with single spaces; undefined when the text
 * is not one. It also accepts names of months and days, 7 for Sunday, steps of a range (`8-18/2`),
 * and `@daily` and the like. Empty stays empty.
 */
export function cronExpression(text: string): string | undefined {
  const plain = text.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  const expression = macros.get(plain) ?? plain;
  return expression === '' || form.test(expression) ? expression : undefined;
}
