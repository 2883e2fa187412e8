/** Fields that Bulk Read refuses without naming them, found with few jobs. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {bisectBulkFields, findRefused, queryAllColumns} from '../../lib/capture/bisect-fields.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import type {BackfillState} from '../../lib/flow/state.ts';
import {type BenchOptions, bench, nowS, stateTime} from '../harness/binding-zoho.ts';
import {textField} from '../harness/fields.ts';

const bisecting = suite('fields that Bulk Read refuses');

const many = (count: number, hidden: readonly number[] = []) =>
  Array.from({length: count}, (_, i) => textField(`F${String(i).padStart(3, '0')}`, hidden.includes(i) ? {hidden: true} : {}));
const names = (...places: readonly number[]): string[] => places.map((i) => `F${String(i).padStart(3, '0')}`);
const unnamed = new ZohoError('refused', 'no', {code: 'FIELD_NOT_AVAILABLE'});

function searching(refused: readonly string[], options: BenchOptions & {names?: boolean; backfill?: object} = {}) {
  const it = bench({
    ...options,
    state: {
      backfill: {cutoff: stateTime(nowS - 500), seen: {}, ...options.backfill} as unknown as BackfillState,
      ...options.state,
    },
    before(call) {
      const found = refused.find((name) => call.startsWith('create') && call.split(/[ ,]/).includes(name));
      if (found !== undefined) throw options.names ? new ZohoError('field', 'no', {field: found}) : unnamed;
    },
  });
  return it;
}

bisecting('are left out, wherever they stand, and no other', async () => {
  for (const places of [[0], [39], [7, 8], [0, 20, 39], [5, 6, 7, 8, 9]]) {
    const it = searching(names(...places), {fields: many(40)});
    assert.equal(await bisectBulkFields(it.binding, it.signal), true);
    assert.deepEqual(it.binding.queries.fields.refused.bulk, names(...places));
  }
});

/**
 * A search over Bulk Read alone: what it omits, and the tests that were accepted and rejected.
 * `isNamed` says whether a rejection names its field, by its number.
 */
async function searched(
  all: readonly string[],
  {
    refused,
    suspects = [],
    isNamed = () => false,
  }: {
    readonly refused: readonly string[];
    readonly suspects?: readonly string[];
    readonly isNamed?: (rejection: number) => boolean;
  },
) {
  const [omitted, rejected]: [string[], string[][]] = [[], []];
  const {found, accepted} = await findRefused({
    names: all,
    suspects,
    async createJob(some) {
      const field = some.find((name) => refused.includes(name));
      if (field === undefined) return `j${some.join()}`;
      const isField = isNamed(rejected.push([...some]));
      const code = 'FIELD_NOT_SUPPORTED';
      throw isField ? new ZohoError('field', 'no', {field, code}) : new ZohoError('refused', 'no', {code});
    },
    async refuse(name) {
      omitted.push(name);
      return true;
    },
  });
  return {omitted, rejected, accepted, found};
}

bisecting('are found among any others, whether Zoho names all, some or none of them', async () => {
  const all = names(...Array(12).keys());
  const some = fc.subarray(all);
  await fc.assert(
    fc.asyncProperty(
      some,
      fc.subarray(all, {minLength: 1}),
      fc.infiniteStream(fc.boolean()),
      async (suspects, refused, naming) => {
        const isNamed = (): boolean => naming.next().value;
        const {omitted, accepted, found} = await searched(all, {suspects, refused, isNamed});
        assert.deepEqual([omitted.toSorted(), [...found].toSorted()], [refused, refused]);
        for (const {job, names} of accepted) assert.equal(job, `j${names.join()}`);
      },
    ),
    {numRuns: 60},
  );
});

bisecting('cost few accepted tests, which leave a job behind, and more rejected ones', async () => {
  for (const [count, places, jobs, rejections, named = 0] of [
    [1, [0], 0, 1],
    [10, [3], 2, 6],
    [40, [0], 1, 18],
    [40, [39], 2, 1],
    [40, [7, 8], 2, 27],
    [40, [0, 20, 39], 4, 25],
    [200, [199], 3, 1],
    [200, [0, 50, 100, 150], 5, 65],
    [32, [28, 29], 2, 5, 2],
  ] as const) {
    const all = names(...Array(count).keys());
    const {accepted, rejected} = await searched(all, {refused: names(...places), isNamed: (rejection) => rejection === named});
    assert.deepEqual([accepted.length, rejected.length], [jobs, rejections], `${places} of ${count}`);
    if (jobs > 0) assert.equal(accepted.at(-1)?.names.length, count - places.length, 'the last job has all that are left');
  }
});

bisecting('are no more than the one that Zoho names in a later test, where it was the only one', async () => {
  const all = names(0, 1, 2, 3);
  const {omitted, rejected, accepted} = await searched(all, {refused: names(1), isNamed: (rejection) => rejection === 2});
  assert.deepEqual(omitted, names(1));
  assert.deepEqual(rejected, [all, names(0, 1, 2)]);
  assert.deepEqual(
    accepted.map((test) => test.names),
    [names(0, 2), names(0, 2, 3)],
  );
});

