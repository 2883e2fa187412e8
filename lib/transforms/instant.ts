/** Points in time as Zoho writes them, read from their digits: no Date object and no string a row. */

/**
 * Epoch seconds of `bytes[from .. to)`, or NaN when they are not a date and time with offset (RFC 3339 section 5.6).
 * A fraction of a second is allowed and dropped.
 */
export function instantSeconds(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < 20) return Number.NaN;
  const year = digits(bytes, from, 4);
  const month = digits(bytes, from + 5, 2);
  const day = digits(bytes, from + 8, 2);
  const hour = digits(bytes, from + 11, 2);
  const minute = digits(bytes, from + 14, 2);
  const second = digits(bytes, from + 17, 2);
  const marked =
    bytes[from + 4] === hyphen &&
    bytes[from + 7] === hyphen &&
    bytes[from + 10] === letterT &&
    bytes[from + 13] === colon &&
    bytes[from + 16] === colon;
  if (!marked || Number.isNaN(year + month + day + hour + minute + second)) return Number.NaN;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60)
    return Number.NaN;
  return (
    daysBefore(year, month) * 86_400 +
    (day - 1) * 86_400 +
    hour * 3_600 +
    minute * 60 +
    second -
    offsetSeconds(bytes, from + 19, to)
  );
}

/** Epoch seconds of a text, or NaN, as `instantSeconds`. */
export function modifiedSeconds(text: string): number {
  const bytes = Buffer.from(text);
  return instantSeconds(bytes, 0, bytes.length);
}

const hyphen = 0x2d;
const plus = 0x2b;
const dot = 0x2e;
const colon = 0x3a;
const letterT = 0x54;
const letterZ = 0x5a;

/** What follows the seconds: an optional fraction, then `Z` or a signed offset, and nothing else. */
function offsetSeconds(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  if (bytes[at] === dot) {
    do at++;
    while (at < to && isDigit(bytes[at]!));
    if (at === from + 1) return Number.NaN;
  }
  const sign = bytes[at];
  if (sign === letterZ) return at + 1 === to ? 0 : Number.NaN;
  if ((sign !== plus && sign !== hyphen) || at + 6 !== to || bytes[at + 3] !== colon) return Number.NaN;
  const hours = digits(bytes, at + 1, 2);
  const minutes = digits(bytes, at + 4, 2);
  if (hours > 23 || minutes > 59) return Number.NaN;
  return (sign === plus ? 1 : -1) * (hours * 3_600 + minutes * 60);
}

function digits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) {
    if (!isDigit(bytes[at]!)) return Number.NaN;
    value = value * 10 + bytes[at]! - 0x30;
  }
  return value;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Days from the epoch to the first of a month of the Gregorian calendar; the year is counted from March, so that a leap day is its last. */
function daysBefore(year: number, month: number): number {
  const y = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5);
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
