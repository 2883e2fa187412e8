/**
 * `npm run mutants -- PATH...`: changes the files of `lib/` one spot at a time and tells which changes no spec of theirs notices.
 *
 * Works on a copy. Only the specs that own a file are run for it: `owners.ts` says which. `--json FILE` keeps the outcome of every mutant.
 */
import {statSync} from 'node:fs';
import {glob, writeFile} from 'node:fs/promises';
import {relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {scoresOf, tried} from './score.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const {values, positionals} = parseArgs({allowPositionals: true, options: {json: {type: 'string'}}});
process.chdir(root);

const files = await filesOf(positionals);
if (files.length === 0) {
  process.stderr.write('Cannot tell what to change: name files or folders of lib/, as in npm run mutants -- lib/flow\n');
  process.exit(2);
}
const mutants = await tried(files);
for (const {file, line, mutator, was, becomes, status} of mutants.filter(
  ({status}) => status === 'lived' || status === 'not reached',
))
  print(`${status.padEnd(12)}${file}:${line} ${mutator}: ${was} -> ${becomes}`);
for (const {name, killed, counted, percent} of scoresOf(mutants))
  print(`${percent.padStart(6)} %  ${killed} of ${counted}  ${name}`);
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(mutants, null, 1));

async function filesOf(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (!statSync(path).isDirectory()) found.push(relative(root, path));
    else
      found.push(
        ...(await Array.fromAsync(
          glob(`${path.replace(/\/$/, '')}/**/*.ts`, {exclude: ['**/*.d.ts', 'lib/kernel/assembly/**']}),
        )),
      );
  }
  return [...new Set(found)].sort();
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
