import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {batchBytes, documentBytesMax, unusableReadingsMax} from '../../lib/limits.ts';
import {Semaphore} from '../../lib/platform/semaphore.ts';
import type {Batch, RowBlock} from '../../lib/records/batch.ts';
import {NextJob} from '../../lib/sources/bulk-job.ts';
import {type PageContext, type PageFile, readPage} from '../../lib/sources/bulk-page.ts';
import {bulkZoho, fileOf} from '../harness/bulk-zoho.ts';
import {columnOf, idsOf} from '../harness/coql-zoho.ts';
import {textField} from '../harness/fields.ts';
import {documents, fieldsOf} from '../transforms/samples.ts';

/** The rows of one file. */
const page = suite('readPage');

const T = '2026-01-01T00:00:00+00:00';
const done = {state: 'completed', more: false} as const;

interface Options {
  readonly file?: Partial<PageFile>;
  readonly count?: number;
  readonly context?: Partial<PageContext>;
  /** Whether another page follows. */
  readonly hasNext?: boolean;
  readonly onBatch?: (() => void) | undefined;
}

/** Reads a file, or the next of these at each download. */
async function read(csv: string | readonly string[], {file = {}, count, context = {}, hasNext = false, onBatch}: Options = {}) {
  const zoho = bulkZoho(({pageToken}) => (pageToken === undefined ? {csv} : {}), context);
  const logged: string[] = [];
  const all: PageContext = {
    ...zoho.context,
    log: (level, message, fields) => void logged.push(`${level} ${fields?.module}: ${message}`),
    ...context,
  };
  const job = await zoho.client.createJob({module: 'Leads', fields: [], fromS: 0, toS: 0}, zoho.context.signal);
  const given = {module: 'Leads', job, done: {...done, count}, slice: 0, slices: [['id', 'Modified_Time', 'A']], rows: 0};
  const reading = readPage({...given, fields: new Map(), ...file}, new NextJob(undefined, hasNext ? 't' : undefined, all), all);
  const batches: Batch<RowBlock>[] = [];
  for (;;) {
    const next = await reading.next();
    // The caller writes the last batch, with a patch of its own.
    if (next.done !== true) {
      batches.push(next.value);
      onBatch?.();
    } else
      return {
        batches,
        blocks: [...batches.map(({items}) => items), next.value],
        ids: [...batches.map(({items}) => items), next.value].flatMap(idsOf),
        calls: zoho.calls.slice(1),
        left: zoho.leftOut.map((line) => line.replace(/ \S+=$/, '')),
        rows: zoho.context.progress.rows,
        logged,
      };
  }
}

/** A file of rows so large that each has a batch of its own. */
const batched = (count: number): string =>
  ['Id,Modified_Time,A', ...Array.from({length: count}, (_, i) => `${i + 1},${T},${'a'.repeat(0.6 * batchBytes)}`), ''].join(
    '\n',
  );

page('passes in batches, each with how far it reaches, and holds the last one back', async () => {
  const {batches, blocks, rows, ids} = await read(batched(4), {count: 4, file: {rows: 1}});
  assert.deepEqual([ids, blocks.length], [['2', '3', '4'], 3]);
  assert.deepEqual(
    batches.map(({patch}) => patch),
    [{backfill: {rows: 2}}, {backfill: {rows: 3}}],
  );
  assert.equal(rows, 3);
  assert.equal(new Set(blocks.map(({columns}) => columns)).size, 1, 'they share the names of their columns');
});

page('has the next one exported meanwhile, and records its job with the first batch that knows it', async () => {
  const {batches, calls} = await read(batched(3), {hasNext: true});
  assert.deepEqual(calls, ['create t', 'download j1']);
  assert.deepEqual(
    batches.map(({patch}) => patch),
    [{backfill: {rows: 1, next_job: 'j2'}}, {backfill: {rows: 2}}],
  );
});

page('has the next one exported as soon as a slot for its job is free', async () => {
  const jobSlots = new Semaphore(1);
  const release = jobSlots.tryAcquire();
  const {calls} = await read(batched(3), {hasNext: true, context: {jobSlots}, onBatch: release});
  assert.deepEqual(calls, ['download j1', 'create t']);
  assert.deepEqual((await read(batched(3), {hasNext: true, context: {jobSlots: new Semaphore(0)}})).calls, ['download j1']);
});

