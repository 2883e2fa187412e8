/** Sums of decimals without rounding. */

/** The sum of two JSON numbers, exact unless one has an exponent. */
export function sumDecimals(a: string, b: string): string {
  if (!plain.test(a) || !plain.test(b)) return String(Number(a) + Number(b));
  const places = Math.max(placesOf(a), placesOf(b));
  const sum = scaled(a, places) + scaled(b, places);
  if (places === 0) return String(sum);
  const digits = String(sum < 0n ? -sum : sum).padStart(places + 1, '0');
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

const plain = /^-?\d+(?:\.\d+)?$/;

const placesOf = (text: string): number => (text.includes('.') ? text.length - text.indexOf('.') - 1 : 0);

const scaled = (text: string, places: number): bigint => BigInt(text.replace('.', '') + '0'.repeat(places - placesOf(text)));
