/** What a mistyped word was probably meant to be. */

/** The known word nearest to `word`, or undefined when none is near enough to be meant. Case counts less than letters. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const typed = word.slice(0, lettersMax).toLowerCase();
  const changesMax = Math.max(1, Math.floor(typed.length / 3));
  let best: string | undefined;
  let fewest = changesMax + 1;
  for (const candidate of known) {
    const changes = changesBetween(typed, candidate.slice(0, lettersMax).toLowerCase());
    if (changes < fewest) {
      best = candidate;
      fewest = changes;
    }
  }
  return best;
}

/** The end of a message about a word that is not known: `, did you mean <word>?`, or nothing when none is near enough. */
export function suggestion(word: string, known: Iterable<string>): string {
  const meant = didYouMean(word, known);
  return meant === undefined ? '' : `, did you mean ${meant}?`;
}

/** Longer names are compared by their beginning. */
const lettersMax = 100;

/** Letters to insert, drop, replace or swap with their neighbour to make one word of the other. */
function changesBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({length: b.length + 1}, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
