/** What `verify` makes of Zoho's answers: rows, records without a time, and deletions, each against what was captured. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {FieldPlan} from '../../../lib/capture/field-plan.ts';
import {Comparison} from '../../../lib/commands/verify/compare.ts';
import {ListedQuarantine} from '../../../lib/commands/verify/left-out.ts';
import {compareDeletions, compareRows, compareUntimed, type Reading} from '../../../lib/commands/verify/reading.ts';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {verifyAheadS} from '../../../lib/limits.ts';
import type {Field} from '../../../lib/records/field.ts';
import type {DeletedRow} from '../../../lib/zoho/api.ts';
import {textField} from '../../harness/fields.ts';
import {type Answers, askedZoho, rowsOf, usualFields, zohoTime} from './zoho.ts';

const reading = suite('reading of verify');

interface Setting extends Omit<Answers, 'fields'> {
  /** Captured documents by id, each with its properties as JSON texts. */
  readonly captured: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Fields besides the keys. */
  readonly fields?: readonly Field[];
  readonly changes?: Partial<Reading>;
}

/** Captured from second 100 to second 1000, deletions read up to the same. */
function setting({captured, fields = [textField('A')], changes = {}, ...answers}: Setting) {
  const logged: string[] = [];
  const {client, ...asked} = askedZoho(answers);
  const file = {
    has: (id: string) => Object.hasOwn(captured, id),
    get: (id: string) => captured[id] && new Map(Object.entries(captured[id])),
  };
  const comparison = new Comparison(file, {ignored: new Set(['id'])});
  let seen = 0;
  const all: Reading = {
    module: 'Leads',
    plan: new FieldPlan([...usualFields.slice(0, 2), ...fields]),
    startS: 100,
    cursorS: 1_000,
    deletedFromS: 940,
    share: 1,
    captured: file as never,
    left: new Set(Object.keys(captured)),
    comparison,
    quarantine: new ListedQuarantine(comparison),
    client,
    signal: new AbortController().signal,
    log: (level, message, about) => void logged.push(`${level} ${message} ${JSON.stringify(about)}`),
    work: {add: () => void seen++, pause: async () => {}},
    ...changes,
  };
  return {reading: all, comparison, logged, ...asked, seen: () => seen};
}

/** A captured record. */
const record = (second: number) => ({Modified_Time: JSON.stringify(zohoTime(second)), A: '"a"'});

const counts = ({records, compared, missing, extra, differing, changedSince}: Comparison) => ({
  records,
  compared,
  missing,
  extra,
  differing,
  changedSince,
});

reading('compares every row before the cursor, and counts those from it on as changed since', async () => {
  const {
    reading: all,
    comparison,
    jobs,
    seen,
  } = setting({
    captured: {1: record(500), 2: record(500), 4: record(500), 5: record(500)},
    job: () => rowsOf([1, 500, 'a'], [2, 500, 'other'], [3, 999, 'a'], [4, 1_000, 'other'], [6, 1_001, 'a']),
  });
  await compareRows(all);
  assert.deepEqual(counts(comparison), {records: 3, compared: 2, missing: 1, extra: 0, differing: 1, changedSince: 2});
  assert.deepEqual(
    comparison.shown.map(({id, what}) => `${id} ${what}`),
    ['2 A', '3 missing'],
  );
  assert.deepEqual([...all.left], ['5']);
  assert.equal(seen(), 5);
  assert.equal(jobs[0]?.fromS, 100);
  assert.equal(jobs[0]?.toS, Math.floor(Date.UTC(2026, 0, 1) / 1_000) + 1 + verifyAheadS);
});

reading('compares the values of a share of the records, and the presence of all', async () => {
  const ids = Array.from({length: 400}, (_, i) => i + 1);
  const captured = Object.fromEntries(ids.map((id) => [id, record(500)]));
  const {reading: all, comparison} = setting({
    captured,
    job: () => rowsOf(...ids.map((id): [number, number, string] => [id, 500, 'a'])),
    changes: {share: 0.25},
  });
  await compareRows(all);
  assert.equal(comparison.records, 400);
  assert.ok(comparison.compared > 60 && comparison.compared < 140, `${comparison.compared}`);
  const none = setting({captured: {1000003: record(500)}, job: () => rowsOf([1_000_003, 500, 'a']), changes: {share: 0}});
  await compareRows(none.reading);
  assert.equal(none.comparison.compared, 0);
});

