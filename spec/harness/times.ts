/** RFC 3339 of epoch seconds, as Zoho writes times and as states have them. */
export const zohoTime = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(0, 19)}+00:00`;
export const stateTime = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`;
