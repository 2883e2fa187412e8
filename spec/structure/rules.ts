/** The direction of imports in `lib/`: which room may know which. */
import {type Import, roomOf} from './imports.ts';

/**
 * Rooms from the lowest floor to the highest. A room may import from any room below it, and from nothing beside or above it; what it
 * may not know although it stands higher is in `unknownTo`.
 */
export const floors: readonly (readonly string[])[] = [
  ['limits.ts'],
  ['platform'],
  ['errors'],
  ['kernel'],
  ['records'],
  ['flow', 'transforms'],
  ['zoho', 'config', 'pipeline.ts'],
  ['sources', 'sinks'],
  ['capture'],
  ['connector'],
  ['sandbox'],
  ['bench'],
  ['commands'],
  ['cli.ts'],
  ['main.ts'],
  ['source-zoho.js'],
];

/** What a room must not know, each with its reason. */
export const unknownTo: Readonly<Record<string, {readonly rooms: readonly string[]; readonly because: string}>> = {
  sandbox: {
    rooms: floors.flat().filter((room) => room !== 'sandbox'),
    because: 'it is another Zoho, written from the same facts and not from the same code',
  },
};

/** Every import that the rules forbid, as a sentence. */
export function forbidden(imports: readonly Import[]): string[] {
  const floorOf = (file: string): number => floors.findIndex((rooms) => rooms.includes(roomOf(file)));
  return imports.flatMap(({from, to}) => {
    const [fromRoom, toRoom] = [roomOf(from), roomOf(to)];
    if (fromRoom === toRoom) return [];
    if (floorOf(from) < 0 || floorOf(to) < 0) return [`${from} imports ${to}: the rules know no such room`];
    if (floorOf(to) >= floorOf(from)) return [`${from} imports ${to}, which stands no lower`];
    const unknown = unknownTo[fromRoom];
    return unknown?.rooms.includes(toRoom) ? [`${from} imports ${to}: ${unknown.because}`] : [];
  });
}

/** Files that import one another in a circle, types included, each circle as its path. */
export function circles(imports: readonly Import[]): string[] {
  const importsOf = Map.groupBy(imports, ({from}) => from);
  const found: string[] = [];
  const done = new Set<string>();
  function visit(file: string, path: readonly string[]): void {
    const begin = path.indexOf(file);
    if (begin >= 0) found.push([...path.slice(begin), file].join(' -> '));
    if (begin >= 0 || done.has(file)) return;
    for (const {to} of importsOf.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  }
  for (const file of importsOf.keys()) visit(file, []);
  return found;
}
