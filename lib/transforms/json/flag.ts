/** Booleans as JSON APIs write them. Pure. */

const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** The boolean that the text of a JSON scalar stands for; undefined for any other text. */
export function flagOf(text: string): boolean | undefined {
  return flags.get(text.trim().toLowerCase());
}
