/** Yes and no as JSON APIs write them. Pure. */

/** What a JSON scalar says, written as it stands; undefined for whatever is neither yes nor no. */
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
