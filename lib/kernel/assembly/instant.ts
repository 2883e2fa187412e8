/** Points in time as Zoho writes them, parsed from their digits. */

const hyphen: u8 = 0x2d;
const plus: u8 = 0x2b;
const dot: u8 = 0x2e;
const colon: u8 = 0x3a;
const letterT: u8 = 0x54;
const letterZ: u8 = 0x5a;

/**
 * Epoch seconds of a date and time with offset (RFC 3339 section 5.6), or NaN for anything else.
 * Fractions of a second are dropped.
 */
export function instantSeconds(from: usize, to: usize): f64 {
  if (to < from + 20) return NaN;
  const year = two(from) * 100 + two(from + 2);
  const month = two(from + 5);
  const day = two(from + 8);
  const hour = two(from + 11);
  const minute = two(from + 14);
  const second = two(from + 17);
  const offset = offsetSeconds(from + 19, to);
  // An invalid part is negative enough to make every sum with it negative.
  const isMarked =
    load<u8>(from, 4) === hyphen &&
    load<u8>(from, 7) === hyphen &&
    load<u8>(from, 10) === letterT &&
    load<u8>(from, 13) === colon &&
    load<u8>(from, 16) === colon;
  if (!isMarked || offset === badOffset || year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month))
    return NaN;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return NaN;
  return <f64>(daysBefore(year, month) + day - 1) * 86_400 + <f64>(hour * 3_600 + minute * 60 + second - offset);
}

const badOffset: i32 = i32.MIN_VALUE;

/**
 * What follows the seconds: an optional fraction, then `Z` or a signed offset, and nothing else.
 */
function offsetSeconds(from: usize, to: usize): i32 {
  let at = from;
  if (load<u8>(at) === dot) {
    do at++;
    while (at < to && digit(at) >= 0);
    if (at === from + 1) return badOffset;
  }
  const sign = load<u8>(at);
  if (sign === letterZ) return at + 1 === to ? 0 : badOffset;
  if ((sign !== plus && sign !== hyphen) || at + 6 !== to || load<u8>(at, 3) !== colon) return badOffset;
  const hours = two(at + 1);
  const minutes = two(at + 4);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return badOffset;
  return (sign === plus ? 1 : -1) * (hours * 3_600 + minutes * 60);
}

/** The number that two digits make; below -9,000 if either is not a digit. */
function two(at: usize): i32 {
  const tens = digit(at);
  const ones = digit(at + 1);
  return tens < 0 || ones < 0 ? -100_000 : tens * 10 + ones;
}

function digit(at: usize): i32 {
  const value = <i32>load<u8>(at) - 0x30;
  return value > 9 ? -1 : value;
}

/**
 * Days from the epoch to the first of a month of the Gregorian calendar. Years are counted from
 * March, so that a leap day comes last.
 */
function daysBefore(year: i32, month: i32): i32 {
  const y = month > 2 ? year : year - 1;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
  return 365 * y + floorDivide(y, 4) - floorDivide(y, 100) + floorDivide(y, 400) + dayOfYear - 719_468;
}

/** Rounds down, because January and February of the year 0 belong to the year before it. */
function floorDivide(a: i32, b: i32): i32 {
  return a < 0 ? -((b - 1 - a) / b) : a / b;
}

function daysIn(year: i32, month: i32): i32 {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
