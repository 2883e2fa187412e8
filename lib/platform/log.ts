/** What happened, for people: one event a call, never a secret or a customer's value in it. */

export const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/** Records one event. `fields` holds names, counts, ids of jobs and modules; no field values, tokens or bodies. */
export type Log = (level: Level, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Reads `LOG_LEVEL` as the Flow runtime sets it; anything unknown is `info`. */
export function levelOf(text: string | undefined): Level {
  const found = levels.find((level) => level === text?.toLowerCase());
  return found ?? 'info';
}

/** One JSON object a line, as Flow reads logs from stderr (flow-protocol sheet 1.6). */
export function jsonLog(write: (line: string) => void, least: Level, nowMs: () => number = Date.now): Log {
  const from = levels.indexOf(least);
  return (level, message, fields) => {
    if (levels.indexOf(level) < from) return;
    const ts = new Date(nowMs()).toISOString();
    write(`${JSON.stringify({ts, level, message, ...(fields && {fields})})}\n`);
  };
}

/** Plain text for a person at a terminal: the level only when it is a warning or an error. */
export function textLog(write: (line: string) => void, least: Level): Log {
  const from = levels.indexOf(least);
  return (level, message, fields) => {
    if (levels.indexOf(level) < from) return;
    const mark = level === 'warn' || level === 'error' ? `${level}: ` : '';
    const details = fields && least !== 'info' ? ` ${JSON.stringify(fields)}` : '';
    write(`${mark}${message}${details}\n`);
  };
}

export const silent: Log = () => {};
