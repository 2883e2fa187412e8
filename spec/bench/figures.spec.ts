import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {casesOf, ceilingRowsPerS} from '../../lib/bench/cases.ts';
import {figuresOf, median} from '../../lib/bench/figures.ts';
import {plot} from '../../lib/bench/plot.ts';

const figures = suite('bench figures');

const page = {
  shape: 'usual',
  rows: 1_000,
  zip: '',
  csv: '',
  json: '',
  csvLines: 1_001,
  csvBytes: 4e6,
  zipBytes: 1e6,
  jsonBytes: 0,
} as const;
const runOf = (wallS: number) => ({wallS, cpuS: wallS, workCpuS: wallS / 2, rssBytes: 90e6, count: 1_000});

figures('the median stands in the middle, between two if need be', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([9, 1, 5, 7]), 6);
});

figures('rates, spread and ratios come from medians of the rounds', () => {
  const [usual] = casesOf(1_000);
  assert.ok(usual);
  const what = {...usual, contenders: ['ours', 'naive', 'duckdb'] as const};
  const runs = new Map([
    ['ours', [runOf(1), runOf(3), runOf(2)]],
    ['naive', [runOf(14), runOf(12), runOf(16)]],
  ] as const);
  const [ours, naive, duckdb] = figuresOf({case: what, page, runs, left: new Map([['duckdb', 'it is not installed']])}, 60e6);
  assert.deepEqual(
    {...ours},
    {
      case: 'usual',
      contender: 'ours',
      left: undefined,
      rounds: 3,
      rows: 1_000,
      wallS: 2,
      spread: 0.5,
      rowsPerS: 500,
      megabytesPerS: 2,
      cpuS: 2,
      workCpuS: 1,
      memoryMb: 30,
      timesNaive: 7,
      timesFloor: undefined,
      timesUnzip: undefined,
      timesDuckdb: undefined,
      inflates: undefined,
    },
  );
  assert.equal(naive?.timesNaive, 1);
  assert.equal(duckdb?.left, 'it is not installed');
});

figures("the plot has every point, and Zoho's ceiling", () => {
  const svg = plot(
    [10_000, 200_000, 2_000_000].map((rows) => ({rows, rowsPerS: 90_000, memoryMb: 80})),
    ceilingRowsPerS,
  );
  assert.equal(svg.match(/<circle/g)?.length, 6);
  assert.match(svg, /Zoho's ceiling for an organisation: 33,333/);
  assert.doesNotMatch(svg, /NaN|Infinity/);
});

figures.run();
