/**
 * What `npm pack` runs before and after: node does not strip types below `node_modules`, so a package has to hold JavaScript.
 *
 * `pack.ts` writes `packed/`, the files of `lib/` with their types stripped and their imports renamed; `pack.ts --clean` takes it away again. Lines stay where
 * they are, so that a stack trace fits the sources.
 */
import {copyFile, glob, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {stripTypeScriptTypes} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const packed = join(root, 'packed');

await rm(packed, {recursive: true, force: true});
if (!process.argv.includes('--clean')) await pack();

async function pack(): Promise<void> {
  const files = await Array.fromAsync(
    glob('**/*.{ts,js,wasm}', {cwd: join(root, 'lib'), exclude: ['kernel/assembly/**', '**/*.d.ts']}),
  );
  for (const file of files) {
    const from = join(root, 'lib', file);
    const to = join(packed, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(to), {recursive: true});
    if (file.endsWith('.ts')) await writeFile(to, stripped(await readFile(from, 'utf8')));
    else await copyFile(from, to);
  }
}

/** JavaScript of a file; files that it imports or starts have their new names in it. */
function stripped(text: string): string {
  return stripTypeScriptTypes(text).replaceAll(/(\bfrom '|\bimport\('|^import '|new URL\(')([^'\n]+)\.ts'/gm, "$1$2.js'");
}
