/** Dates as people and the older connector write them: RFC 3339, and what is usually left out of it. */

const form = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)? ?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?)?$/;

/**
 * The instant in UTC with whole seconds, `2024-01-01T00:00:00Z`, of `2024-01-01`, `2024-01-01 08:30`, `2024-01-01T08:30:00+0530`. A date alone
 * is its midnight, and a time without an offset is UTC. Undefined when the text is none of these, or names a day or time that does not exist. A
 * fraction is cut. One before 1970 is 1970: it means everything, and Zoho has nothing older.
 */
export function startInstant(text: string): string | undefined {
  const parts = form.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  const [offsetHours, offsetMinutes] = [Number(parts[8] ?? 0), Number(parts[9] ?? 0)];
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  if (!local.toISOString().startsWith(text.slice(0, 10)) || hour > 23 || minute > 59 || second > 59) return undefined;
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = offsetHours * 60 + offsetMinutes;
  const utc = local.getTime() - (parts[7] === '-' ? -offset : offset) * 60_000;
  return `${new Date(Math.max(0, utc)).toISOString().slice(0, 19)}Z`;
}
