/** Tables for people: columns that line up, without frames. */
import Table from 'cli-table3';

const bare = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** The lines of a table with a line of titles. Columns are as wide as their widest cell. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly (string | number | undefined)[])[]): string[] {
  const table = new Table({
    head: columns.map(({title}) => title),
    colAligns: columns.map(({align}) => align ?? 'left'),
    chars: bare,
    style: {head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true},
  });
  for (const row of rows) table.push(row.map((cell) => text(cell)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

function text(cell: string | number | undefined): string {
  if (cell === undefined) return '';
  return typeof cell === 'number' ? grouped(cell) : cell;
}

/** A count as people read it: `1,234,567`. */
export function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `1 row`, `1,200 rows`. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : several}`;
}

/** A length of time as people read it: `0.8 s`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function spanText(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const s = Math.round(ms / 1_000);
  if (s < 60) return `${s} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
}
