/**
 * What can be measured: pages, bindings and readers that a backfill meets, and the contenders of
 * each.
 */
import type {ShapeName} from './fixtures.ts';
import type {Output} from './run.ts';

export interface Case {
  readonly name: string;
  /** What it shows, as text. */
  readonly about: string;
  readonly shape: ShapeName;
  /** Rows per page, pages per binding. */
  readonly rows: number;
  readonly pages: number;
  readonly bindings: number;
  readonly coql: boolean;
  readonly output: Output;
  /** Duration of each job and each download; 0 for none. */
  readonly jobMs: number;
  readonly downloadMs: number;
  readonly serialJobs: boolean;
  readonly contenders: readonly ContenderName[];
}

export type ContenderName = 'ours' | 'ours-file' | 'ours-serial' | 'naive' | 'floor' | 'inflate' | 'unzip' | 'duckdb' | 'broken';

const main: readonly ContenderName[] = ['ours', 'naive', 'floor'];

const usual = {
  shape: 'usual',
  pages: 1,
  bindings: 1,
  coql: false,
  output: 'pipe',
  jobMs: 0,
  downloadMs: 0,
  serialJobs: false,
  contenders: main,
} as const;

const slowZoho = {pages: 5, jobMs: 2_000, downloadMs: 1_500, contenders: ['ours', 'ours-serial']} as const;

/** The case that runs only by name. */
export const hundred = 'hundred';

/** All cases, for pages of about `rows` rows. */
export function casesOf(rows: number): readonly Case[] {
  const part = (divisor: number): number => Math.max(1, Math.floor(rows / divisor));
  const all: readonly ContenderName[] = ['ours', 'ours-file', 'naive', 'floor', 'inflate', 'unzip', 'duckdb'];
  return [
    {...usual, name: 'usual', about: '30 columns, output to a pipe', rows, contenders: all},
    {...usual, name: 'narrow', about: '8 columns', shape: 'narrow', rows},
    {...usual, name: 'wide', about: '150 columns', shape: 'wide', rows: part(4)},
    {...usual, name: 'quoted', about: '30 columns, every cell quoted', shape: 'quoted', rows},
    {...usual, name: 'unicode', about: '30 columns, texts of many scripts', shape: 'unicode', rows},
    {
      ...usual,
      name: 'coql',
      about: 'a sweep over COQL pages of 2,000 rows',
      coql: true,
      rows: part(4),
      contenders: ['ours', 'naive'],
    },
    {...usual, name: 'bindings', about: '8 bindings at once, a page each', bindings: 8, rows: part(8)},
    {
      ...usual,
      name: hundred,
      about: '100 bindings at once, at ten downloads a minute: 10 minutes a round, and not among all',
      bindings: 100,
      rows: part(100),
      contenders: ['ours'],
    },
    {...usual, name: 'null', about: 'output to /dev/null; documents are counted, not compared', output: 'null', rows},
    {...usual, name: 'slow', about: 'a reader of 40 MB/s', output: 'slow', rows, contenders: ['ours']},
    {
      ...usual,
      name: 'stalled',
      about: 'five pages, and a reader that goes away for a minute',
      output: 'stalled',
      pages: 5,
      rows,
      contenders: ['ours'],
    },
    {
      ...usual,
      ...slowZoho,
      name: 'latency-parallel',
      about: '5 pages, jobs of 2 s side by side, downloads of 1.5 s',
      rows: part(20),
    },
    {...usual, ...slowZoho, name: 'latency-serial', about: 'the same, one job after another', serialJobs: true, rows: part(20)},
  ];
}

/**
 * The cases of the plot: one capture of more and more rows, in pages of 200,000 as Zoho has them.
 */
export function ladderOf(rowsMax: number): readonly Case[] {
  return [10_000, 50_000, 200_000, 400_000, 1_000_000, 2_000_000]
    .filter((total) => total <= rowsMax)
    .map((total) => {
      const pages = Math.ceil(total / pageRowsMax);
      return {...usual, name: `${total} rows`, about: '', rows: total / pages, pages, contenders: ['ours']};
    });
}

/**
 * Rows in a page of Bulk Read (zoho-api sheet 4.1), and the rate that ten downloads a minute allow.
 * No pipeline gets more out of one organisation.
 */
export const pageRowsMax = 200_000;
export const ceilingRowsPerS = (10 * pageRowsMax) / 60;
