/**
 * `npm run proof`: the guarantees at full size, which the specs show in short forms.
 *
 * Prints a line for each part, and exits with 1 when one failed. Each part is a process of its own,
 * and two run at once; `--at-once 1` runs one after another. `--only NAME,NAME` runs some of them,
 * `--list` names them, `--share 0.02` runs a small form of each. With `--write` the report goes to
 * `spec/system/proof/REPORT.md`, too: of all parts at full size only, because a report of several
 * days and several versions would prove none of them.
 */
import {fork} from 'node:child_process';
import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import {cpus, totalmem} from 'node:os';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import type {Finding, Part} from './part.ts';
import {parts} from './parts.ts';
import type {Told} from './run-part.ts';

/** The longest parts, which begin first so that none of them runs alone at the end. */
const longest = ['chaos', 'more-chaos', 'defects', 'long'];

const {values} = parseArgs({
  options: {
    write: {type: 'boolean', default: false},
    list: {type: 'boolean', default: false},
    only: {type: 'string', multiple: true},
    share: {type: 'string', default: '1'},
    'at-once': {type: 'string', default: '2'},
  },
});
const share = Number(values.share);
const atOnce = Number(values['at-once']);
const names = values.only?.flatMap((list) => list.split(','));
const unknown = names?.filter((name) => !parts.some((part) => part.name === name)) ?? [];
if (unknown.length > 0) throw new Error(`Cannot run ${unknown}: the parts are ${parts.map(({name}) => name).join(', ')}`);
if (!(share > 0 && share <= 1)) throw new Error(`Cannot run a share of ${values.share}: want a number up to 1`);
if (!Number.isSafeInteger(atOnce) || atOnce < 1) throw new Error(`Cannot run ${values['at-once']} parts at once: want 1 or more`);
if ((names !== undefined || share < 1) && values.write)
  throw new Error('Cannot write a report of some parts, or of a share: leave out --only and --share, or --write');

interface Outcome extends Finding {
  readonly part: Part;
  readonly seconds: string;
}

if (values.list) for (const {name, what} of parts) print(`${name.padEnd(16)}${what}`);
else process.exitCode = (await prove()) ? 0 : 1;

async function prove(): Promise<boolean> {
  const chosen = parts.filter(({name}) => names === undefined || names.includes(name));
  const rank = ({name}: Part): number => (longest.includes(name) ? longest.indexOf(name) : longest.length);
  const waiting = chosen.toSorted((a, b) => rank(a) - rank(b));
  const outcomes = new Map<Part, Outcome>();
  const begunMs = performance.now();
  await Promise.all(
    Array.from({length: atOnce}, async () => {
      for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
        const outcome = await run(part);
        outcomes.set(part, outcome);
        const {counts, faults, seconds} = outcome;
        print(`${faults.length > 0 ? 'FAIL' : 'ok  '} ${part.what}: ${counts} (${seconds} s)`);
        for (const fault of faults.slice(0, 10)) print(`     ${fault}`);
      }
    }),
  );
  const kept = [...outcomes.values()].filter(({faults}) => faults.length === 0).length;
  const minutes = ((performance.now() - begunMs) / 60_000).toFixed(1);
  print(`${kept} of ${chosen.length} parts kept their promise, in ${minutes} minutes`);
  if (values.write)
    await writeReport(
      chosen.map((part) => outcomes.get(part)!),
      minutes,
    );
  return kept === chosen.length;
}

/**
 * Runs a part in a process of its own, as it would run alone: controls change the program, and a
 * soak measures its process.
 */
async function run(part: Part): Promise<Outcome> {
  const begunMs = performance.now();
  const seconds = (): string => ((performance.now() - begunMs) / 1000).toFixed(0);
  const child = fork(fileURLToPath(new URL('run-part.ts', import.meta.url)), [part.name, String(share)]);
  let finding: Finding | undefined;
  child.on('message', (told: Told) => {
    if ('finding' in told) finding = told.finding;
    else print(`     ${part.name}: ${told.line} (${seconds()} s)`);
  });
  const [code, signal] = await once(child, 'close');
  finding ??= {counts: 'ended early', faults: [`its process ended with ${signal ?? code}`]};
  return {...finding, part, seconds: seconds()};
}

async function writeReport(outcomes: readonly Outcome[], minutes: string): Promise<void> {
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform}, node ${process.version}`;
  const rows = outcomes.map(({part, counts, faults, seconds}) => {
    const result = faults.length === 0 ? 'kept' : `**broken**: ${faults.slice(0, 3).join('; ')}`;
    return `| ${part.what} | ${counts} | ${result} | ${seconds} |`;
  });
  const report = [
    '# What was proven, and when',
    '',
    `Written by \`npm run proof -- --write\` on ${new Date().toISOString().slice(0, 10)}: ${machine}; ${minutes} minutes in all, ${atOnce} parts at once.`,
    '',
    '| Part | What was run | Result | s |',
    '|---|---|---|---|',
    ...rows,
    '',
  ];
  await writeFile(fileURLToPath(new URL('REPORT.md', import.meta.url)), report.join('\n'));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
