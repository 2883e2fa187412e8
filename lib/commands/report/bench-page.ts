/** The page of a benchmark: its table as bars, grouped by case. Pure. */
import type {Figures} from '../../bench/figures.ts';
import {grouped} from '../terminal/table.ts';
import {answersSection, escaped, outcomeLine, pageOf, section} from './html.ts';
import type {Outcome} from './record.ts';
import type {Answer} from './verdict.ts';

export interface BenchRecord {
  readonly outcome: Outcome;
  readonly machine: string;
  readonly date: string;
  readonly node: string;
  /** Rows a second that Zoho's download limit allows one organisation. */
  readonly ceilingRowsPerS: number;
  readonly figures: readonly Figures[];
}

/** Whether a contender is this connector; the others are for comparison. */
const isOurs = ({contender}: Figures): boolean => contender.startsWith('ours');

export function benchPage(record: BenchRecord): string {
  const cases = [...Map.groupBy(record.figures, (figures) => figures.case)];
  return pageOf({
    title: 'Benchmark report',
    subtitle: `${record.machine}, ${record.date.slice(0, 16).replace('T', ' ')} UTC; medians, with half the distance between the slowest and the fastest round`,
    data: record,
    body: [
      outcomeLine(record.outcome, 'The cases below were measured before.'),
      answersSection(answersOf(record)),
      ...cases.map(([name, figures]) => section(titleOf(name, figures), bars(figures))),
    ].join('\n'),
  });
}

/** Speed, limits and cost, for the first case in which this connector ran. */
function answersOf({figures, ceilingRowsPerS}: BenchRecord): readonly Answer[] {
  const ours = figures.find((one) => isOurs(one) && one.left === undefined);
  if (ours === undefined) return [];
  const {rowsPerS, spread, timesNaive, memoryMb, cpuS, rows} = ours;
  const beside =
    timesNaive === undefined ? '' : `; ${timesNaive.toFixed(1)} times as fast as the same libraries combined in the obvious way`;
  const times = rowsPerS / ceilingRowsPerS;
  return [
    {
      question: `How fast it is (${ours.case})`,
      headline: `${grouped(rowsPerS)} rows a second`,
      detail: `± ${Math.round(100 * spread)} %${beside}.`,
    },
    {
      question: 'What limits the rate',
      headline: times >= 1 ? "Zoho's downloads" : 'This machine',
      detail: `Zoho lets one organisation download ${grouped(ceilingRowsPerS)} rows a second at most; the connector takes ${times.toFixed(1)} times that.`,
    },
    {
      question: 'What it cost',
      headline: `${((1e6 * cpuS) / rows).toFixed(1)} s of processor time`,
      detail: `for a million rows${memoryMb === undefined ? '' : `, and ${memoryMb.toFixed(0)} MB of memory at most`}.`,
    },
  ];
}

function titleOf(name: string, figures: readonly Figures[]): string {
  return `${name}: ${grouped(figures[0]?.rows ?? 0)} rows`;
}

function bars(figures: readonly Figures[]): string {
  const measured = figures.filter(({left}) => left === undefined);
  const fastest = Math.max(...measured.map(({rowsPerS}) => rowsPerS));
  const heaviest = Math.max(...measured.map(({memoryMb = 0}) => memoryMb));
  const rates = measured.map((one) => {
    const spread = `± ${Math.round(100 * one.spread)} %`;
    return bar(one, 'rowsPerS', one.rowsPerS, fastest, `${grouped(one.rowsPerS)}/s ${spread}`);
  });
  const memories = measured
    .filter(({memoryMb}) => memoryMb !== undefined)
    .map((one) => bar(one, 'memoryMb', one.memoryMb!, heaviest, `${one.memoryMb!.toFixed(0)} MB`, 'memory'));
  const left = figures
    .filter((one) => one.left !== undefined)
    .map(({contender, left}) => `<p class="muted">${escaped(contender)}: no figures, ${escaped(left!)}</p>`);
  return [
    '<div class="chart"><h3>Rows a second</h3></div>',
    ...rates,
    memories.length === 0 ? '' : '<div class="chart"><h3>Peak memory above an idle process</h3></div>',
    ...memories,
    ...left,
  ].join('');
}

function bar(figures: Figures, key: string, value: number, largest: number, text: string, kind = ''): string {
  const width = largest > 0 ? ((100 * Math.max(0, value)) / largest).toFixed(1) : '0';
  const classes = ['bar', kind, isOurs(figures) ? '' : 'other'].filter((name) => name !== '').join(' ');
  const names = `data-of="${escaped(`${figures.case} ${figures.contender}`)}" data-figure="${key}" data-value="${value}"`;
  return `<div class="${classes}" ${names}><span>${escaped(figures.contender)}</span><div><i style="width:${width}%"></i></div><span>${escaped(text)}</span></div>`;
}
