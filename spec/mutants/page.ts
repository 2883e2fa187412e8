/** Writes what a run found into `spec/system/proof/MUTANTS.md`. */
import {writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {scoresOf, type Tried} from './score.ts';
import {reasonFor} from './survivors.ts';

/** The share that each folder is to reach, in percent. */
const goals: readonly (readonly [folder: string, percent: number])[] = [
  ...['capture', 'sources', 'sinks', 'flow', 'transforms', 'records', 'kernel'].map((name) => [`lib/${name}/`, 90] as const),
  ...['zoho', 'connector', 'commands/verify'].map((name) => [`lib/${name}/`, 85] as const),
];

export const folders = goals.map(([folder]) => folder);

export async function writePage(mutants: readonly Tried[]): Promise<void> {
  const scores = scoresOf(mutants, folders);
  const rowsOf = (names: readonly string[]) =>
    scores
      .filter(({name}) => names.includes(name))
      .map(({name, killed, counted, percent}) => {
        const goal = goals.find(([folder]) => folder === name)?.[1];
        return `| \`${name}\` | ${counted} | ${killed} | ${percent} %${goal === undefined ? '' : ` | ${goal} %`} |`;
      });
  const marked = mutants.filter(({status}) => status === 'marked');
  const living = mutants.filter(({status}) => status === 'lived' || status === 'not reached');
  const oneIn = mutants.reduce((most, mutant) => Math.max(most, mutant.oneIn), 1);
  const page = [
    '# Mutants',
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)}, node ${process.version}, with \`npm run mutants -- ${folders.map((folder) => folder.slice(0, -1)).join(' ')} --at-once 2 --write\`,`,
    ...(oneIn > 1 ? [`and \`--sample ${oneIn}\` at most: in part of the places, so that the shares are estimates.`] : []),
    'which takes about 25 minutes on two cores. A mutant is one small change to the code; it is killed when a spec that owns the file fails. `spec/mutants/owners.ts` says which specs those are. Texts for people',
    `are not changed (${mutants.filter(({status}) => status === 'prose').length} of them), and cases that take longer than a tenth of a second are not run.`,
    '',
    '| Folder | Mutants | Killed | Share | Goal |',
    '|---|---|---|---|---|',
    ...rowsOf(folders),
    '',
    '| File | Mutants | Killed | Share |',
    '|---|---|---|---|',
    ...rowsOf(scores.map(({name}) => name).filter((name) => !folders.includes(name))),
    '',
    '## Changes that nobody can see',
    '',
    'No spec can notice these. Each is marked where it is, with its reason.',
    '',
    ...linesOf(marked, ({reason}) => reason ?? ''),
    '',
    '## Survivors',
    '',
    'No spec in milliseconds notices these. `spec/mutants/reasons/` says why each may live.',
    '',
    ...linesOf(living, (mutant) => reasonFor(mutant) ?? 'no reason is known'),
    '',
  ];
  await writeFile(fileURLToPath(new URL('../system/proof/MUTANTS.md', import.meta.url)), page.join('\n'));
}

/** One line for each place and reason, with how many changes it stands for. */
function linesOf(mutants: readonly Tried[], reasonOf: (mutant: Tried) => string): string[] {
  const places = Map.groupBy(mutants, (mutant) => `\`${mutant.file}:${mutant.line}\` ${reasonOf(mutant)}`);
  return [...places].map(
    ([place, some]) =>
      `- ${place}: ${some.map(({mutator, becomes}) => `${mutator} \`${becomes.replaceAll('`', "'")}\``).join(', ')}`,
  );
}
