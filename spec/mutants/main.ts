/**
 * `npm run mutants -- PATH...`: changes the files of `lib/` one spot at a time and tells which changes no spec of theirs notices.
 *
 * Works on a copy. Only the specs that own a file are run for it: `owners.ts` says which. `--at-once N` tries that many mutants side by side, and
 * `--sample N` changes only one in so many places, for an estimate. `--json FILE` keeps the outcome of every mutant, beside what the file holds of other
 * files of `lib/`, and `--write` puts the figures into `spec/system/proof/MUTANTS.md`: those of this run and of that file.
 *
 * `--needless` runs every case that reaches a mutant, and names the cases that notice nothing that another one would not: those may be there for what they
 * tell a reader, or may go.
 */
import {existsSync, statSync} from 'node:fs';
import {glob, readFile, writeFile} from 'node:fs/promises';
import {relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {needlessCases} from './needless.ts';
import {notMutated} from './owners.ts';
import {folders, writePage} from './page.ts';
import {needlessMarks, scoresOf, type Tried, tried} from './score.ts';
import {reasonFor} from './survivors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    json: {type: 'string'},
    write: {type: 'boolean', default: false},
    'at-once': {type: 'string', default: '1'},
    sample: {type: 'string', default: '1'},
    needless: {type: 'boolean', default: false},
  },
});
process.chdir(root);

const files = await filesOf(positionals);
const kept = await keptIn(values.json);
if (files.length === 0 && kept.length === 0) {
  process.stderr.write('Cannot tell what to change: name files or folders of lib/, as in npm run mutants -- lib/flow\n');
  process.exit(2);
}
const mutants =
  files.length === 0
    ? []
    : await tried(files, {atOnce: Number(values['at-once']), oneIn: Number(values.sample), all: values.needless});
for (const {file, line, mutator, was, becomes, status} of mutants)
  if (status === 'lived' || status === 'not reached')
    print(
      `${status.padEnd(12)}${file}:${line} ${mutator}: ${was} -> ${becomes}${reasonFor({file, line}) === undefined ? '' : ' (has a reason)'}`,
    );
if (values.sample === '1')
  for (const place of needlessMarks(files, mutants)) print(`needless mark at ${place}: each change is noticed`);
for (const {name, killed, counted, percent} of scoresOf(mutants, folders))
  print(`${percent.padStart(6)} %  ${killed} of ${counted}  ${name}`);
if (values.needless) for (const {name, reason} of needlessCases(mutants)) print(`${name}: ${reason}`);

const all = [...kept.filter(({file}) => !files.includes(file) && existsSync(file)), ...mutants].sort(byPlace);
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(all, null, 1));
if (values.write) await writePage(all);

async function filesOf(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (!statSync(path).isDirectory()) found.push(relative(root, path));
    else found.push(...(await Array.fromAsync(glob(`${path.replace(/\/$/, '')}/**/*.ts`, {exclude: notMutated}))));
  }
  return [...new Set(found)].sort();
}

async function keptIn(path: string | undefined): Promise<Tried[]> {
  return path === undefined || !existsSync(path) ? [] : (JSON.parse(await readFile(path, 'utf8')) as Tried[]);
}

function byPlace(a: Tried, b: Tried): number {
  return a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
