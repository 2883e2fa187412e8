/** Text that may be JSON. */

/** The value of a JSON text; undefined for other text. Node's own error would quote the text. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
