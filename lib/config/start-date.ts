/**
 * Dates as people and the older connector write them: RFC 3339, and what is often left out of it.
 */

const form = /^([1-9]\d{3}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::[0-5]\d)?)(?:[.,]\d{1,9})? ?(?:[Zz]|([+-]\d\d)(?::?(\d\d))?)?)?$/;

/**
 * The instant in UTC with whole seconds, `2024-01-01T00:00:00Z`, of `2024-01-01`, `2024-01-01
 * 08:30` or `2024-01-01T08:30:00+0530`. A date alone is its midnight, a time without an offset is
 * UTC, and a fraction is cut. Earlier dates become 1970: they mean everything, and Zoho has nothing
 * older. Undefined for any other text, and for a day or time that does not exist.
 */
export function startInstant(text: string): string | undefined {
  const [, date, time = '00:00', hours = '+00', minutes = '00'] = form.exec(text) ?? [];
  if (date === undefined) return undefined;
  try {
    const {epochMilliseconds} = Temporal.Instant.from(`${date}T${time}${hours}:${minutes}`);
    return `${new Date(Math.max(0, epochMilliseconds)).toISOString().slice(0, 19)}Z`;
  } catch {
    return undefined;
  }
}