bisecting('are asked for in the range of the backfill, in the slice that it reads', async () => {
  for (const [slice, fields] of [
    [0, ['id', 'Modified_Time', ...names(...Array(198).keys())]],
    [1, ['id', 'Modified_Time', ...names(198, 199)]],
    // Metadata have had more fields.
    [7, ['id', 'Modified_Time', ...names(198, 199)]],
  ] as const) {
    const asked: unknown[] = [];
    const job = (query: object) => {
      asked.push(query);
      return {};
    };
    const it = searching([], {fields: many(200), backfill: {slice}, job});
    await bisectBulkFields(it.binding, it.signal);
    assert.deepEqual(asked, [{module: 'Leads', fields, fromS: nowS - 100_000, toS: nowS - 500}]);
  }
});

bisecting('may be all that a refresh reads', async () => {
  const it = searching(names(0), {
    fields: [textField('F000', {computed: true})],
    backfill: {fields: names(0)},
    state: {is_connector_initiated: true},
  });
  assert.equal(await bisectBulkFields(it.binding, it.signal), true);
  assert.equal(it.binding.state.backfill?.job, undefined);
});

bisecting('are none where a job is accepted for all', async () => {
  const it = searching([], {fields: many(10)});
  assert.equal(await bisectBulkFields(it.binding, it.signal), false);
  assert.equal(it.calls.length, 1);
  assert.deepEqual(it.binding.queries.fields.refused.bulk, []);
});

bisecting('go on with the job that was accepted for all that is left', async () => {
  const it = searching(names(3), {fields: many(10)});
  await bisectBulkFields(it.binding, it.signal);
  const left = many(10).filter(({name}) => name !== 'F003');
  const at = it.calls.lastIndexOf(`create id,Modified_Time,${left.map(({name}) => name).join()}`);
  assert.ok(at >= 0, it.calls.join('\n'));
  assert.match(String(it.binding.state.backfill?.job), /^j\d+$/);
  const paged = searching(names(3), {fields: many(10), backfill: {next_page: 't'}});
  await bisectBulkFields(paged.binding, paged.signal);
  assert.equal(paged.binding.state.backfill?.job, undefined, 'the job of another page is of no use');
});

bisecting('are first suspected where metadata hide them or COQL refuses them, each on its own', async () => {
  const it = searching(names(2), {fields: many(10, [2, 5])});
  await bisectBulkFields(it.binding, it.signal);
  assert.deepEqual(it.binding.queries.fields.refused.bulk, names(2));
  assert.ok(it.calls[0]?.includes('F000') && !it.calls[0].includes('F002') && !it.calls[0].includes('F005'));
  assert.ok(it.calls.includes('create id,Modified_Time,F002') && it.calls.includes('create id,Modified_Time,F005'));
  assert.equal(it.binding.state.backfill?.job, undefined, 'no job has all that are left');
  const coql = searching(names(4), {fields: many(10), refused: {coql: names(4)}});
  await bisectBulkFields(coql.binding, coql.signal);
  assert.deepEqual(coql.binding.queries.fields.refused.bulk, names(4));
  assert.equal(coql.calls.length, 1, 'a lone suspect is to blame when the others are not');
});

bisecting('are left out at once where Zoho names them', async () => {
  const it = searching(names(3, 6), {fields: many(10), names: true});
  assert.equal(await bisectBulkFields(it.binding, it.signal), true);
  assert.deepEqual(it.binding.queries.fields.refused.bulk, names(3, 6));
  assert.equal(it.calls.length, 3);
});

bisecting('are not looked for in vain: any other failure is thrown', async () => {
  for (const error of [
    new ZohoError('unavailable', 'down'),
    new ZohoError('refused', 'no', {code: 'OTHER'}),
    new ZohoError('refused', 'no'),
    new ZohoError('field', 'no', {field: 'Nobody', code: 'FIELD_NOT_SUPPORTED'}),
    new Error('bug'),
  ]) {
    const it = bench({
      fields: many(3),
      state: {backfill: {cutoff: stateTime(nowS - 500), seen: {}} as unknown as BackfillState},
      before() {
        throw error;
      },
    });
    await assert.rejects(bisectBulkFields(it.binding, it.signal), (thrown) => thrown === error);
  }
});

bisecting('may be told by COQL first, which is asked for every column of one record', async () => {
  const it = bench({fields: many(3)});
  await queryAllColumns(it.binding, it.signal);
  assert.equal(it.calls.length, 1);
  assert.match(it.calls[0] ?? '', /^select id, Modified_Time, F000, F001, F002 from Leads .* limit 0, 1$/);
  const hidden = bench({fields: many(3, [1])});
  await queryAllColumns(hidden.binding, hidden.signal);
  assert.deepEqual(hidden.calls, [], 'metadata say it already');
});

bisecting('are searched for no further when something else fails', async () => {
  for (const other of [new ZohoError('refused', 'no', {code: 'OTHER'}), new ZohoError('unavailable', 'no'), new Error('bug')]) {
    const search = findRefused({
      names: names(0, 1),
      suspects: [],
      createJob: () => Promise.reject(other),
      refuse: () => assert.fail('no field is at fault'),
    });
    await assert.rejects(search, (thrown) => thrown === other);
  }
  const stuck = {names: names(0), suspects: [], createJob: () => Promise.reject(unnamed), refuse: async () => false};
  await assert.rejects(findRefused(stuck), {kind: 'module', message: 'Bulk Read still refuses F000'});
  const nothing = {names: [], suspects: [], createJob: () => assert.fail('nothing to ask for'), refuse: async () => true};
  assert.equal((await findRefused(nothing)).found.size, 0);
});

bisecting.run();
