/**
 * Numbers as both APIs may spell them (zoho-api sheet 4.4, 11), exact to the last digit: nothing
 * here becomes a double. Pure.
 */

/**
 * A parsed number: `digits`, without leading or trailing zeros, times ten to the power of
 * `exponent`. Zero has no digits.
 */
export interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/**
 * A sign; digits, perhaps in groups of three; a fraction; an exponent; and a percent sign, which
 * does not change the value.
 */
const spelling = /^ *([+-]?)(?:([1-9]\d{0,2}(?:,\d{3})+)|(\d*))(?:\.(\d*))?(e[+-]?\d+)?(?: ?%)? *$/i;

/**
 * Zeros that an exponent may add to a text. Zoho's numbers have some 20 digits, and the kernel
 * keeps room for this many more.
 */
const addedMax = 40;

interface Spelled {
  readonly sign: string;
  readonly integer: string;
  readonly fraction: string;
  /** With its `e`, so that JSON has it as received. */
  readonly exponent: string;
}

function spelled(text: string): Spelled | undefined {
  const found = spelling.exec(text);
  if (found === null) return undefined;
  const [, sign, grouped, plain, fraction = '', exponent = ''] = found;
  const integer = grouped?.replaceAll(',', '') ?? plain!;
  return integer === '' && fraction === '' ? undefined : {sign: sign!, integer, fraction, exponent};
}

/**
 * Parses a number; undefined for a text that is not a number or not finite as a double (design 3).
 */
export function decimalOf(text: string): Decimal | undefined {
  const parts = spelled(text);
  if (parts === undefined || !Number.isFinite(Number(jsonOfParts(parts)))) return undefined;
  const padded = (parts.integer + parts.fraction).replace(/^0+/, '');
  const digits = padded.replace(/0+$/, '');
  const exponent = digits === '' ? 0 : Number(parts.exponent.slice(1)) - parts.fraction.length + padded.length - digits.length;
  return {isNegative: parts.sign === '-' && digits !== '', digits, exponent};
}

/**
 * A JSON number with the digits received; undefined when the text is not a finite number. Only a
 * spelling that JSON forbids is changed.
 */
export function numberJson(text: string): string | undefined {
  const parts = spelled(text);
  if (parts === undefined) return undefined;
  const json = jsonOfParts(parts);
  return Number.isFinite(Number(json)) ? json : undefined;
}

/**
 * A JSON integer; undefined for a text that is not a finite number, has a fraction, or would take
 * absurdly many digits.
 */
export function integerJson(text: string): string | undefined {
  const decimal = decimalOf(text);
  if (decimal === undefined || decimal.exponent < 0) return undefined;
  return writtenOut(decimal, text.length + addedMax);
}

/**
 * The canonical text of a number that documents hold as a string, without exponent and redundant
 * zeros. Any other text is unchanged.
 */
export function numeral(text: string): string {
  const decimal = decimalOf(text);
  return (decimal && writtenOut(decimal, text.length + addedMax)) ?? text;
}

/** Whether two texts are the same number in any spelling. */
export function sameNumber(a: string, b: string): boolean {
  const [x, y] = [decimalOf(a), decimalOf(b)];
  return (
    x !== undefined && y !== undefined && x.isNegative === y.isNegative && x.digits === y.digits && x.exponent === y.exponent
  );
}

function jsonOfParts({sign, integer, fraction, exponent}: Spelled): string {
  const digits = integer.replace(/^0+(?=\d)/, '') || '0';
  return `${sign === '-' ? '-' : ''}${digits}${fraction && `.${fraction}`}${exponent}`;
}

/** The digits without an exponent; undefined when they take more than `lengthMax`. */
function writtenOut({isNegative, digits, exponent}: Decimal, lengthMax: number): string | undefined {
  // Equivalent mutants (EqualityOperator): so many zeros and a digit are too many, too
  if (Math.abs(exponent) > lengthMax) return undefined;
  const point = digits.length + exponent;
  const padded = '0'.repeat(Math.max(0, 1 - point)) + digits + '0'.repeat(Math.max(0, exponent));
  const fraction = Math.max(0, -exponent);
  const integer = padded.slice(0, padded.length - fraction);
  const text = `${isNegative ? '-' : ''}${integer}${fraction === 0 ? '' : `.${padded.slice(-fraction)}`}`;
  return text.length <= lengthMax ? text : undefined;
}
