/**
 * Datetimes as Zoho writes them: whole seconds in the organisation's time zone, with the offset
 * (zoho-api sheet 4.4, 5.5).
 */

/**
 * Formats epoch seconds. It caches days and offsets, so that a column of datetimes costs little.
 */
export type WriteTime = (epochS: number) => string;

const hourS = 3_600;
const dayS = 24 * hourS;
/** Cached days and hours before the cache is emptied. */
const rememberedMax = 20_000;

const two = Array.from({length: 100}, (_, n) => String(n).padStart(2, '0'));

/** `zone` is an IANA name; its offset changes with the season. */
export function timeWriter(zone: string): WriteTime {
  const format = new Intl.DateTimeFormat('en-US', {timeZone: zone, timeZoneName: 'longOffset'});
  const offsets = new Map<number, {seconds: number; text: string}>();
  const days = new Map<number, string>();

  const offsetAt = (epochS: number) => {
    const hour = Math.floor(epochS / hourS);
    const known = offsets.get(hour);
    if (known) return known;
    if (offsets.size >= rememberedMax) offsets.clear();
    const name = format.formatToParts(hour * hourS * 1_000).find(({type}) => type === 'timeZoneName')?.value ?? 'GMT';
    const [, sign = '+', hours = '00', minutes = '00'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
    const seconds = (sign === '-' ? -1 : 1) * (Number(hours) * hourS + Number(minutes) * 60);
    const offset = {seconds, text: `${sign}${hours}:${minutes}`};
    offsets.set(hour, offset);
    return offset;
  };

  const dayText = (day: number) => {
    const known = days.get(day);
    if (known !== undefined) return known;
    if (days.size >= rememberedMax) days.clear();
    const text = dateText(day);
    days.set(day, text);
    return text;
  };

  return (epochS) => {
    const offset = offsetAt(epochS);
    const localS = epochS + offset.seconds;
    const day = Math.floor(localS / dayS);
    const inDayS = localS - day * dayS;
    const hours = two[Math.floor(inDayS / hourS)]!;
    const minutes = two[Math.floor((inDayS % hourS) / 60)]!;
    return `${dayText(day)}T${hours}:${minutes}:${two[inDayS % 60]!}${offset.text}`;
  };
}

/** A day since the epoch as `YYYY-MM-DD`. */
export function dateText(day: number): string {
  return new Date(day * dayS * 1_000).toISOString().slice(0, 10);
}