reading('counts a record once, in however many slices its fields are read', async () => {
  const names = Array.from({length: 250}, (_, i) => `F${String(i).padStart(3, '0')}`);
  const row = Object.fromEntries(names.map((name) => [name, '"x"']));
  const {
    reading: all,
    comparison,
    jobs,
    seen,
  } = setting({
    captured: {1: {...record(500), ...row, F249: '"y"'}},
    fields: names.map((name) => textField(name)),
    job: ({fields = []}) => ({
      count: 1,
      csv: `${fields.map((name) => (name === 'id' ? 'Id' : name)).join()}\n${fields.map((name) => (name === 'id' ? '1' : name === 'Modified_Time' ? zohoTime(500) : 'x')).join()}\n`,
    }),
  });
  await compareRows(all);
  assert.equal(jobs.length, 2);
  assert.deepEqual([comparison.records, comparison.missing, seen()], [1, 0, 1]);
  assert.deepEqual(
    comparison.shown.map(({what}) => what),
    ['F249'],
  );
});

reading(
  'leaves out a field that Bulk Read refuses, by its name or as one hidden from COQL, and fails for any other refusal',
  async () => {
    const refusing = (error: ZohoError, fields = [textField('A'), textField('B')]) => {
      const set = setting({
        captured: {1: record(500)},
        fields,
        job({fields: asked = []}) {
          if (asked.includes('B')) throw error;
          return rowsOf([1, 500, 'a']);
        },
      });
      return {...set, compared: compareRows(set.reading).then(() => set.comparison.compared)};
    };
    assert.equal(await refusing(new ZohoError('field', 'no', {field: 'B'})).compared, 1);
    const unnamed = new ZohoError('field', 'no', {code: 'FIELD_NOT_AVAILABLE'});
    assert.equal(await refusing(unnamed, [textField('A'), textField('B', {coql: false})]).compared, 1);
    await assert.rejects(refusing(unnamed).compared, {code: 'FIELD_NOT_AVAILABLE'});
    await assert.rejects(refusing(new ZohoError('field', 'no', {field: 'Nobody'})).compared, {kind: 'field'});
    await assert.rejects(refusing(new ZohoError('field', 'no', {field: ''})).compared, {kind: 'field'});
    const unread = [textField('A'), textField('B', {coql: false})];
    await assert.rejects(refusing(new ZohoError('module', 'no'), unread).compared, {kind: 'module'});
  },
);

const time = (second: number) => JSON.stringify(zohoTime(second));

reading('compares records without a time by their creation, unless they were created before the start', async () => {
  const set = setting({
    captured: {7: {id: '7', Modified_Time: time(200), A: '"a"'}, 8: {id: '8', Modified_Time: time(200), A: '"a"'}},
    fields: [textField('A'), textField('Created_Time', {type: 'datetime', dataType: 'datetime'})],
    coql({text}) {
      const rows = [
        {id: '7', Modified_Time: null, Created_Time: zohoTime(200), A: 'b'},
        {id: '8', Modified_Time: null, Created_Time: zohoTime(99), A: 'b'},
        {id: '9', Modified_Time: null, Created_Time: zohoTime(100), A: 'b'},
      ];
      return text.includes('is null') ? rows.map(({id}) => ({id, Modified_Time: null})) : rows;
    },
  });
  await compareUntimed(set.reading);
  assert.deepEqual(
    set.comparison.shown.map(({id, what}) => `${id} ${what}`),
    ['7 A', '7 Created_Time', '9 missing'],
  );
  assert.equal(set.comparison.records, 2);
  assert.deepEqual([...set.reading.left], [], 'none of them counts as gone');
  assert.deepEqual(set.logged, []);
});

