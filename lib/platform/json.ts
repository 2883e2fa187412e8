/** Text that may be JSON. */

/** The value of a JSON text; undefined for what is not JSON. The platform's own message would show the text's beginning. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
