/**
 * Objects as tables with arbitrary keys: a module or collection may be called `constructor` or
 * `__proto__`.
 */

/** The table's own value for a key, never an inherited one. */
export function own<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Sets a key of a table; `__proto__` is a key like any other. */
export function setOwn<T>(table: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') Object.defineProperty(table, key, {value, enumerable: true, configurable: true, writable: true});
  else table[key] = value;
}

/** Whether a value is a plain object, as JSON has them. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
