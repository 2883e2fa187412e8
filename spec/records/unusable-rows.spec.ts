import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {instantSeconds, isId} from '../../lib/kernel/kernel.ts';
import {cellPlain} from '../../lib/records/batch.ts';
import {RowBuilder} from '../../lib/records/row-builder.ts';
import {
  datedRows,
  faultOfRow,
  largeRows,
  rowsWithoutId,
  silentQuarantine,
  sliceRows,
  unusableRow,
  unusableRows,
  withoutRows,
} from '../../lib/records/unusable-rows.ts';
import {rowsOf, tableOf} from '../harness/blocks.ts';

const unusable = suite('unusableRows');

const never = (): boolean => false;
const time = '2026-01-31T10:00:00+05:30';

unusable('takes exactly those ids and times that the kernel takes', () => {
  const two = (max: number) => fc.integer({min: 0, max}).map((value) => String(value).padStart(2, '0'));
  const instant = fc
    .tuple(
      fc.integer({min: 0, max: 9_999}),
      two(13),
      two(32),
      two(25),
      two(61),
      two(61),
      fc.constantFrom('', '.5', '.'),
      two(25),
      two(61),
    )
    .map(([y, mo, d, h, m, s, f, oh, om]) => `${String(y).padStart(4, '0')}-${mo}-${d}T${h}:${m}:${s}${f}+${oh}:${om}`);
  const damaged = fc
    .tuple(instant, fc.nat({max: 24}), fc.constantFrom('', 'Z', '-', 'x', '9', 'é'))
    .map(([text, at, other]) => text.slice(0, at) + other + text.slice(at + 1));
  const times = fc.oneof(
    instant,
    damaged,
    fc.constantFrom('', '2026-01-01T00:00:00Z', '2024-02-29T23:59:60-12:00', '2026-02-29T00:00:00Z'),
    fc.string(),
  );
  const digits = fc.string({unit: fc.constantFrom(...'0123456789'), maxLength: 21});
  const ids = fc.oneof(digits, fc.constantFrom('0', '-1', '1.0', '1e3', ' 1', '9'.repeat(19), '9'.repeat(20)), fc.string());
  fc.assert(
    fc.property(ids, times, (id, at) => {
      const fault = isId(id) ? (Number.isNaN(instantSeconds(at)) ? 'time' : undefined) : 'id';
      assert.equal(faultOfRow(rowsOf(['Id', 'Modified_Time'], [[id, at]]), 0), fault);
    }),
    {numRuns: 5_000},
  );
});

unusable('takes up to 19 digits for an id, the first of them not 0', () => {
  const faultOf = (id: string) => faultOfRow(rowsOf(['id'], [[id]]), 0);
  for (const id of ['1', '9', '10', '1234567890', '9'.repeat(19)]) assert.equal(faultOf(id), undefined, id);
  for (const id of ['', '0', '01', '1/', '1:', '/1', ':1', '-1', '1 ', '9'.repeat(20)]) assert.equal(faultOf(id), 'id', id);
});

unusable('names each row with its number, its record where it tells it, and why', () => {
  const rows = rowsOf(
    ['A', 'id', 'Modified_Time'],
    [
      ['a', '1', time],
      ['b', 'x', time],
      ['c', '3', ''],
      ['d', '4', time],
    ],
  );
  const found = unusableRows(rows, 11, (row) => row === 3);
  assert.deepEqual(
    found.map(({digest: _, ...row}) => row),
    [
      {row: 12, id: undefined, fault: 'id'},
      {row: 13, id: '3', fault: 'time'},
      {row: 14, id: '4', fault: 'size'},
    ],
  );
  assert.equal(new Set(found.map(({digest}) => digest)).size, 3);
  assert.deepEqual(
    rowsWithoutId(rows).map(({row}) => row),
    [2],
  );
  assert.deepEqual(tableOf(withoutRows(rows, new Set([1, 2]))), [tableOf(rows)[0], tableOf(rows)[3]]);
  assert.deepEqual(tableOf(sliceRows(rows, 1, 3)), tableOf(rows).slice(1, 3));
});

