/** The pages of a range and their patches, with a Zoho whose answers contradict its files. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {Semaphore} from '../../lib/platform/semaphore.ts';
import type {Batch, RowBlock} from '../../lib/records/batch.ts';
import {cellText} from '../../lib/records/rows.ts';
import {type BulkContext, type BulkRange, bulkRows} from '../../lib/sources/bulk.ts';
import {type BulkZoho, bulkZoho, fileOf, type JobAnswer} from '../harness/bulk-zoho.ts';
import {settled} from '../harness/clocks.ts';

const pages = suite('pages of a range');

const columns = ['id', 'Modified_Time'];
const range: BulkRange = {module: 'Leads', slices: [columns], fields: new Map(), fromS: 5, done: {backfill: null}};
const cutoff = '2026-02-01T00:00:00Z';

interface Outcome {
  /** Ids of each batch, and its patch. */
  readonly batches: readonly [ids: string, patch: unknown][];
  readonly error?: unknown;
}

async function read(zoho: BulkZoho, place: object = {}, changes: Partial<BulkRange> = {}): Promise<Outcome> {
  const batches: [string, unknown][] = [];
  try {
    for await (const {items, patch} of bulkRows({...range, ...changes}, {cutoff, ...place} as never, zoho.context))
      batches.push([idsOf(items), typeof patch === 'function' ? patch() : patch]);
    return {batches};
  } catch (error) {
    return {batches, error};
  }
}

function idsOf(rows: Batch<RowBlock>['items']): string {
  const column = rows.columns.indexOf('id');
  return Array.from({length: rows.count}, (_, row) => cellText(rows, row, column)).join();
}

const only = (answer: JobAnswer, changes: Partial<BulkContext> = {}): BulkZoho => bulkZoho(() => answer, changes);
const created = (job = 'j1') => ['', {backfill: {job, rows: null, next_job: null}}];
const over = {backfill: null};

async function fails(outcome: Promise<Outcome>, kind: string, message: RegExp): Promise<Outcome> {
  const {batches, error} = await outcome;
  assert.ok(error instanceof ZohoError, String(error));
  assert.equal(error.kind, kind);
  assert.match(error.message, message);
  return {batches, error};
}

pages('of one job end the range with its rows', async () => {
  const zoho = only({count: 2, csv: fileOf(1, 2)});
  assert.deepEqual(await read(zoho), {batches: [created(), ['1,2', over]]});
  assert.deepEqual(zoho.calls, ['create id,Modified_Time', 'job j1', 'download j1']);
  assert.equal(zoho.context.progress.rows, 2);
  assert.equal(zoho.context.progress.pageRows, 2);
});

pages('of a range without slices are none', async () => {
  const zoho = only({});
  assert.deepEqual([await read(zoho, {}, {slices: []}), zoho.calls], [{batches: [['', over]]}, []]);
});

pages('show what is waited for', async () => {
  const [jobSlots, pageSlots] = [new Semaphore(1), new Semaphore(1)];
  const [job, download] = [jobSlots.tryAcquire(), pageSlots.tryAcquire()];
  const {context} = only({count: 1, csv: fileOf(1)}, {jobSlots, pageSlots});
  const reading = Array.fromAsync(bulkRows(range, {cutoff}, context));
  const phases: string[] = [];
  for (const release of [job, download, () => {}]) {
    await settled();
    phases.push(context.progress.phase);
    release?.();
  }
  await reading;
  assert.deepEqual(phases, ['waiting to start a job', 'waiting to start a download', 'downloading']);
});

pages('with fewer or more rows than Zoho counted are damaged, even in an intact file', async () => {
  for (const [count, rows] of [
    [3, 2],
    [1, 2],
    [1, 0],
  ] as const) {
    const file = fileOf(...[1, 2].slice(0, rows));
    const {batches} = await fails(
      read(only({count, csv: file})),
      'damaged',
      new RegExp(`^Cannot use the result of job j1 of module Leads: it has ${rows} rows, Zoho counted ${count}$`),
    );
    assert.deepEqual(batches, [created()], 'the checkpoint that covers the last rows does not appear');
  }
});

pages('continue by token, and submit its job while the page before is downloaded', async () => {
  const zoho = bulkZoho(({pageToken}) =>
    pageToken === undefined ? {count: 1, more: true, nextPageToken: 't', csv: fileOf(1)} : {count: 1, csv: fileOf(2)},
  );
  assert.deepEqual(await read(zoho), {
    batches: [created(), ['1', {backfill: {next_page: 't', job: 'j2', rows: null, next_job: null}}], ['2', over]],
  });
  assert.deepEqual(zoho.calls, ['create id,Modified_Time', 'job j1', 'create t', 'download j1', 'job j2', 'download j2']);
});

