/** Log events for people. An event never holds a secret or a customer's value. */

export const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/**
 * Records one event. `fields` holds names, counts, ids of jobs and modules; never field values,
 * tokens or bodies.
 */
export type Log = (level: Level, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Parses `LOG_LEVEL` as the Flow runtime sets it. Any unknown text means `info`. */
export function levelOf(text: string | undefined): Level {
  const found = levels.find((level) => level === text?.toLowerCase());
  return found ?? 'info';
}

/** Writes one JSON object a line, as Flow reads logs from stderr (flow-protocol sheet 1.6). */
export function jsonLog(write: (line: string) => void, least: Level, nowMs: () => number = Date.now): Log {
  const from = levels.indexOf(least);
  return (level, message, fields) => {
    if (levels.indexOf(level) < from) return;
    const ts = new Date(nowMs()).toISOString();
    write(`${JSON.stringify({ts, level, message, ...(fields && {fields})})}\n`);
  };
}

/** Writes plain text for a terminal, with the level only for warnings and errors. */
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
