/** The page of a benchmark: its table as bars, a group for each case. Pure. */
import type {Figures} from '../../bench/figures.ts';
import {grouped} from '../terminal/table.ts';
import {escaped, pageOf, section} from './html.ts';

export interface BenchRecord {
  readonly machine: string;
  readonly date: string;
  readonly node: string;
  /** Rows a second that Zoho's download limit allows one organisation. */
  readonly ceilingRowsPerS: number;
  readonly figures: readonly Figures[];
}

/** Contenders that are this connector; all others are what it is measured against. */
const isOurs = ({contender}: Figures): boolean => contender.startsWith('ours');

export function benchPage(record: BenchRecord): string {
  const cases = [...Map.groupBy(record.figures, (figures) => figures.case)];
  return pageOf({
    title: 'Benchmark report',
    subtitle: `${record.machine}, ${record.date}; medians, with half the distance between the slowest and the fastest round`,
    data: record,
    body: [
      `<p class="verdict">Zoho lets one organisation download ${grouped(record.ceilingRowsPerS)} rows a second at most.</p>`,
      ...cases.map(([name, figures]) => section(titleOf(name, figures), bars(figures))),
    ].join('\n'),
  });
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
    memories.length === 0 ? '' : '<div class="chart"><h3>Peak memory above a process that does nothing</h3></div>',
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