reading('says when nobody knows which records have no time, and fails for wrong credentials', async () => {
  const failing = (error: ZohoError) =>
    setting({
      captured: {},
      coql() {
        throw error;
      },
    });
  const down = failing(new ZohoError('unavailable', 'Zoho is down'));
  await compareUntimed(down.reading);
  assert.deepEqual(down.logged, [
    'warn Module Leads: records that have no Modified_Time cannot be compared, because Zoho is down {"module":"Leads"}',
  ]);
  await assert.rejects(compareUntimed(failing(new ZohoError('credentials', 'no')).reading), {kind: 'credentials'});
  const stop = new AbortController();
  const stopped = setting({
    captured: {},
    coql() {
      stop.abort(new Error('stop'));
      throw new ZohoError('unavailable', 'Zoho is down');
    },
    changes: {signal: stop.signal},
  });
  await assert.rejects(compareUntimed(stopped.reading), /stop/);
});

const gone = (id: string, second: number): DeletedRow => ({
  id,
  deletedTime: zohoTime(second),
  deletedS: second,
  type: 'permanent',
});

reading('takes what was deleted since the capture for changed, and whatever else is gone for extra', async () => {
  const set = setting({
    captured: {1: record(500), 2: record(500), 3: record(100), 4: record(99), 5: {A: '"no time"'}},
    deleted: (sinceS) => [gone('1', 940), gone('2', 939)].filter(({deletedS}) => deletedS >= sinceS),
  });
  await compareDeletions(set.reading);
  assert.equal(set.comparison.changedSince, 1);
  assert.deepEqual(
    set.comparison.shown.map(({id, what}) => `${id} ${what}`),
    ['2 extra', '3 extra', '5 extra'],
  );
  assert.deepEqual(set.feeds, [940, 100], 'a deletion that was left out may name one of them');
});

reading('reads the feed no further back than it must', async () => {
  const explained = setting({captured: {1: record(500)}, deleted: () => [gone('1', 990)]});
  await compareDeletions(explained.reading);
  assert.deepEqual([explained.feeds, explained.comparison.changedSince, explained.comparison.extra], [[940], 1, 0]);
  const fromStart = setting({captured: {1: record(500)}, changes: {deletedFromS: 100}});
  await compareDeletions(fromStart.reading);
  assert.deepEqual([fromStart.feeds, fromStart.comparison.extra], [[100], 1]);
  const nothing = setting({captured: {4: record(99)}});
  await compareDeletions(nothing.reading);
  assert.deepEqual([nothing.feeds, nothing.comparison.extra], [[], 0]);
});

reading('does not count as gone what cannot become a document', async () => {
  const set = setting({captured: {1: record(500), 2: record(500)}});
  set.reading.quarantine.add({row: 1, id: '1', fault: 'time', digest: 'd'}, 'a page');
  await compareDeletions(set.reading);
  assert.deepEqual(
    set.comparison.shown.map(({id}) => id),
    ['2'],
  );
  const alone = setting({captured: {1: record(500)}});
  alone.reading.quarantine.add({row: 1, id: '1', fault: 'time', digest: 'd'}, 'a page');
  await compareDeletions(alone.reading);
  assert.deepEqual(alone.feeds, []);
});

reading('takes what is gone for changed where Zoho has no feed of deletions, and fails for any other failure', async () => {
  const failing = (kind: 'module' | 'unavailable') =>
    setting({
      captured: {1: record(500), 2: record(500)},
      deleted() {
        throw new ZohoError(kind, 'no');
      },
    });
  const without = failing('module');
  await compareDeletions(without.reading);
  assert.deepEqual([without.comparison.changedSince, without.comparison.extra], [2, 0]);
  assert.deepEqual(without.logged, [
    'warn Module Leads is captured without deletions; 2 of its records are no longer in Zoho {"module":"Leads"}',
  ]);
  await assert.rejects(compareDeletions(failing('unavailable').reading), {kind: 'unavailable'});
});

reading.run();
