/** Which file of `lib/` imports which, read from the sources: what the rules and the picture of ARCHITECTURE.md go by. */
import {glob, readFile} from 'node:fs/promises';
import {posix} from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Import {
  /** Paths below `lib/`, with slashes. */
  readonly from: string;
  readonly to: string;
}

/** Static and dynamic imports alike, those of types included. The compiled kernel's sources are another language's. */
export async function importsOfLib(): Promise<Import[]> {
  const files = await Array.fromAsync(glob('**/*.{ts,js}', {cwd: `${root}lib`, exclude: ['kernel/assembly/**']}));
  const imports = await Promise.all(
    files.sort().map(async (file) => {
      const from = file.replaceAll('\\', '/');
      const text = await readFile(`${root}lib/${file}`, 'utf8');
      const found = text.matchAll(/(?:\bfrom|\bimport\(|^import)\s*'(\.[^']*)'/gm);
      return [...found].map(([, path]) => ({from, to: posix.join(posix.dirname(from), path!)}));
    }),
  );
  return imports.flat();
}

/** The folder of a file: the one directly in `lib/`, or the file itself at the top. */
export function folderOf(file: string): string {
  return file.split('/')[0]!;
}

/** Arrows between folders, each once, sorted by name. */
export function arrowsOf(imports: readonly Import[]): (readonly [from: string, to: string])[] {
  const arrows = new Set(imports.map(({from, to}) => `${folderOf(from)} ${folderOf(to)}`));
  return [...arrows]
    .sort()
    .map((arrow) => arrow.split(' ') as [string, string])
    .filter(([from, to]) => from !== to);
}