unusable('tells two rows apart by their bytes, and by where their cells end', () => {
  const digestOf = (...cells: string[]) => unusableRows(rowsOf(['Id', 'Modified_Time', 'A', 'B'], [cells]), 1, never)[0]?.digest;
  assert.equal(digestOf('1', '', 'ab', 'c'), digestOf('1', '', 'ab', 'c'));
  assert.notEqual(digestOf('1', '', 'ab', 'c'), digestOf('1', '', 'a', 'bc'));
  const [first, second] = ['y', 'z'].map((other) => unusableRow(rowsOf(['A'], [['x'], [other]]), 0, 1, 'size').digest);
  assert.equal(first, second, 'whatever follows');
});

unusable('finds no odd row where a page has no id or no time at all: that is the fault of the page', () => {
  assert.deepEqual(unusableRows(rowsOf(['Id', 'A'], [['x', '']]), 1, never), []);
  assert.deepEqual(unusableRows(rowsOf(['Modified_Time', 'A'], [['', '']]), 1, never), []);
});

unusable('dates rows without a time by their creation, and changes nothing else', () => {
  const rows = rowsOf(
    ['id', 'Modified_Time', 'Created_Time'],
    [
      ['1', '', time],
      ['2', time, '2020-01-01T00:00:00Z'],
      ['3', '', ''],
      ['4', '', time],
    ],
  );
  assert.deepEqual(tableOf(datedRows(rows)), [
    ['1', time, time],
    ['2', time, '2020-01-01T00:00:00Z'],
    ['3', '', ''],
    ['4', time, time],
  ]);
  assert.deepEqual(tableOf(rows)[0], ['1', '', time]);
});

unusable('takes times at the ends of every range, in the usual spelling and in others', () => {
  const faultOf = (at: string) => faultOfRow(rowsOf(['Modified_Time'], [[at]]), 0);
  const sound = [
    '2026-01-01T00:00:00+00:00',
    '2026-12-28T23:59:59+23:59',
    '2026-01-31T23:59:59-23:59',
    `2026-01-01T00:00:00.${'0'.repeat(43)}Z`,
  ];
  for (const at of sound) assert.equal(faultOf(at), undefined, at);
  const unsound = [
    '2026-00-01T00:00:00+00:00',
    '2026-13-01T00:00:00+00:00',
    '2026-01-00T00:00:00+00:00',
    '2026-02-30T00:00:00+00:00',
  ];
  const times = [
    'T24:00:01+00:00',
    'T00:60:00+00:00',
    'T00:00:61+00:00',
    'T00:00:99+00:00',
    'T00:00:00+24:00',
    'T00:00:00+00:60',
    'T00:00:00+00:6x',
  ];
  const spellings = [
    '2026-01-01 00:00:00+00.00',
    '2026/01/01T00:00:00+00:00',
    '2026-01-0xT00:00:00+00:00',
    `2026-01-01T00:00:00.${'0'.repeat(44)}Z`,
  ];
  for (const at of [...unsound, ...times.map((time) => `2026-01-01${time}`), ...spellings]) assert.equal(faultOf(at), 'time', at);
});

unusable('judges any row of a batch by its own cells', () => {
  const rows = rowsOf(
    ['Modified_Time', 'id'],
    [
      [time, '1'],
      ['', '2'],
      [time, 'x'],
      [time, '4'],
    ],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((row) => faultOfRow(rows, row)),
    [undefined, 'time', 'id', undefined],
  );
  assert.deepEqual(
    rowsWithoutId(rows).map(({row, fault}) => [row, fault]),
    [[3, 'id']],
  );
  assert.deepEqual(unusableRows(rowsOf(['id', 'Modified_Time'], [['x', time]]), 1, never).length, 1);
  assert.deepEqual(
    unusableRows(rows, 1, never).map(({row, fault}) => [row, fault]),
    [
      [2, 'time'],
      [3, 'id'],
    ],
  );
});

