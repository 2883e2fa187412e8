/** Tables for people: aligned columns without frames. */
import Table from 'cli-table3';
import {widthOf} from './width.ts';

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

/** Minimum width of the last column. */
const lastColumnMin = 24;

type Cell = string | number | undefined;

/**
 * The lines of a table with a title line. Columns are as wide as their widest cell. With `width`,
 * the last one wraps so that lines fit, if the others leave room.
 */
export function tableLines(columns: readonly Column[], rows: readonly (readonly Cell[])[], width?: number): string[] {
  const cells = rows.map((row) => row.map((cell) => text(cell)));
  const table = new Table({
    head: columns.map(({title}) => title),
    colAligns: columns.map(({align}) => align ?? 'left'),
    ...(width !== undefined && {colWidths: lastWidth(columns, cells, width), wordWrap: true}),
    chars: bare,
    style: {head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true},
  });
  for (const row of cells) table.push(row);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** Widths by column: only the last one has one, when it has to wrap. */
function lastWidth(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): (number | null)[] {
  const widest = columns.map(({title}, i) => Math.max(...[title, ...rows.map((row) => row[i] ?? '')].map(widthOf)));
  const others = widest.slice(0, -1).reduce((sum, each) => sum + each + bare.middle.length, 0);
  const last = Math.min(widest.at(-1) ?? 0, Math.max(lastColumnMin, width - others));
  return columns.map((_, i) => (i === columns.length - 1 ? Math.max(1, last) : null));
}

function text(cell: string | number | undefined): string {
  if (cell === undefined) return '';
  return typeof cell === 'number' ? grouped(cell) : cell;
}

/** A count for people: `1,234,567`. */
export function grouped(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `1 row`, `1,200 rows`. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : several}`;
}

/** A duration for people: `0.8 s`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function spanText(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const s = Math.round(ms / 1_000);
  if (s < 60) return `${s} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
}
