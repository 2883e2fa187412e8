/** One captured module beside Zoho: what is compared, and when nothing can be. */
import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import {bindingOf} from '../../../lib/commands/context.ts';
import type {Comparison} from '../../../lib/commands/verify/compare.ts';
import {type CompareArguments, compareModule} from '../../../lib/commands/verify/compare-module.ts';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {bindingPatch, initialState} from '../../../lib/flow/state.ts';
import type {Manifest} from '../../../lib/sinks/files/manifest.ts';
import {textField} from '../../harness/fields.ts';
import {openFilesIn} from './open-files.ts';
import {type Answers, askedZoho, rowsOf, usualFields, zohoTime} from './zoho.ts';

const comparing = suite<{folder: string}>('compareModule');

comparing.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-compare-module-'));
});
comparing.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

const {backfill, ...captured} = initialState(zohoTime(100), zohoTime(1_000));
const name = 'Leads.ndjson';

/** A manifest of one file, `Leads` unless said otherwise, with the text in it. */
async function manifestOf(folder: string, lines: readonly string[], state: object = captured): Promise<Manifest> {
  const text = lines.map((line) => `${line}\n`).join('');
  await writeFile(join(folder, name), text);
  const file = {file: name, bytes: Buffer.byteLength(text), lines: lines.length, crc32: 0};
  return {version: 1, capture: {}, state: bindingPatch('Leads', state), files: {Leads: file}};
}

const record = (id: number, second: number, A: string, more = '') =>
  `{"id":${id},"Modified_Time":"${zohoTime(second)}","A":"${A}"${more},"_meta":{"op":"u"}}`;

async function compared(manifest: Manifest, folder: string, answers: Answers, args: Partial<CompareArguments> = {}) {
  const {client, ...asked} = askedZoho(answers);
  const [shown, logged, counted]: [unknown[], string[], (number | undefined)[]] = [[], [], []];
  const {reason, comparison} = await compareModule(
    bindingOf('Leads'),
    manifest,
    {out: folder, full: true, sample: 0, ...args},
    {
      client,
      signal: new AbortController().signal,
      log: (level, message, about) => void logged.push(`${level} ${message} ${JSON.stringify(about)}`),
      work: {
        begin: (...what) => void shown.push(what),
        add: (count) => void counted.push(count),
        pause: async () => {},
      },
    },
  );
  return {reason, comparison: comparison!, shown, logged, counted, ...asked};
}

const differences = ({shown}: Comparison): string[] => shown.map(({id, what}) => `${id} ${what}`);

comparing('compares each captured record with that of Zoho, and shows how far it is', async ({folder}) => {
  const manifest = await manifestOf(folder, [record(1, 500, 'a'), record(2, 500, 'b'), record(3, 500, 'c')]);
  const {comparison, shown, counted, jobs} = await compared(manifest, folder, {
    job: () => rowsOf([1, 500, 'a'], [2, 500, 'other'], [4, 500, 'd']),
  });
  assert.deepEqual(differences(comparison), ['2 A', '4 missing', '3 extra']);
  const {bytes} = manifest.files.Leads!;
  assert.deepEqual(shown, [
    ['Reading the file of Leads, bytes', bytes],
    ['Comparing Leads with Zoho', 3],
  ]);
  assert.deepEqual(counted, [bytes, undefined, undefined, undefined]);
  assert.equal(jobs[0]?.fromS, 100, 'from the start of the capture');
});

comparing('compares records without a time, and tells what was deleted since from what is extra', async ({folder}) => {
  const manifest = await manifestOf(folder, [record(1, 200, 'a'), record(2, 500, 'b'), record(3, 500, 'c')]);
  const {comparison} = await compared(manifest, folder, {
    fields: () => [...usualFields, textField('Created_Time', {type: 'datetime', dataType: 'datetime'})],
    coql({text, columns}) {
      if (columns.includes('A') && !text.includes(' in (')) return [];
      return [{id: '1', Modified_Time: null, Created_Time: zohoTime(200), A: 'other'}];
    },
    deleted: () => [{id: '2', deletedTime: zohoTime(990), deletedS: 990, type: 'recycle'}],
  });
  assert.deepEqual(differences(comparison), ['1 A', '1 Created_Time', '3 extra']);
  assert.equal(comparison.changedSince, 1);
});