unusable('misses no id where a page has none, whatever stands in its other cells', () => {
  const rows = rowsOf(['A'], [['x'], ['7'], ['8']]);
  for (const row of [0, 1, 2]) {
    assert.equal(faultOfRow(rows, row), undefined);
    assert.equal(unusableRow(rows, row, 1, 'slices').id, undefined);
  }
  assert.deepEqual(rowsWithoutId(rows), []);
  const timed = rowsOf(
    ['A', 'Modified_Time'],
    [
      ['x', time],
      ['y', time],
    ],
  );
  assert.equal(faultOfRow(timed, 1), undefined);
});

unusable('finds every row without an id, and none behind the last', () => {
  const builder = new RowBuilder(['id', 'A']);
  for (const id of ['0', '1', '']) {
    builder.setText(0, id, cellPlain);
    builder.endRow();
  }
  assert.deepEqual(
    rowsWithoutId(builder.end()).map(({row}) => row),
    [1, 3],
  );
});

unusable('takes Id for the id only where there is no id', () => {
  assert.equal(faultOfRow(rowsOf(['Id', 'id'], [['x', '1']]), 0), undefined);
  assert.equal(faultOfRow(rowsOf(['id', 'Id'], [['1', 'x']]), 0), undefined);
  assert.equal(faultOfRow(rowsOf(['id', 'Id'], [['x', '1']]), 0), 'id');
});

unusable('judges rows without a key by their size alone', () => {
  const rows = rowsOf(['A'], [['a'], ['b'], ['c']]);
  assert.deepEqual(
    largeRows(rows, 11, (row) => row > 0).map(({row, fault, id}) => [row, fault, id]),
    [
      [12, 'size', undefined],
      [13, 'size', undefined],
    ],
  );
  assert.deepEqual(unusableRow(rowsOf(['id'], [['7']]), 0, 3, 'slices'), {
    row: 3,
    id: '7',
    fault: 'slices',
    digest: unusableRow(rowsOf(['id'], [['7']]), 0, 9, 'id').digest,
  });
});

unusable('knows every row again whose reading before was reported', () => {
  assert.equal(silentQuarantine.has('any'), true);
  silentQuarantine.add({row: 1, fault: 'id', digest: ''}, '');
  silentQuarantine.addUnread(1, '');
});

unusable('dates no rows where a page lacks either time, and copies no cells for nothing', () => {
  for (const columns of [
    ['Modified_Time', 'id'],
    ['id', 'Created_Time'],
    ['Created_Time', 'id'],
  ]) {
    const rows = rowsOf(columns, [['', '']]);
    assert.equal(datedRows(rows), rows);
  }
  for (const columns of [
    ['Modified_Time', 'Created_Time', 'id'],
    ['Created_Time', 'Modified_Time', 'id'],
  ]) {
    const rows = rowsOf(
      columns,
      [
        ['', time, '1'],
        [time, '', '2'],
        [time, time, '3'],
      ].map((row) => (columns[0] === 'Created_Time' ? [row[1]!, row[0]!, row[2]!] : row)),
    );
    assert.deepEqual(tableOf(datedRows(rows)), [[time, time, '1'], ...tableOf(rows).slice(1)]);
  }
  const dated = rowsOf(['Modified_Time', 'Created_Time'], [[time, '']]);
  assert.equal(datedRows(dated).cells, dated.cells);
});

unusable('gives the same rows where none is left out, and releases cells that are copied', () => {
  let released = 0;
  const rows = {...rowsOf(['A'], [['a'], ['b'], ['c']]), release: () => void released++};
  assert.equal(withoutRows(rows, new Set()), rows);
  assert.equal(released, 0);
  const {release, ...left} = withoutRows(rows, new Set([1]));
  assert.deepEqual([release, left.count, left.cells.length, released], [undefined, 2, 4, 1]);
  assert.equal(sliceRows(rows, 0, 3), rows);
  for (const [from, to] of [
    [0, 2],
    [1, 3],
    [1, 2],
  ] as const) {
    const part = sliceRows(rows, from, to);
    assert.deepEqual(tableOf(part), tableOf(rows).slice(from, to));
    assert.equal(part.release, undefined);
  }
});

unusable.run();
