/** One snapshot of a module: what it reads, what it writes, and how it goes on after a failure. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {takeSnapshot} from '../../../lib/capture/snapshots/take-snapshot.ts';
import {ZohoError} from '../../../lib/errors/errors.ts';
import type {Field} from '../../../lib/records/field.ts';
import {creditsOf} from '../../../lib/zoho/usage.ts';
import {nowS, stateTime} from '../../harness/binding-zoho.ts';
import {textField} from '../../harness/fields.ts';
import {fileOf, numbered, type Row, type SnapshotOptions, snapshotBench, snapshotFields} from '../../harness/snapshot-zoho.ts';

const snapshots = suite('a snapshot');

const two: readonly Row[] = [
  [7, 'a'],
  [8, 'b'],
];
const unnamed = new ZohoError('refused', 'no', {code: 'FIELD_NOT_AVAILABLE'});

/** A binding whose module has further fields, and what its jobs ask for. */
async function withFields(more: readonly Field[], options: SnapshotOptions = {}) {
  const asked: unknown[] = [];
  const set = await snapshotBench(() => [], {
    ...options,
    job(query, number) {
      asked.push(query);
      return options.job?.(query, number) ?? {count: 0};
    },
  });
  set.binding.takeFields([...snapshotFields, ...more]);
  return {...set, asked};
}

snapshots('writes all rows with their numbers, and notes that they are whole', async () => {
  const {it, binding} = await snapshotBench(() => two, {
    async before(call, {clock, binding: {progress}}) {
      if (call.startsWith('create')) it.nowS += 30;
      if (call.startsWith('download')) await clock.advance(2_000);
      assert.equal(progress.range, 'backfill');
    },
  });
  await takeSnapshot(binding, it.signal);
  assert.deepEqual(numbered(it), ['0 c a', '1 c b']);
  const {lastDigest} = binding.state;
  assert.match(lastDigest ?? '', /^[0-9a-f]{64}$/);
  assert.deepEqual(binding.state, {updatedAt: stateTime(nowS), lastCount: 2, lastDigest}, 'the time is when reading began');
  assert.deepEqual(it.patches.at(-1), {snapshot: {updated_at: stateTime(nowS), last_count: 2, last_digest: lastDigest}});
  assert.deepEqual(
    it.calls.map((call) => call.split(' ')[0]),
    ['create', 'job', 'download', 'job', 'download'],
    'read twice, exported once',
  );
  const credits = creditsOf.create + 2 * (creditsOf.job + creditsOf.download);
  assert.deepEqual(it.logged, [
    `info The snapshot of module Leads is complete: 2 rows, written, 0 before, in 4 s, ${credits} credits`,
  ]);
  assert.deepEqual(it.facts, [{module: 'Leads', rows: 2, seconds: 4, credits, changed: true}]);
  assert.deepEqual([binding.progress.range, binding.progress.documents], [undefined, 2]);
});

snapshots('writes nothing but the time when the rows are those of the last one, in any order', async () => {
  let rows = two;
  let range: string | undefined;
  const {it, binding} = await snapshotBench(() => rows, {
    before(_, {binding: {progress}}) {
      range = progress.range;
    },
  });
  await takeSnapshot(binding, it.signal);
  const {state} = binding;
  rows = two.toReversed();
  it.nowS += 60;
  await takeSnapshot(binding, it.signal);
  assert.equal(it.written.length, 2);
  assert.deepEqual(binding.state, {...state, updatedAt: stateTime(nowS + 60)});
  assert.deepEqual(it.patches.at(-1), {snapshot: {updated_at: stateTime(nowS + 60)}});
  assert.match(it.logged.at(-1) ?? '', /: 2 rows, unchanged, in 0 s, 52 credits$/);
  assert.equal((it.facts.at(-1) as {changed: boolean}).changed, false);
  assert.equal(range, 'snapshot', 'the first one alone is a backfill');
});

snapshots('takes the place of earlier rows by number, and deletes the numbers left over', async () => {
  let rows: readonly Row[] = [...two, [9, 'c']];
  const {it, binding} = await snapshotBench(() => rows);
  await takeSnapshot(binding, it.signal);
  rows = [[9, 'd']];
  await takeSnapshot(binding, it.signal);
  assert.deepEqual(numbered(it).slice(3), ['0 u d', '1 d', '2 d']);
  assert.equal(binding.state.lastCount, 1);
  assert.match(it.logged.at(-1) ?? '', /: 1 rows, written, 3 before, in/);
});

snapshots('is written again where a value differs, though the rows are as many', async () => {
  let rows = two;
  const {it, binding} = await snapshotBench(() => rows);
  await takeSnapshot(binding, it.signal);
  rows = [
    [7, 'a'],
    [8, 'c'],
  ];
  await takeSnapshot(binding, it.signal);
  assert.deepEqual(numbered(it).slice(2), ['0 u a', '1 u c']);
});

snapshots('is written again where the state counts more rows than it, though the rows are the same', async () => {
  const first = await snapshotBench(() => two);
  await takeSnapshot(first.binding, first.it.signal);
  const {updatedAt, lastDigest} = first.binding.state;
  const {it, binding} = await snapshotBench(() => two, {
    snapshot: {updated_at: updatedAt, last_count: 3, last_digest: lastDigest},
  });
  await takeSnapshot(binding, it.signal);
  assert.deepEqual(numbered(it), ['0 u a', '1 u b', '2 d']);
});