page('has the next one exported only once rows arrive, if a reading failed before', async () => {
  assert.deepEqual((await read(fileOf(1), {hasNext: true, context: {again: true}})).calls, ['download j1', 'create t']);
  assert.deepEqual((await read(fileOf(), {hasNext: true, context: {again: true}})).calls, ['download j1']);
});

const whole = {id: 12, Modified_Time: T, A: 'a', B: 'b', _meta: {op: 'u'}};

/** The documents of a file. */
async function documentsOf(csv: string, names: readonly string[]): Promise<Readonly<Record<string, unknown>>[]> {
  const fields = fieldsOf(...names.map((name) => textField(name)));
  const {blocks} = await read(csv, {file: {fields, slices: [['id', 'Modified_Time', ...names]]}});
  return blocks.flatMap((rows) => documents(rows, fields).docs.map((doc) => JSON.parse(doc)));
}

for (const [what, header, row] of [
  ['as they were asked for', 'Id,Modified_Time,A,B', `12,${T},a,b`],
  ['in any order', 'B,A,Modified_Time,id', `b,a,${T},12`],
  ['with the id twice under one name', 'Id,Modified_Time,A,Id,B', `12,${T},a,12,b`],
  ['with the id twice under two names', 'Id,id,Modified_Time,A,B', `12,13,${T},a,b`],
  ['with the id twice under two names, the other way round', 'id,Id,Modified_Time,A,B', `13,12,${T},a,b`],
  ['with columns that nobody asked for', 'Id,Owner.last_name,Modified_Time,A,Extra,B,Owner.id', `12,Smith,${T},a,x,b,9`],
] as const) {
  page(`makes documents of the requested fields if the file has its columns ${what}`, async () => {
    assert.deepEqual(await documentsOf(`${header}\r\n${row}\r\n`, ['A', 'B']), [whole]);
  });
}

page('distinguishes fields named almost like the id, the time, or a property of every object', async () => {
  const names = ['ID', 'iD', 'Modified_Time_', 'modified_time', '__proto__', 'constructor', 'toString', 'A', 'a'];
  const header = ['Id', 'Modified_Time', ...names].join();
  const [document = {}, ...others] = await documentsOf(`${header}\r\n12,${T},${names.map((_, i) => `v${i}`)}\r\n`, names);
  assert.deepEqual(others, []);
  const properties = new Map(Object.entries(document));
  assert.deepEqual([properties.get('id'), properties.get('Modified_Time')], [12, T]);
  for (const [i, name] of names.entries()) assert.equal(properties.get(name), `v${i}`, name);
  assert.equal(properties.size, names.length + 3);
});

page("never confuses a field called Id with the id, or its values with another's", async () => {
  const {B: _, ...rest} = whole;
  assert.deepEqual(await documentsOf(`Id,Modified_Time,Id,A\r\n12,${T},99,a\r\n`, ['Id', 'A']), [rest]);
});

page('omits a requested field that is not in the file', async () => {
  const {B: _, ...rest} = whole;
  assert.deepEqual(await documentsOf(`Id,Modified_Time,A\r\n12,${T},a\r\n`, ['A', 'B']), [rest]);
});

page('has the fields of every slice, because its job may be of another one', async () => {
  const slices = [
    ['id', 'Modified_Time', 'A'],
    ['id', 'Modified_Time', 'B'],
  ];
  const {blocks} = await read(`Id,Modified_Time,B,C\n1,${T},b,c\n`, {file: {slices}});
  assert.deepEqual(blocks[0]?.columns, ['id', 'Modified_Time', 'B', '']);
});

