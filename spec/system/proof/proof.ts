/**
 * `npm run proof`: the guarantees at full size, which the specs show in short forms.
 *
 * Prints a line for each part, and exits with 1 when one failed. `--only NAME,NAME` runs some of them, `--list` names them. With `--write` the report
 * goes to `spec/system/proof/REPORT.md`, too: of all parts only, because a report of several days and several versions would prove none of them.
 */
import {writeFile} from 'node:fs/promises';
import {cpus, totalmem} from 'node:os';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {type Finding, parts} from './parts.ts';

const {values} = parseArgs({
  options: {
    write: {type: 'boolean', default: false},
    list: {type: 'boolean', default: false},
    only: {type: 'string', multiple: true},
  },
});
const names = values.only?.flatMap((list) => list.split(','));
const unknown = names?.filter((name) => !parts.some((part) => part.name === name)) ?? [];
if (unknown.length > 0) throw new Error(`Cannot run ${unknown}: the parts are ${parts.map(({name}) => name).join(', ')}`);
if (names !== undefined && values.write) throw new Error('Cannot write a report of some parts: leave out --only, or --write');

if (values.list) for (const {name, what} of parts) print(`${name.padEnd(16)}${what}`);
else process.exitCode = (await prove()) ? 0 : 1;

async function prove(): Promise<boolean> {
  const chosen = parts.filter(({name}) => names === undefined || names.includes(name));
  const rows: string[] = [];
  let failed = 0;
  const begunMs = performance.now();
  for (const {name, what, run} of chosen) {
    const partMs = performance.now();
    const seconds = (): string => ((performance.now() - partMs) / 1000).toFixed(0);
    const {counts, faults} = await run((line) => print(`     ${name}: ${line} (${seconds()} s)`)).catch(
      (error: unknown): Finding => ({counts: 'ended early', faults: [error instanceof Error ? error.message : String(error)]}),
    );
    if (faults.length > 0) failed++;
    print(`${faults.length > 0 ? 'FAIL' : 'ok  '} ${what}: ${counts} (${seconds()} s)`);
    for (const fault of faults.slice(0, 10)) print(`     ${fault}`);
    const result = faults.length === 0 ? 'kept' : `**broken**: ${faults.slice(0, 3).join('; ')}`;
    rows.push(`| ${what} | ${counts} | ${result} | ${seconds()} |`);
  }
  const minutes = ((performance.now() - begunMs) / 60_000).toFixed(1);
  print(`${chosen.length - failed} of ${chosen.length} parts kept their promise, in ${minutes} minutes`);
  if (values.write) await writeReport(rows, minutes);
  return failed === 0;
}

async function writeReport(rows: readonly string[], minutes: string): Promise<void> {
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform}, node ${process.version}`;
  const report = [
    '# What was proven, and when',
    '',
    `Written by \`npm run proof -- --write\` on ${new Date().toISOString().slice(0, 10)}: ${machine}; ${minutes} minutes in all.`,
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
