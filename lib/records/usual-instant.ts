/** Times in the spelling that Zoho uses, recognised without the kernel. Pure. */

const zero = 0x30;
const nine = 0x39;
const anyDigit = 0;
const marks = Array.from('0000-00-00T00:00:00+00:00', (mark) => (mark === '0' ? anyDigit : mark.charCodeAt(0)));

/**
 * Whether `length` bytes from `from` on look like `2026-01-28T10:05:09+05:30`, on a day that every
 * month has. Other texts may be times, too.
 */
export function isUsualInstant(bytes: Uint8Array, from: number, length: number): boolean {
  if (length !== marks.length) return false;
  for (let i = 0; i < marks.length; i++) {
    const byte = bytes[from + i]!;
    const mark = marks[i]!;
    if (mark === anyDigit ? byte < zero || byte > nine : byte !== mark) return false;
  }
  const two = (at: number): number => 10 * bytes[from + at]! + bytes[from + at + 1]! - 11 * zero;
  const [month, day] = [two(5), two(8)];
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 28 &&
    two(11) <= 23 &&
    two(14) <= 59 &&
    two(17) <= 59 &&
    two(20) <= 23 &&
    two(23) <= 59
  );
}
