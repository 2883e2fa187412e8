/**
 * `npm run chaos -- --seed S --rounds N`: runs chaos, reports each round, and prints the result.
 * Exit code 1 if a promise was broken.
 *
 * `--report FILE` also writes the report as JSON. `--defects` plants every defect in turn, each for
 * at most N rounds. One that is not caught fails the run.
 */
import {writeFile} from 'node:fs/promises';
import {parseArgs} from 'node:util';
import {defects} from './defects.ts';
import {type ChaosReport, chaosRun} from './run.ts';

const {values} = parseArgs({
  options: {
    seed: {type: 'string', default: '1'},
    rounds: {type: 'string', default: '40'},
    defects: {type: 'boolean', default: false},
    quiet: {type: 'boolean', default: false},
    report: {type: 'string'},
  },
});
const seed = wholeNumber('seed', values.seed);
const rounds = wholeNumber('rounds', values.rounds);
const tell = values.quiet ? undefined : (line: string) => print(line);

const results = values.defects ? await everyDefect() : {chaos: await chaosRun({seed, rounds, tell})};
for (const [name, report] of Object.entries(results)) print(`${name}\n${summaryOf(report)}`);
if (values.report !== undefined) await writeFile(values.report, `${JSON.stringify({seed, rounds, results}, null, 2)}\n`);
const failed = Object.values(results).filter(({violations}) => violations.length > 0 !== values.defects);
process.exitCode = failed.length === 0 ? 0 : 1;

async function everyDefect(): Promise<Record<string, ChaosReport>> {
  const reports: Record<string, ChaosReport> = {};
  for (const defect of defects) {
    const report = await chaosRun({seed, rounds, defect});
    print(`${report.violations.length > 0 ? 'caught' : 'MISSED'}: ${defect}`);
    reports[defect] = report;
  }
  return reports;
}

function summaryOf(report: ChaosReport): string {
  const hits = Object.entries(report.faults).sort(([, a], [, b]) => b - a);
  const lines = [
    `${report.rounds} rounds over ${report.seeds.length} organisations (seeds ${report.seeds[0]} to ${report.seeds.at(-1)}), ${report.quiescences} looks at the truth`,
    `${report.kills} kills, ${report.stops} stops, ${report.failures} failures, ${report.jumps} clock jumps, ${report.edits} edits`,
    `${hits.reduce((sum, [, count]) => sum + count, 0)} faults of ${hits.length} kinds: ${hits.map(([name, count]) => `${name} ${count}`).join(', ')}`,
    `${report.documents} documents read, ${report.committed} committed, ${report.repeats} of them repeats`,
    report.violations.length === 0
      ? 'No promise was broken'
      : `BROKEN: ${report.violations.join('; ')}\nSee it again: ${report.replay}`,
  ];
  return lines.map((line) => `  ${line}`).join('\n');
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`Cannot use --${name} ${text}: want a whole number`);
  return number;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
