import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type CapturedRecords, Comparison} from '../../../lib/commands/verify/compare.ts';

const compare = suite('Captured records');

/** Captured records whose properties are JSON texts. */
const captured = (records: Readonly<Record<string, Readonly<Record<string, string>>>>): CapturedRecords =>
  new Map(Object.entries(records).map(([id, properties]) => [id, new Map(Object.entries({id, ...properties}))]));

compare('differ where a record is missing, extra, or has another value; formulas await their refresh', () => {
  const file = captured({
    1: {Name: '"same"', Sum: '1.0', Late: '1'},
    2: {Name: '"other"', Sum: '1'},
    3: {Name: '"same"', Sum: '1'},
    4: {Name: '"gone"', Sum: '1'},
  });
  const comparison = new Comparison(file, {computed: new Set(['Sum']), ignored: new Set(['Ignored'])});
  const zoho = (id: string, name: string, sum: string) => {
    const isPresent = comparison.present(id);
    assert.equal(isPresent, file.has(id));
    if (isPresent)
      comparison.values(
        id,
        new Map([
          ['id', id],
          ['Name', `"${name}"`],
          ['Sum', sum],
          ['Ignored', '1'],
        ]),
      );
  };
  zoho('1', 'same', '1.0');
  zoho('2', 'another', '2');
  zoho('3', 'same', '2');
  zoho('5', 'new', '1');
  comparison.notAtZoho('4');
  const {records, compared, missing, extra, differing, awaitingRefresh, isSame} = comparison;
  assert.deepEqual(
    {records, compared, missing, extra, differing, awaitingRefresh, isSame},
    {
      records: 4,
      compared: 3,
      missing: 1,
      extra: 1,
      differing: 1,
      awaitingRefresh: 1,
      isSame: false,
    },
  );
  assert.deepEqual(comparison.shown, [
    {id: '2', what: 'Name', captured: '"other"', zoho: '"another"'},
    {id: '5', what: 'missing'},
    {id: '4', what: 'extra'},
  ]);
});

compare('take two spellings of a number for the same, and the last digit for a difference', () => {
  const file = captured({1: {A: '5', B: '1.0E7', C: '0.10', D: '-0.0', E: '12345678901234567890.1', F: '"5"'}});
  const zoho = (E: string, F = '"5"') => new Map(Object.entries({A: '5.0', B: '10000000', C: '0.1', D: '0', E, F}));
  const same = new Comparison(file);
  same.values('1', zoho('1.23456789012345678901E19'));
  assert.equal(same.isSame, true);
  const other = new Comparison(file);
  other.values('1', zoho('12345678901234567890.2', '5'));
  assert.deepEqual(
    other.shown.map(({what}) => what),
    ['E', 'F'],
  );
});

compare('take a field that a record lacks for one of the next refresh where that is said, and for a difference elsewhere', () => {
  const file = captured({1: {Name: '"same"'}});
  const zoho = new Map([
    ['Name', '"same"'],
    ['Score', '7'],
  ]);
  const later = new Comparison(file, {computed: new Set(['Score'])});
  later.values('1', zoho);
  const now = new Comparison(file);
  now.values('1', zoho);
  assert.deepEqual([later.awaitingRefresh, later.isSame, now.awaitingRefresh, now.isSame], [1, true, 0, false]);
  const none = new Comparison(file);
  none.values('1', new Map([['Score', 'null']]));
  assert.deepEqual([none.awaitingRefresh, none.isSame], [0, true]);
});

compare('show ten differences and a thousand rows left out, and count them all', () => {
  const comparison = new Comparison(new Map());
  comparison.leaveOut(5);
  assert.deepEqual([comparison.shown, comparison.leftOut], [[], []]);
  for (let id = 1; id <= 12; id++) comparison.present(String(id));
  for (let row = 1; row <= 1_002; row++) comparison.leaveOut({page: 'p', row, id: undefined, why: 'has no valid id'});
  assert.deepEqual(
    [comparison.shown.length, comparison.missing, comparison.leftOut.length, comparison.quarantined],
    [10, 12, 1_000, 1_007],
  );
});

compare('have times compared as instants where the field holds them, and their _meta not at all', () => {
  const [utc, zoned] = ['"2026-01-01T00:00:00Z"', '"2026-01-01T05:30:00+05:30"'];
  const file = captured({1: {At: utc, Text: utc, _meta: '1'}});
  const comparison = new Comparison(file, {instants: new Set(['At', 'Absent'])});
  comparison.values('1', new Map(Object.entries({At: zoned, Text: zoned, Absent: zoned, _meta: '2'})));
  assert.deepEqual(comparison.shown, [
    {id: '1', what: 'Text', captured: utc, zoho: zoned},
    {id: '1', what: 'Absent', captured: undefined, zoho: zoned},
  ]);
});

compare('are the same unless one is missing, extra or different, or a row was left out', () => {
  for (const count of ['missing', 'extra', 'differing', 'quarantined'] as const) {
    const comparison = new Comparison(new Map());
    assert.equal(comparison.isSame, true);
    comparison[count] = 1;
    assert.equal(comparison.isSame, false, count);
  }
});

compare('of a snapshot count rows that are there, and rows that are not', () => {
  const comparison = new Comparison(new Map());
  comparison.sameRow();
  const counts = () => [comparison.records, comparison.compared, comparison.missing, comparison.isSame];
  assert.deepEqual(counts(), [1, 1, 0, true]);
  comparison.missingRow('7');
  assert.deepEqual(counts(), [2, 2, 1, false]);
  assert.deepEqual(comparison.shown, [{id: '7', what: 'missing, or has other values'}]);
});

compare('have nothing compared of a record that was not captured', () => {
  const comparison = new Comparison(new Map());
  comparison.values('1', new Map([['A', '1']]));
  assert.deepEqual([comparison.compared, comparison.isSame], [0, true]);
});

compare.run();