page('is read again from its first unusable row, until two readings agree', async () => {
  const torn = fileOf(1, 'x', 3);
  const twice = await read(torn, {count: 3});
  assert.deepEqual([twice.ids, twice.calls.length, twice.rows], [['1', '3'], 2, 2]);
  assert.deepEqual(twice.left, ['the result of bulk read job j1 row 2 id undefined id']);
  const again =
    'info Leads: Reading the result of bulk read job j1 of module Leads again: some of its rows cannot become documents';
  assert.deepEqual(twice.logged, [again]);
  const mended = await read([torn, fileOf(1, 2, 3)], {count: 3});
  assert.deepEqual([mended.ids, mended.calls.length, mended.left], [['1', '2', '3'], 2, []]);
  const others = Array.from({length: 5}, (_, i) => fileOf(1, `x${i}`, 3));
  const last = await read(others, {count: 3});
  assert.deepEqual([last.ids, last.calls.length, last.logged.length], [['1', '3'], unusableReadingsMax, unusableReadingsMax - 1]);
  assert.deepEqual((await read(fileOf(1, 2), {count: 2})).logged, []);
});

page('names unusable rows with the slice that they are in', async () => {
  const {left, logged} = await read(fileOf('x'), {file: {slice: 1}, context: {log: undefined}});
  assert.deepEqual([left, logged], [['the result of bulk read job j1, slice 2 of the fields row 1 id undefined id'], []]);
});

page('counts unusable rows as passed, those before where it resumes included', async () => {
  const {ids, left} = await read(fileOf('x', 2, 'y', 4), {count: 4, file: {rows: 1}});
  assert.deepEqual([ids, left], [['2', '4'], ['the result of bulk read job j1 row 3 id undefined id']]);
});

page('leaves unusable rows out without anyone to tell', async () => {
  const {ids, calls} = await read(fileOf(1, 'x'), {count: 2, context: {quarantine: undefined}});
  assert.deepEqual([ids, calls.length], [['1'], 1]);
});

for (const [what, csv, count] of [
  ['fewer rows than Zoho counted', fileOf(1, 2), 3],
  ['more rows than Zoho counted', fileOf(1, 2), 1],
  ['more rows than Zoho counted, with an unreadable place', `${fileOf(1, 2)}3,"2026\n`, 1],
] as const) {
  page(`with ${what} is damaged`, async () => {
    await assert.rejects(read(csv, {count}), (error) => {
      assert.ok(error instanceof ZohoError && error.kind === 'damaged');
      return /^Cannot use the result of job j1 of module Leads: it has \d rows, Zoho counted \d$/.test(error.message);
    });
  });
}

page('may lack rows in an unreadable place, which count as unread; of an intact reading it may not', async () => {
  const torn = `${fileOf(1)}2,"2026\n`;
  assert.ok((await read(torn, {count: 4})).left.includes('the result of bulk read job j1: 2 unread'));
  assert.ok(!(await read(torn, {count: 2})).left.some((line) => line.endsWith('unread')));
  assert.ok(!(await read(torn)).left.some((line) => line.endsWith('unread')), 'nor without a count');
  await assert.rejects(read([torn, fileOf(1, 2)], {count: 4}), {kind: 'damaged'});
});

page('may have rows without a time, if those are asked for, or rows without any key', async () => {
  const timeless = await read('Id,Modified_Time\n1,\n2,\n', {file: {untimed: true}});
  assert.deepEqual([timeless.ids, timeless.left, timeless.calls.length], [['1', '2'], [], 1]);
  const keyless = await read('Id,A\n,a\nx,b\n', {file: {whole: true, slices: [['A']]}});
  assert.deepEqual([columnOf(keyless.blocks[0]!, 'A'), keyless.left], [['a', 'b'], []]);
});

page('of rows without a key leaves out what is too large, by its number', async () => {
  const large = '\0'.repeat(documentBytesMax / 5);
  const {blocks, left} = await read(`Id,A\n1,a\n2,"${large}"\n3,c\n`, {
    file: {whole: true, slices: [['A']], fields: fieldsOf(textField('A'))},
  });
  assert.deepEqual(
    blocks.flatMap((rows) => columnOf(rows, 'A')),
    ['a', 'c'],
  );
  assert.deepEqual(left, ['the result of bulk read job j1 row 2 id 2 size']);
});

page('without rows has an empty last batch', async () => {
  const {batches, blocks} = await read('Id,Modified_Time\n', {count: 0});
  assert.deepEqual([batches, blocks.map(({count}) => count)], [[], [0]]);
});

page.run();