snapshots('asks for all rows, with the fields of one job', async () => {
  const {it, binding, asked} = await withFields([textField('Modified_Time')]);
  await takeSnapshot(binding, it.signal);
  assert.deepEqual(asked, [{module: 'Leads', fields: ['id', 'A'], fromS: 0, toS: 0, untimed: undefined, whole: true}]);
});

snapshots('describes the fields that a job has taken, once', async () => {
  const {it, binding} = await snapshotBench(() => two);
  await takeSnapshot(binding, it.signal);
  assert.equal(it.schemas.length, 1);
  assert.deepEqual(Object.keys((it.schemas[0] as {properties: object}).properties), ['A', 'id', '_meta']);
});

snapshots('goes on after a failure, and counts no row twice', async () => {
  const whole = await snapshotBench(() => two);
  await takeSnapshot(whole.binding, whole.it.signal);
  for (const [kind, jobs] of [
    ['short', 1],
    ['damaged', 1],
    ['lost', 2],
  ] as const) {
    let failures = 1;
    const {it, binding} = await snapshotBench(() => two, {
      before(call) {
        if (call.startsWith('download') && failures-- > 0) throw new ZohoError(kind, 'no');
      },
    });
    await takeSnapshot(binding, it.signal);
    assert.deepEqual(numbered(it), ['0 c a', '1 c b'], kind);
    assert.equal(it.calls.filter((call) => call.startsWith('create')).length, jobs, kind);
    assert.equal(binding.state.lastDigest, whole.binding.state.lastDigest, kind);
  }
});

snapshots('has the next page exported only once a file begins to arrive, after a failure', async () => {
  const orderAfter = async (failures: number): Promise<string[]> => {
    const {it, binding} = await snapshotBench(() => two, {
      job: ({pageToken}) => (pageToken === undefined ? {...fileOf([7, 'a']), more: true, nextPageToken: 't'} : fileOf([8, 'b'])),
      before(call) {
        if (call === 'job j1' && failures-- > 0) throw new ZohoError('unavailable', 'down');
      },
    });
    await takeSnapshot(binding, it.signal);
    assert.deepEqual(numbered(it), ['0 c a', '1 c b']);
    return it.calls.filter((call) => call === 'create t' || call === 'download j1').slice(0, 2);
  };
  assert.deepEqual(await orderAfter(0), ['create t', 'download j1']);
  assert.deepEqual(await orderAfter(1), ['download j1', 'create t']);
});

snapshots('leaves out fields that Bulk Read refuses, named or not', async () => {
  for (const error of [new ZohoError('field', 'no', {field: 'A'}), unnamed]) {
    const {it, binding} = await snapshotBench(() => [], {
      before(call) {
        if (call.startsWith('create') && call.includes('A')) throw error;
      },
      job: () => ({count: 1, csv: 'Id\n7\n'}),
    });
    await takeSnapshot(binding, it.signal);
    assert.deepEqual(binding.columns, ['id']);
    assert.ok(it.logged.includes('warn Module Leads, field A: Bulk Read refuses it; it is not captured'), it.logged.join('\n'));
  }
});

snapshots('suspects hidden fields first when a refusal names none', async () => {
  const {it, binding, asked} = await withFields([textField('H', {hidden: true})], {
    before(call) {
      if (call.startsWith('create') && call.includes('H')) throw unnamed;
    },
  });
  await takeSnapshot(binding, it.signal);
  assert.deepEqual(binding.columns, ['id', 'A']);
  assert.deepEqual(
    it.calls.filter((call) => call.startsWith('create')),
    ['create id,A,H', 'create id,A', 'create id,A'],
    'all, then all but the suspect, then the snapshot',
  );
  assert.deepEqual(asked[0], {module: 'Leads', fields: ['id', 'A'], fromS: 0, toS: 0, whole: true}, 'a test asks the same');
});

snapshots('gives the module up when no field is at fault', async () => {
  let creations = 0;
  const {it, binding} = await snapshotBench(() => two, {
    before(call) {
      if (call.startsWith('create') && creations++ === 0) throw unnamed;
    },
  });
  await assert.rejects(takeSnapshot(binding, it.signal), {kind: 'module', message: 'Module Leads cannot be backfilled: no'});
});

snapshots('warns about values that do not fit their type, and about invalid text', async () => {
  const {it, binding} = await withFields([textField('N', {type: 'integer', dataType: 'integer'})], {
    job: () => ({count: 1, csv: Buffer.from('Id,A,N\n7,a\xff,many\n', 'latin1')}),
  });
  await takeSnapshot(binding, it.signal);
  assert.deepEqual(
    it.logged.filter((line) => line.startsWith('warn')),
    [
      'warn Module Leads, field N: some values are not of the type that Zoho declares (integer); they pass as text',
      'warn Module Leads, field A: record 7 holds text that is not valid Unicode; U+FFFD takes its place',
    ],
  );
});

snapshots('ends with its signal, whatever else fails', async () => {
  const abort = new AbortController();
  const {it, binding} = await snapshotBench(() => two, {
    before(call) {
      if (!call.startsWith('download')) return;
      abort.abort(new Error('stop'));
      throw new ZohoError('short', 'no');
    },
  });
  await assert.rejects(takeSnapshot(binding, abort.signal), /^Error: stop$/);
  assert.deepEqual(it.logged, [], 'nothing is tried again');
});

snapshots.run();
