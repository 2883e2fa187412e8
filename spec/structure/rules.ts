/** The direction of imports in `lib/`: which folder may import which. */
import {folderOf, type Import} from './imports.ts';

/**
 * Folders from the lowest layer to the highest. A folder may only import from lower layers, and not
 * from those in `unknownTo`.
 */
export const layers: readonly (readonly string[])[] = [
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

/** Folders that a folder must not import although they are lower, with the reason. */
export const unknownTo: Readonly<Record<string, {readonly folders: readonly string[]; readonly because: string}>> = {
  sandbox: {
    folders: layers.flat().filter((folder) => folder !== 'sandbox'),
    because: 'it is another Zoho, written from the same facts and not from the same code',
  },
};

/** Every import that the rules forbid, as a sentence. */
export function forbidden(imports: readonly Import[]): string[] {
  const layerOf = (file: string): number => layers.findIndex((folders) => folders.includes(folderOf(file)));
  return imports.flatMap(({from, to}) => {
    const [fromFolder, toFolder] = [folderOf(from), folderOf(to)];
    if (fromFolder === toFolder) return [];
    if (layerOf(from) < 0 || layerOf(to) < 0) return [`${from} imports ${to}: the rules know no such folder`];
    if (layerOf(to) >= layerOf(from)) return [`${from} imports ${to}, which is not in a lower layer`];
    const unknown = unknownTo[fromFolder];
    return unknown?.folders.includes(toFolder) ? [`${from} imports ${to}: ${unknown.because}`] : [];
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
