/** The figures as tables: for a terminal, and for RESULTS.md. Pure. */
import type {Figures} from './figures.ts';
import type {IdleDay} from './idle-day.ts';
import type {MemoryFigures} from './memory/measure.ts';
import type {Start} from './starts.ts';

export interface Table {
  readonly columns: readonly {readonly title: string; readonly align: 'left' | 'right'}[];
  readonly rows: readonly (readonly (string | undefined)[])[];
}

/** Columns of which the first ones hold text and the others figures. */
const columnsOf = (texts: number, ...titles: readonly string[]): Table['columns'] =>
  titles.map((title, i) => ({title, align: i < texts ? 'left' : 'right'}));

const counted = (count: number): string => count.toLocaleString('en-US', {maximumFractionDigits: 0});

/** One row for each contender that has figures. */
export function casesTable(figures: readonly Figures[]): Table {
  return {
    columns: columnsOf(
      2,
      'case',
      'contender',
      'wall s',
      '±',
      'rows/s',
      'MB/s',
      'CPU s',
      'CPU µs/row',
      'memory MB',
      'x naive',
      'x floor',
      'x unzip',
      'x DuckDB',
      'CPU / inflate',
    ),
    rows: figures
      .filter(({left}) => left === undefined)
      .map((f) => [
        f.case,
        f.contender,
        f.wallS.toFixed(2),
        `${Math.round(100 * f.spread)} %`,
        counted(f.rowsPerS),
        f.megabytesPerS.toFixed(1),
        f.cpuS.toFixed(2),
        ((1e6 * f.cpuS) / f.rows).toFixed(1),
        f.memoryMb?.toFixed(0),
        ...[f.timesNaive, f.timesFloor, f.timesUnzip, f.timesDuckdb, f.inflates].map((times) => times?.toFixed(2)),
      ]),
  };
}

export function startsTable(starts: readonly Start[]): Table {
  return {
    columns: columnsOf(1, 'start', 'ms', 'x node'),
    rows: starts.map(({name, ms, timesNode}) => [name, ms.toFixed(1), timesNode.toFixed(2)]),
  };
}

export function memoryTable(figures: readonly MemoryFigures[], withAbout = false): Table {
  return {
    columns: columnsOf(1, 'case', 'documents', 'output MB', 'wall s', 'peak MB'),
    rows: figures.map(({name, about, documents, bytes, wallS, peakMb}) => [
      withAbout ? `${name}: ${about}` : name,
      counted(documents),
      (bytes / 1e6).toFixed(1),
      wallS.toFixed(1),
      peakMb.toFixed(0),
    ]),
  };
}

export function idleTable(days: readonly IdleDay[]): Table {
  return {
    columns: columnsOf(1, 'interval', 'changes', 'deletions', 'fields', 'credits a day'),
    rows: days.map(({interval, ...credits}) => [
      interval,
      ...[credits.changes, credits.deletions, credits.fields, credits.credits].map(counted),
    ]),
  };
}

/** A table in Markdown. */
export function markdown({columns, rows}: Table): string[] {
  const line = (cells: readonly (string | undefined)[]): string => `| ${cells.map((cell = '') => cell).join(' | ')} |`;
  return [
    line(columns.map(({title}) => title)),
    `|${columns.map(({align}) => (align === 'left' ? '---' : '--:')).join('|')}|`,
    ...rows.map(line),
  ];
}

/** Replaces what stands between `<!-- measured: NAME -->` and `<!-- end -->` in a text. Throws for a name without such a place. */
export function withMeasured(text: string, name: string, lines: readonly string[]): string {
  const begin = `<!-- measured: ${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf('<!-- end -->', from);
  if (from < 0 || to < 0) throw new Error(`Cannot write the figures of ${name}: the page has no place for them`);
  return `${text.slice(0, from)}${begin}\n\n${lines.join('\n')}\n\n${text.slice(to)}`;
}
