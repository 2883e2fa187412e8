/** What node has of JSON and TypeScript's library does not know yet. */
interface JSON {
  /** A value that `JSON.stringify` writes as this text, digit for digit; the text is that of a string, number, boolean or `null`. */
  rawJSON(text: string): object;
  /** `source` is the text of a string, number, boolean or `null`. */
  parse(text: string, reviver: (name: string, value: unknown, context: {readonly source?: string}) => unknown): unknown;
}
