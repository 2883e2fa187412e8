import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import {type Case, type ContenderName, casesOf} from '../../lib/bench/cases.ts';
import {figuresOf} from '../../lib/bench/figures.ts';
import {type Measured, measure} from '../../lib/bench/measure.ts';
import {makePage} from '../../lib/bench/pages.ts';

const rows = 2_000;
const measuring = suite<{folder: string}>('bench measure');

measuring.before(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-bench-spec-'));
});
measuring.after(({folder}) => rm(folder, {recursive: true, force: true}));

async function measured(folder: string, name: string, changes: Partial<Case>, rounds: number): Promise<Measured> {
  const known = casesOf(rows).find((one) => one.name === name);
  assert.ok(known);
  const what = {...known, ...changes};
  const page = await makePage(folder, what.shape, what.rows, what.coql);
  return measure(what, page, {rounds, folder, onRun() {}});
}

measuring('a contender whose documents are wrong has no figures, and the others keep theirs', async ({folder}) => {
  const contenders: readonly ContenderName[] = ['broken', 'ours-file', 'naive', 'floor', 'inflate'];
  const result = await measured(folder, 'usual', {contenders}, 1);
  assert.deepEqual([...result.left], [['broken', 'broken wrote other documents than the reference']]);
  assert.deepEqual([...result.runs.keys()], ['ours-file', 'naive', 'floor', 'inflate']);
  const [broken, ours] = figuresOf(result, 0);
  assert.equal(broken?.rounds, 0);
  assert.ok(Number.isNaN(broken.rowsPerS));
  assert.equal(ours?.rows, rows);
  assert.ok(ours.rowsPerS > 0 && (ours.timesNaive ?? 0) > 0 && (ours.inflates ?? 0) > 0);
  assert.equal(ours.timesDuckdb, undefined);
});

for (const [name, changes] of [
  ['usual', {pages: 3, contenders: ['ours', 'ours-serial']}],
  ['wide', {rows: 200, contenders: ['ours']}],
  ['unicode', {contenders: ['ours', 'duckdb']}],
  ['coql', {rows: 5_000, contenders: ['ours']}],
  ['bindings', {rows: 300, contenders: ['ours']}],
  ['null', {contenders: ['ours']}],
] as const) {
  measuring(`a whole capture writes the naive pipeline's documents: ${name}`, async ({folder}) => {
    // The warm-up compares documents as every round does.
    const {left} = await measured(folder, name, changes, 0);
    assert.deepEqual([...left], []);
  });
}

measuring.run();
