/** What a mistyped word was probably meant to be. */
import {closestMatch} from 'leven';

/** The known word nearest to `word`, whatever the case; undefined when none is near. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const typed = comparable(word);
  const words = Map.groupBy(known, comparable);
  const nearest = closestMatch(typed, [...words.keys()], {maxDistance: changesMax(typed)});
  return nearest === undefined ? undefined : words.get(nearest)?.[0];
}

/**
 * The end of a message about an unknown word: `, did you mean <word>?`, or nothing when none is
 * near. `shown` writes the known word as the reader may use it.
 */
export function suggestion(word: string, known: Iterable<string>, shown = (name: string): string => name): string {
  const meant = didYouMean(word, known);
  return meant === undefined ? '' : `, did you mean ${shown(meant)}?`;
}

/** Letters to insert, drop or replace: two swap neighbours, which is the usual slip. */
function changesMax({length}: string): number {
  return length < 4 ? 1 : Math.max(2, Math.floor(length / 3));
}

/** Longer names are compared by their beginning. */
const lettersMax = 100;

function comparable(word: string): string {
  return word.slice(0, lettersMax).toLowerCase();
}