pages('continue by token if Zoho does not say that more follow, but not if it says no', async () => {
  const answer = (more: boolean | undefined) =>
    bulkZoho(({pageToken}) =>
      pageToken === undefined ? {count: 1, more, nextPageToken: 't', csv: fileOf(1)} : {count: 1, csv: fileOf(2)},
    );
  assert.equal((await read(answer(undefined))).batches.length, 3);
  assert.deepEqual((await read(answer(false))).batches, [created(), ['1', over]]);
});

pages('that are followed by rows but have no token are not the end', async () => {
  await fails(
    read(only({count: 1, more: true, csv: fileOf(1)})),
    'module',
    /^Cannot read all of module Leads: Zoho says that there are more rows but gives no token for the next page$/,
  );
  const silence =
    /^Cannot read all of module Leads: Zoho does not say whether more rows follow a full page and gives no token for the next page$/;
  await fails(read(only({count: 2, more: undefined, perPage: 2, csv: fileOf(1, 2)})), 'module', silence);
  await fails(read(only({count: 3, more: undefined, perPage: 2, csv: fileOf(1, 2, 3)})), 'module', silence);
  for (const perPage of [3, 0, undefined])
    assert.equal((await read(only({count: 2, more: undefined, perPage, csv: fileOf(1, 2)}))).error, undefined);
  assert.equal((await read(only({count: 2, more: false, perPage: 2, csv: fileOf(1, 2)}))).error, undefined);
});

pages('that fail pass on the job submitted ahead, so it is not paid twice', async () => {
  const {promise, resolve} = Promise.withResolvers<JobAnswer>();
  const zoho = bulkZoho(({pageToken}) =>
    pageToken === undefined ? {count: 1, more: true, nextPageToken: 't', csv: new Error('cut off')} : promise,
  );
  const outcome = read(zoho);
  setImmediate(() => resolve({}));
  const {batches, error} = await outcome;
  assert.equal((error as Error).message, 'cut off');
  assert.deepEqual(batches, [created(), ['', {backfill: {next_job: 'j2'}}]]);
});

pages('that fail pass on nothing if they were aborted, or no job was submitted ahead', async () => {
  const abort = new AbortController();
  const zoho = bulkZoho(
    ({pageToken}) => {
      if (pageToken !== undefined) abort.abort();
      return {count: 1, more: true, nextPageToken: 't', csv: new Error('cut off')};
    },
    {signal: abort.signal},
  );
  assert.deepEqual((await read(zoho)).batches, [created()]);
  const refusing = bulkZoho(({pageToken}) => {
    if (pageToken !== undefined) throw new ZohoError('refused', 'no');
    return {count: 1, more: true, nextPageToken: 't', csv: new Error('cut off')};
  });
  assert.deepEqual((await read(refusing)).batches, [created()]);
});

pages('whose next job was rejected ahead submit it when it is due', async () => {
  let refusals = 1;
  const zoho = bulkZoho(({pageToken}) => {
    if (pageToken !== undefined && refusals-- > 0) throw new ZohoError('refused', 'not now');
    return pageToken === undefined ? {count: 1, more: true, nextPageToken: 't', csv: fileOf(1)} : {count: 1, csv: fileOf(2)};
  });
  assert.deepEqual((await read(zoho)).batches, [
    created(),
    ['1', {backfill: {next_page: 't', job: null, rows: null, next_job: null}}],
    created('j3'),
    ['2', over],
  ]);
});

pages('by token have the fields of the page before, so they confirm none', async () => {
  const accepted: string[] = [];
  const zoho = only({count: 1, csv: fileOf(1)}, {onAccepted: async (fields) => void accepted.push(fields.join())});
  assert.deepEqual((await read(zoho, {next_page: 't'})).batches, [created(), ['1', over]]);
  assert.deepEqual([zoho.calls[0], accepted], ['create t', []]);
});

pages('are exported ahead only if a job slot is free', async () => {
  const jobSlots = new Semaphore(1);
  const other = new Semaphore(1);
  const zoho = bulkZoho(
    ({pageToken}) =>
      pageToken === undefined ? {count: 1, more: true, nextPageToken: 't', csv: fileOf(1)} : {count: 1, csv: fileOf(2)},
    {jobSlots, pageSlots: other},
  );
  const {batches} = await read(zoho);
  assert.equal(batches.length, 3, 'the slot of the page itself is free by then');
  for (const slots of [jobSlots, other]) assert.notEqual(slots.tryAcquire(), undefined, 'every slot was given back');
});

