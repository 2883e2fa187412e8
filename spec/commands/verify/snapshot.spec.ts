/** A captured snapshot beside Zoho's rows, which have no times. */
import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {suite} from 'uvu';
import {FieldPlan} from '../../../lib/capture/field-plan.ts';
import {Comparison} from '../../../lib/commands/verify/compare.ts';
import {ListedQuarantine} from '../../../lib/commands/verify/left-out.ts';
import {compareSnapshot} from '../../../lib/commands/verify/snapshot.ts';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {bulkZoho, type JobAnswer} from '../../harness/bulk-zoho.ts';
import {textField} from '../../harness/fields.ts';

const snapshot = suite<{folder: string}>('captured snapshots');

snapshot.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-snapshot-'));
});
snapshot.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

/** A captured row with its number, and one that deletes a number. */
const row = (number: number, id: number, A: string, op = 'c') =>
  `{"id":${id},"A":"${A}","_meta":{"op":"${op}","row_id":${number}}}`;
const deletion = (number: number) => `{"_meta":{"op":"d","row_id":${number}}}`;

type Job = JobAnswer | ((fields: readonly string[]) => JobAnswer);

async function compared(folder: string, lines: readonly string[], job: Job) {
  const path = join(folder, 'rows.ndjson');
  const text = lines.map((line) => `${line}\n`).join('');
  await writeFile(path, `${text}not committed`);
  return comparedIn(path, Buffer.byteLength(text), job);
}

async function comparedIn(path: string, bytes: number, job: Job) {
  const comparison = new Comparison(new Map());
  const asked: (readonly string[])[] = [];
  const zoho = bulkZoho(({fields = [], whole}) => {
    assert.equal(whole, true);
    asked.push(fields);
    return typeof job === 'function' ? job(fields) : job;
  });
  let seen = 0;
  await compareSnapshot({
    module: 'Links',
    plan: new FieldPlan([textField('id', {type: 'id'}), textField('A'), textField('B', {bulk: false})]),
    path,
    bytes,
    comparison,
    quarantine: new ListedQuarantine(comparison),
    client: zoho.context.client,
    signal: zoho.context.signal,
    log: () => {},
    work: {add: () => void seen++, pause: async () => {}},
  });
  return {comparison, asked, seen};
}

const file = (...rows: readonly (readonly [id: number, A: string])[]): JobAnswer => ({
  count: rows.length,
  csv: ['Id,A', ...rows.map(([id, A]) => `${id},${A}`), ''].join('\n'),
});

const outcome = ({records, compared: count, missing, extra, shown}: Comparison) => ({
  records,
  compared: count,
  missing,
  extra,
  shown: shown.map(({id, what}) => `${id} ${what}`),
});

snapshot('are the same as the rows of Zoho in any order, numbers taken over and deleted', async ({folder}) => {
  const lines = [row(10, 1, 'old'), row(11, 2, 'b'), row(12, 3, 'c'), row(10, 1, 'a', 'u'), deletion(12)];
  const {comparison, asked, seen} = await compared(folder, lines, file([2, 'b'], [1, 'a']));
  assert.deepEqual(outcome(comparison), {records: 2, compared: 2, missing: 0, extra: 0, shown: []});
  assert.equal(seen, 2);
  assert.deepEqual(asked, [['id', 'A']]);
});

snapshot('differ where a row is missing, has another value, or is there more often', async ({folder}) => {
  const {comparison} = await compared(
    folder,
    [row(0, 1, 'a'), row(1, 1, 'a'), row(2, 2, 'b')],
    file([1, 'a'], [2, 'other'], [3, 'c']),
  );
  assert.deepEqual(outcome(comparison), {
    records: 3,
    compared: 3,
    missing: 2,
    extra: 2,
    shown: ['2 missing, or has other values', '3 missing, or has other values', '1 extra', '2 extra'],
  });
  const twice = await compared(folder, [row(0, 1, 'a')], file([1, 'a'], [1, 'a']));
  assert.deepEqual(outcome(twice.comparison).shown, ['1 missing, or has other values']);
});

snapshot('of nothing are compared with what Zoho has', async ({folder}) => {
  assert.deepEqual(outcome((await compared(folder, [], file([1, 'a']))).comparison).missing, 1);
  assert.deepEqual(outcome((await compared(folder, [], {count: 0})).comparison), {
    records: 0,
    compared: 0,
    missing: 0,
    extra: 0,
    shown: [],
  });
});

snapshot('name a row by its id, or say that it has none', async ({folder}) => {
  const lines = ['{"A":"a","_meta":{"op":"c","row_id":0}}', row(1, 5725767000000524000, 'a')];
  assert.deepEqual(outcome((await compared(folder, lines, {count: 0})).comparison).shown, [
    'a row without id extra',
    '5725767000000524000 extra',
  ]);
});

snapshot('hold nothing but rows with a number', async ({folder}) => {
  for (const line of [
    '{"id":1,"_meta":{"op":"x","row_id":0}}',
    '{"id":1}',
    `x${deletion(0)}`,
    `${deletion(0)}x`,
    `${row(0, 1, 'a')} x`,
  ])
    await assert.rejects(
      compared(folder, [line], {count: 0}),
      /Cannot read a line of .*rows\.ndjson: it does not end with the number of a row/,
    );
});

snapshot('are read without the fields that Bulk Read refuses', async ({folder}) => {
  const refusing = (named: string) => (fields: readonly string[]) => {
    if (fields.includes('A')) throw new ZohoError('field', 'no', {field: named});
    return {count: 1, csv: 'Id\n1\n'};
  };
  const {comparison, asked} = await compared(folder, ['{"id":1,"_meta":{"op":"c","row_id":0}}'], refusing('A'));
  assert.deepEqual([comparison.isSame, asked], [true, [['id', 'A'], ['id']]]);
  await assert.rejects(compared(folder, [], refusing('Other')), {kind: 'field'});
  await assert.rejects(
    compared(folder, [], () => {
      throw Object.assign(new Error('a bug'), {field: 'A'});
    }),
    /a bug/,
  );
  await assert.rejects(
    compared(folder, [], () => {
      throw new ZohoError('module', 'gone');
    }),
    {kind: 'module'},
  );
});

snapshot('are read unpacked where they are compressed, as far as they were committed', async ({folder}) => {
  const path = join(folder, 'rows.ndjson.gz');
  const packed = Buffer.concat([row(0, 1, 'a'), row(1, 2, 'b')].map((line) => gzipSync(`${line}\n`)));
  await writeFile(path, Buffer.concat([packed, Buffer.from('torn')]));
  const {comparison} = await comparedIn(path, packed.length, file([1, 'a'], [2, 'b']));
  assert.deepEqual(outcome(comparison), {records: 2, compared: 2, missing: 0, extra: 0, shown: []});
  await assert.rejects(comparedIn(path, packed.length - 4, {count: 0}), {code: 'Z_BUF_ERROR'});
});

snapshot.run();
