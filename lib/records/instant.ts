/** Points in time as Zoho writes them: parsing and formatting. */
export {instantSeconds as modifiedSeconds} from '../kernel/kernel.ts';

/**
 * The last second that is written: its year has four digits in every zone, and saved state may hold
 * it.
 */
export const latestS = Date.UTC(9999) / 1000 - 1;

/**
 * `2026-10-01T10:05:00`, in UTC. Seconds before 1970 or after the year 9998 become the nearest
 * instant that Zoho can hold.
 */
export function isoSeconds(seconds: number): string {
  const known = Number.isNaN(seconds) ? 0 : Math.min(latestS, Math.max(0, Math.floor(seconds)));
  return new Date(known * 1000).toISOString().slice(0, 19);
}