pages('release their slots when they fail', async () => {
  const [jobSlots, pageSlots] = [new Semaphore(1), new Semaphore(1)];
  const zoho = only({count: 1, more: true, nextPageToken: 't', csv: new Error('cut off')}, {jobSlots, pageSlots});
  await read(zoho);
  for (const slots of [jobSlots, pageSlots]) assert.notEqual(slots.tryAcquire(), undefined);
  const jobs = new Semaphore(1);
  await fails(
    read(only({state: 'failed', reason: 'too much'}, {jobSlots: jobs})),
    'failed',
    /^Bulk read job j1 failed: too much$/,
  );
  assert.notEqual(jobs.tryAcquire(), undefined, 'a job that fails releases its slot, too');
});

pages('wait for the first bytes before they export ahead, if a reading failed before', async () => {
  const zoho = bulkZoho(
    ({pageToken}) =>
      pageToken === undefined ? {count: 1, more: true, nextPageToken: 't', csv: fileOf(1)} : {count: 1, csv: fileOf(2)},
    {again: true},
  );
  await read(zoho);
  assert.deepEqual(zoho.calls.slice(0, 4), ['create id,Modified_Time', 'job j1', 'download j1', 'create t']);
  const failing = bulkZoho(() => ({count: 1, more: true, nextPageToken: 't', csv: new Error('cut off')}), {again: true});
  assert.deepEqual((await read(failing)).batches, [created()]);
  assert.ok(!failing.calls.includes('create t'));
});

pages('after the first one wait for no bytes, because their readings did not fail', async () => {
  const zoho = bulkZoho(
    (_, number) =>
      number < 3 ? {count: 1, more: true, nextPageToken: `t${number}`, csv: fileOf(number)} : {count: 1, csv: fileOf(3)},
    {again: true},
  );
  await read(zoho);
  assert.deepEqual(zoho.calls.slice(2), [
    'download j1',
    'create t1',
    'job j2',
    'create t2',
    'download j2',
    'job j3',
    'download j3',
  ]);
});

pages('without rows have no file to read', async () => {
  const zoho = only({count: 0, csv: new Error('there is none')});
  assert.deepEqual(await read(zoho), {batches: [created(), ['', over]]});
});

pages('resume from the position and the job in the state', async () => {
  const zoho = bulkZoho(() => ({count: 3, csv: fileOf(1, 2, 3)}));
  await zoho.client.createJob({module: 'Leads', fields: columns, fromS: 0, toS: 1}, zoho.context.signal);
  assert.deepEqual(await read(zoho, {job: 'j1', rows: 2}), {batches: [['3', over]]});
  assert.deepEqual(await read(zoho, {job: 'j1', rows: 3}), {batches: [['', over]]});
  const {batches} = await read(zoho, {rows: 2});
  assert.deepEqual(batches, [created('j2'), ['1,2,3', over]], 'rows without a job count for nothing');
  const empty = bulkZoho(() => ({count: 0, csv: fileOf()}));
  await empty.client.createJob({module: 'Leads', fields: columns, fromS: 0, toS: 1}, empty.context.signal);
  await fails(read(empty, {job: 'j1', rows: 2}), 'damaged', /an earlier reading had more rows$/);
});

pages('resume with the next job in the state, and submit none', async () => {
  const zoho = bulkZoho((_, number) =>
    number === 1 ? {count: 1, more: true, nextPageToken: 't', csv: fileOf(1)} : {count: 1, csv: fileOf(2)},
  );
  await zoho.client.createJob({module: 'Leads', fields: columns, fromS: 0, toS: 1}, zoho.context.signal);
  await zoho.client.createJob({pageToken: 't'}, zoho.context.signal);
  zoho.calls.length = 0;
  assert.deepEqual(await read(zoho, {job: 'j1', next_job: 'j2'}), {
    batches: [
      ['1', {backfill: {next_page: 't', job: 'j2', rows: null, next_job: null}}],
      ['2', over],
    ],
  });
  assert.deepEqual(zoho.calls, ['job j1', 'download j1', 'job j2', 'download j2']);
});

pages('of several slices follow one another, each from its first page', async () => {
  const accepted: string[] = [];
  const zoho = bulkZoho(({fields}) => ({count: 1, csv: `Id,Modified_Time,${fields?.[2]}\n1,2026-01-01T00:00:00+00:00,x\n`}), {
    onAccepted: async (fields) => void accepted.push(fields.join()),
  });
  const slices = [
    [...columns, 'A'],
    [...columns, 'B'],
  ];
  assert.deepEqual(await read(zoho, {}, {slices}), {
    batches: [
      created(),
      ['1', {backfill: {slice: 1, next_page: null, job: null, rows: null, next_job: null}}],
      created('j2'),
      ['1', over],
    ],
  });
  assert.deepEqual(accepted, ['id,Modified_Time,A', 'id,Modified_Time,B']);
  assert.equal((await read(zoho, {slice: 7}, {slices})).batches.length, 2, 'a slice that is no more is the last');
  assert.equal(accepted.at(-1), 'id,Modified_Time,B');
});

pages.run();