comparing('takes what only a refresh brings for late, and times in another zone for the same', async ({folder}) => {
  const times = ['Formula', 'Bulk_Only', 'Refused'].map((field) => `,"${field}":"old"`).join('');
  const zoned = '"1970-01-01T05:38:20+05:30"';
  const manifest = await manifestOf(folder, [record(1, 500, 'a', `,"At":${zoned},"Text":${zoned}${times}`)]);
  const {comparison} = await compared(manifest, folder, {
    fields: () => [
      ...usualFields,
      textField('At', {type: 'datetime', dataType: 'datetime'}),
      textField('Text'),
      textField('Formula', {computed: true}),
      textField('Bulk_Only', {coql: false}),
      textField('Refused'),
    ],
    job: ({fields = []}) => {
      const values = new Map([
        ['id', '1'],
        ['Modified_Time', zohoTime(500)],
        ['A', 'a'],
        ['At', zohoTime(500)],
        ['Text', zohoTime(500)],
      ]);
      return {
        count: 1,
        csv: `${fields.map((field) => (field === 'id' ? 'Id' : field)).join()}\n${fields.map((field) => values.get(field) ?? 'new').join()}\n`,
      };
    },
    coql({columns}) {
      if (columns.includes('Refused')) throw new ZohoError('field', 'no', {field: 'Refused'});
      return [];
    },
  });
  assert.deepEqual([differences(comparison), comparison.awaitingRefresh], [['1 Text'], 0]);
});

comparing('compares the values of about as many records as asked for, or of all', async ({folder}) => {
  const ids = Array.from({length: 200}, (_, i) => i + 1);
  const manifest = await manifestOf(
    folder,
    ids.map((id) => record(id, 500, 'a')),
  );
  const job = () => rowsOf(...ids.map((id) => [id, 500, 'a'] as const));
  const count = async (args: Partial<CompareArguments>) => (await compared(manifest, folder, {job}, args)).comparison.compared;
  const some = await count({full: false, sample: 50});
  assert.ok(some > 30 && some < 70, `${some}`);
  assert.equal(await count({full: false, sample: 200}), 200);
  assert.equal(await count({full: true, sample: 50}), 200);
});

comparing('gives the reason when nothing can be compared, before Zoho is asked for records', async ({folder}) => {
  const of = async (state: object, answers: Answers = {}) => {
    const {reason, comparison, jobs, queries} = await compared(await manifestOf(folder, [], state), folder, answers);
    assert.deepEqual([comparison, jobs, queries], [undefined, [], []]);
    return reason;
  };
  assert.equal(await of({...captured, backfill}), 'its backfill is not complete; run capture again first');
  assert.equal(await of(captured, {fields: () => null}), 'Zoho has no field metadata for it');
  assert.equal(await of({snapshot: {last_count: 5}}), 'its snapshot is not complete; run capture again first');
  const none = {...(await manifestOf(folder, [])), files: {}};
  const {reason} = await compared(none, folder, {fields: () => assert.fail('asked')});
  assert.equal(reason, 'it has not been captured into this directory');
});

const snapshot = {snapshot: {updated_at: '2026-01-01T00:00:00Z', last_count: 1, last_digest: 'd'}};

comparing('compares the rows of a snapshot, and says that what changed since counts', async ({folder}) => {
  const row = '{"id":1,"A":"a","_meta":{"op":"c","row_id":0}}';
  const manifest = await manifestOf(folder, [row], snapshot);
  const fields = () => [textField('id', {type: 'id'}), textField('A')];
  const same = await compared(manifest, folder, {fields, job: () => ({count: 1, csv: 'Id,A\n1,a\n'})});
  assert.deepEqual([same.comparison.isSame, same.comparison.compared], [true, 1]);
  assert.deepEqual([same.shown, same.logged], [[['Comparing Leads with Zoho']], []]);
  const other = await compared(manifest, folder, {fields, job: () => ({count: 1, csv: 'Id,A\n1,b\n'})});
  assert.deepEqual(differences(other.comparison), ['1 missing, or has other values', '1 extra']);
  assert.deepEqual(other.logged, [
    'info Rows of module Leads have no times: changes since the snapshot of 2026-01-01T00:00:00Z count as differences {"module":"Leads"}',
  ]);
});

comparing('says that a file has been removed, whatever it held', async ({folder}) => {
  for (const [line, state] of [
    [record(1, 500, 'a'), captured],
    ['{"id":1,"_meta":{"op":"c","row_id":0}}', snapshot],
  ] as const) {
    const manifest = await manifestOf(folder, [line], state);
    await rm(join(folder, name));
    await assert.rejects(compared(manifest, folder, {}), {
      name: 'ConfigError',
      message: `Cannot verify ${folder}: ${name} has been removed since it was written; put it back, or capture again`,
    });
  }
});

comparing('fails with any other failure as it is, and closes the file', async ({folder}) => {
  const manifest = await manifestOf(folder, [record(1, 500, 'a')]);
  const job = () => {
    throw new ZohoError('module', 'no');
  };
  await assert.rejects(compared(manifest, folder, {job}), {kind: 'module'});
  await compared(manifest, folder, {job: () => rowsOf([1, 500, 'a'])});
  assert.deepEqual(await openFilesIn(folder), []);
});

comparing.run();
