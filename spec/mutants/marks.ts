/**
 * Marks of changes that nobody can see: `// Equivalent mutants (EqualityOperator): at zero both are zero` on the line before. A change
 * of such a kind that a spec notices all the same counts as noticed.
 */
import {readFileSync} from 'node:fs';

export interface Mark {
  /** The line that the mark is for, counted from 1. */
  readonly line: number;
  /** Names of Stryker's mutators; `all` stands for each of them. */
  readonly mutators: readonly string[];
  readonly reason: string;
}

const mark = /^\s*\/\/ Equivalent mutants \((?<mutators>\w+(?:,\w+)*)\): (?<reason>.+)$/;

/** The marks in the text of a file. */
export function marksIn(text: string): Mark[] {
  return text.split('\n').flatMap((line, at) => {
    const {mutators, reason} = mark.exec(line)?.groups ?? {};
    return mutators === undefined || reason === undefined ? [] : [{line: at + 2, mutators: mutators.split(','), reason}];
  });
}

/** The mark for a change of some kind to a line, if there is one. */
export function markFor(
  {line, mutator}: {readonly line: number; readonly mutator: string},
  marks: readonly Mark[],
): Mark | undefined {
  return marks.find((one) => one.line === line && (one.mutators.includes('all') || one.mutators.includes(mutator)));
}

/** The marks in a file below the root. */
export function marksOf(file: string): Mark[] {
  return marksIn(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
}
