/** Finds the cases whose removal lets no further mutant live. */
import type {Tried} from './score.ts';

export interface Needless {
  readonly name: string;
  readonly reason: string;
}

/** Cases that notice no mutant, and those whose mutants one other case notices, too. Of two that notice the same ones the later is named. */
export function needlessCases(mutants: readonly Pick<Tried, 'killedBy' | 'reachedBy'>[]): Needless[] {
  const noticed = new Map<string, Set<number>>();
  for (const [at, {killedBy, reachedBy}] of mutants.entries()) {
    for (const name of [...reachedBy, ...killedBy]) if (!noticed.has(name)) noticed.set(name, new Set());
    for (const name of killedBy) noticed.get(name)!.add(at);
  }
  const names = [...noticed.keys()];
  return names.flatMap((name, at) => {
    const own = noticed.get(name)!;
    if (own.size === 0) return [{name, reason: 'notices nothing'}];
    const better = names.find((other, place) => {
      const theirs = noticed.get(other)!;
      return other !== name && own.isSubsetOf(theirs) && (theirs.size > own.size || place < at);
    });
    return better === undefined ? [] : [{name, reason: `notices ${own.size}, as does ${better}`}];
  });
}
