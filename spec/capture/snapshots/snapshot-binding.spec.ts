/** One module captured as snapshots: when one is due, its fields, and what its state says. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {SnapshotBinding} from '../../../lib/capture/snapshots/snapshot-binding.ts';
import {bulkFieldsMax, fieldsNotedMaxS, rowTombstonesAtOnce, snapshotSpacingMs} from '../../../lib/limits.ts';
import {RowDigest} from '../../../lib/records/row-digest.ts';
import {nowS, stateTime} from '../../harness/binding-zoho.ts';
import {docsOf} from '../../harness/blocks.ts';
import {textField} from '../../harness/fields.ts';
import {numbered, type SnapshotOptions, snapshotBench, snapshotFields} from '../../harness/snapshot-zoho.ts';

const snapshots = suite('binding of snapshots');

const whole = {updated_at: stateTime(nowS), last_count: 5, last_digest: 'x'};
const binding = async (options?: SnapshotOptions) => (await snapshotBench(() => [], options)).binding;
const manyFields = (count: number) => Array.from({length: count}, (_, i) => textField(`F${String(i).padStart(3, '0')}`));

snapshots('continue from the saved state, and write nothing then', async () => {
  const {it, options} = await snapshotBench(() => [], {snapshot: whole});
  Object.assign(it.shared.sink, {write: () => assert.fail('nothing is to be written')});
  const binding = await SnapshotBinding.resume(options, options.saved);
  assert.deepEqual(binding.state, {updatedAt: stateTime(nowS), lastCount: 5, lastDigest: 'x'});
  assert.equal(binding.fields.all.size, 0, 'no metadata are known yet');
  assert.deepEqual([binding.module, binding.progress, binding.target], ['Leads', it.binding.progress, it.binding.target]);
});

snapshots('begin anew on request with the numbers in use, in a checkpoint of their own', async () => {
  const saved = {bindingStateV1: {Leads: {snapshot: whole}}, backfillRequests: {Leads: true}};
  const {it, binding} = await snapshotBench(() => [], {saved});
  assert.deepEqual([binding.state.lastCount, binding.state.lastDigest], [5, undefined]);
  assert.deepEqual(it.patches, [{snapshot: {last_digest: null}}]);
});

snapshots('are due when none is whole, or its time is still to come', async () => {
  assert.equal((await binding()).isDue(nowS), true);
  for (const part of ['last_digest', 'updated_at'])
    assert.equal((await binding({snapshot: {...whole, [part]: null}})).isDue(nowS), true, part);
  const it = await binding({snapshot: whole});
  assert.deepEqual([it.isDue(nowS - 1), it.isDue(nowS)], [true, false], 'of a wrong clock');
});

snapshots('are due after the interval, but never sooner than they may follow each other', async () => {
  const spacingS = snapshotSpacingMs / 1_000;
  for (const [intervalMs, afterS] of [
    [1, spacingS],
    [2 * snapshotSpacingMs, 2 * spacingS],
  ] as const) {
    const it = await binding({snapshot: whole, intervalMs});
    assert.deepEqual([it.isDue(nowS + afterS - 1), it.isDue(nowS + afterS)], [false, true], `${intervalMs}`);
  }
});

snapshots('are due at each slot of a schedule, and not in between', async () => {
  const it = await binding({snapshot: whole, schedule: '0 0 * * *', intervalMs: 1});
  const midnightS = (Math.floor(nowS / 86_400) + 1) * 86_400;
  assert.deepEqual([it.isDue(midnightS - 1), it.isDue(midnightS)], [false, true]);
});

snapshots('have as many fields as one job reads, and say once which are left out', async () => {
  const {it, binding} = await snapshotBench(() => []);
  assert.deepEqual(binding.columns, ['id', 'A']);
  assert.deepEqual(it.logged, []);
  binding.takeFields([...snapshotFields, ...manyFields(bulkFieldsMax)]);
  assert.equal(binding.columns.includes('Modified_Time'), false);
  assert.deepEqual(binding.columns.slice(0, 3), ['id', 'A', 'F000']);
  const message = 'warn Module Leads has more fields than one job reads; F197, F198, F199 are not captured';
  assert.deepEqual([it.logged, it.facts], [[message], [{module: 'Leads'}]]);
  binding.takeFields([...snapshotFields, ...manyFields(bulkFieldsMax)]);
  assert.equal(it.logged.length, 1);
});

snapshots('leave out a field that Bulk Read refuses, once', async () => {
  const {it, binding} = await snapshotBench(() => []);
  assert.equal(await binding.refuse('A'), true);
  assert.equal(await binding.refuse('A'), false);
  assert.deepEqual(binding.columns, ['id']);
  assert.deepEqual(it.logged, ['warn Module Leads, field A: Bulk Read refuses it; it is not captured']);
  assert.deepEqual(it.facts, [{module: 'Leads', field: 'A'}]);
});

snapshots('ask for refused fields again a day after the first of them, and when metadata change', async () => {
  const {it, binding} = await snapshotBench(() => []);
  const fields = [...snapshotFields, textField('B')];
  const columnsThen = (known = fields): string[] => {
    binding.takeFields(known);
    return binding.columns;
  };
  columnsThen();
  await binding.refuse('A');
  await it.clock.advance(1_000);
  await binding.refuse('B');
  await it.clock.advance(1_000 * fieldsNotedMaxS - 1_000);
  assert.deepEqual(columnsThen(), ['id'], 'not within a day');
  await it.clock.advance(1);
  assert.deepEqual(columnsThen(), ['id', 'A', 'B']);
  await binding.refuse('A');
  assert.deepEqual(columnsThen(), ['id', 'B'], 'the day begins anew');
  assert.deepEqual(columnsThen([...fields, textField('C')]), ['id', 'A', 'B', 'C']);
});

snapshots('describe fields once they are known to be read', async () => {
  const {it, binding} = await snapshotBench(() => []);
  for (let again = 0; again < 2; again++) await binding.confirm(['id', 'A', 'Gone']);
  assert.equal(it.schemas.length, 1);
  assert.deepEqual(Object.keys((it.schemas[0] as {properties: object}).properties), ['A', 'id', '_meta']);
});

snapshots('raise the count with every row, so that a kill leaves none behind', async () => {
  const it = await binding({snapshot: whole});
  assert.deepEqual(it.raised(3), {last_count: 5, last_digest: null});
  assert.deepEqual(it.raised(7), {last_count: 7, last_digest: null});
});

snapshots('write rows, and have counted them in the same checkpoint', async () => {
  const {it, binding} = await snapshotBench(() => []);
  const read: unknown[] = [];
  const writer = binding.rowsWriter((batch) => read.push([batch, it.written.length])).getWriter();
  for (const [text, count] of [
    ['{"A":"a"}', 1],
    ['{"A":"b"}', 2],
  ] as const) {
    const digest = new RowDigest(undefined, count);
    await writer.write({items: docsOf([text]), digest, read: undefined});
    assert.deepEqual(it.patches.at(-1), {snapshot: {last_count: count, last_digest: null}});
    assert.equal(binding.progress.documents, count);
    assert.deepEqual(read.at(-1), [{items: docsOf([text]), digest, read: undefined}, count], 'told once they are written');
  }
});

snapshots('delete the numbers left over piece by piece, the highest first, and are whole then', async () => {
  const count = rowTombstonesAtOnce + 4;
  const {it, binding} = await snapshotBench(() => [], {snapshot: {...whole, last_count: count}});
  const digest = new RowDigest();
  digest.add(Buffer.from('a'));
  await binding.finish(digest, stateTime(nowS + 9), it.signal);
  assert.deepEqual(
    numbered(it),
    [...Array.from({length: rowTombstonesAtOnce}, (_, i) => i + 4), 1, 2, 3].map((number) => `${number} d`),
  );
  assert.deepEqual(it.patches, [
    {snapshot: {last_count: 4, last_digest: null}},
    {snapshot: {last_count: 1, last_digest: null}},
    {snapshot: {updated_at: stateTime(nowS + 9), last_count: 1, last_digest: digest.text}},
  ]);
  assert.deepEqual(binding.state, {updatedAt: stateTime(nowS + 9), lastCount: 1, lastDigest: digest.text});
  assert.deepEqual([binding.progress.documents, binding.progress.deletions], [count - 1, count - 1]);
});

snapshots('delete nothing where no number is left over', async () => {
  const {it, binding} = await snapshotBench(() => [], {snapshot: {...whole, last_count: 0}});
  await binding.finish(new RowDigest(), stateTime(nowS), it.signal);
  assert.deepEqual([it.written, it.patches.length], [[], 1]);
});

snapshots('write only the time where the collection is current', async () => {
  const {it, binding} = await snapshotBench(() => [], {snapshot: whole});
  await binding.unchanged(stateTime(nowS + 9));
  assert.deepEqual(it.patches, [{snapshot: {updated_at: stateTime(nowS + 9)}}]);
  assert.deepEqual(binding.state, {updatedAt: stateTime(nowS + 9), lastCount: 5, lastDigest: 'x'});
});

snapshots.run();
