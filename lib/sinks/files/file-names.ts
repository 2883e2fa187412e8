/** Names of the collections' files. Pure. */

/** What the names of files end with, plain and compressed. */
export const plainEnding = '.ndjson';
export const gzipEnding = '.ndjson.gz';

/** Longest stem. File systems allow 255 bytes per name; the rest is for endings. */
const stemBytesMax = 200;

/**
 * A stem that is safe in any directory: letters, digits and `-_+=`, inner dots, and everything else
 * percent-encoded by byte.
 */
function stemOf(name: string): string {
  const encoded = Array.from(Buffer.from(name), (byte, i) => {
    const character = String.fromCharCode(byte);
    const plain = i === 0 ? /[A-Za-z0-9_+=]/ : /[A-Za-z0-9\-_+=.]/;
    return plain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return encoded.join('');
}

/**
 * Assigns a file name to each collection without one in `known`; existing names never change. The
 * name is the last part of the collection's name where that is free (`acmeCo/crm/Leads` is
 * `Leads.ndjson`, or has `ending`), otherwise all of it. No name leaves the directory, is hidden,
 * or differs from another one only in case.
 */
export function fileNames(
  collections: Iterable<string>,
  known: ReadonlyMap<string, string> = new Map(),
  ending = plainEnding,
): Map<string, string> {
  const names = new Map(known);
  const taken = new Set([...known.values()].map((name) => name.toLowerCase()));
  for (const collection of collections) {
    if (names.has(collection)) continue;
    const last = collection.slice(collection.lastIndexOf('/') + 1);
    const name = candidates(stemOf(last), stemOf(collection), ending).find((it) => !taken.has(it.toLowerCase()))!;
    names.set(collection, name);
    taken.add(name.toLowerCase());
  }
  return names;
}

/** What a collection's file may be called, best first; endless as far as any directory goes. */
function* candidates(last: string, joined: string, ending: string): Generator<string, void, void> {
  for (const stem of [last, joined]) if (stem !== '' && stem.length <= stemBytesMax) yield `${stem}${ending}`;
  const short = joined.slice(0, stemBytesMax) || 'collection';
  for (let number = 2; ; number++) yield `${short}~${number}${ending}`;
}
