/** A part of node's JSON that TypeScript's library does not declare yet. */
interface JSON {
  /**
   * A value that `JSON.stringify` writes as this text, digit for digit. The text must be a JSON
   * string, number, boolean or `null`.
   */
  rawJSON(text: string): object;
  /** `source` is the text of a string, number, boolean or `null`. */
  parse(text: string, reviver: (name: string, value: unknown, context: {readonly source?: string}) => unknown): unknown;
}
