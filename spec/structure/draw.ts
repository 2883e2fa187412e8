/**
 * `npm run draw`: draws the folders of `lib/` and their imports into ARCHITECTURE.md, between its two marks. `npm test` compares, so the picture is
 * that of the code.
 */
import {readFile, writeFile} from 'node:fs/promises';
import {arrowsOf, type Import, importsOfLib, root} from './imports.ts';
import {layers} from './rules.ts';

const page = `${root}ARCHITECTURE.md`;
const begin = '<!-- drawn by npm run draw: begin -->';
const end = '<!-- drawn by npm run draw: end -->';

/** Folders that nearly everything uses; arrows to them would hide the others. */
const everywhere: ReadonlySet<string> = new Set(['limits.ts', 'errors', 'platform']);

/** A Mermaid flowchart. An arrow that a longer way says already is left out. */
export function picture(imports: readonly Import[]): string {
  const arrows = arrowsOf(imports).filter(([from, to]) => !everywhere.has(to) && !everywhere.has(from));
  const next = Map.groupBy(arrows, ([from]) => from);
  const below = (folder: string, found = new Set<string>()): Set<string> => {
    for (const [, to] of next.get(folder) ?? []) {
      if (found.has(to)) continue;
      found.add(to);
      below(to, found);
    }
    return found;
  };
  const direct = arrows.filter(([from, to]) => !next.get(from)!.some(([, middle]) => middle !== to && below(middle).has(to)));
  const folders = new Set(direct.flat());
  const drawn = layers
    .flat()
    .toReversed()
    .filter((folder) => folders.has(folder));
  return [
    '```mermaid',
    'flowchart TD',
    ...drawn.map((folder) => `  ${nodeOf(folder)}["${folder}"]`),
    ...direct.map(([from, to]) => `  ${nodeOf(from)} --> ${nodeOf(to)}`),
    '```',
  ].join('\n');
}

function nodeOf(folder: string): string {
  return folder.replaceAll(/\W/g, '_');
}

/** The page with the picture put between its marks. */
export function drawn(text: string, imports: readonly Import[]): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error('Cannot draw into ARCHITECTURE.md: its marks are missing');
  return `${text.slice(0, from + begin.length)}\n${picture(imports)}\n${text.slice(to)}`;
}

if (import.meta.main) await writeFile(page, drawn(await readFile(page, 'utf8'), await importsOfLib()));
