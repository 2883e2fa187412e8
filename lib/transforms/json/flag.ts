/** Booleans as JSON APIs write them. Pure. */

/** The boolean that a JSON scalar stands for; undefined for any other text. */
export function flagOf(json: string): boolean | undefined {
  switch (json.replaceAll('"', '').trim().toLowerCase()) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return undefined;
  }
}
