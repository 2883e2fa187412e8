/**
 * Rows that cannot become documents, in pages of Bulk Read, of COQL and of the feed of deletions:
 * read again once, omitted, and named.
 */
import assert from 'node:assert/strict';
import {zipSync} from 'fflate';
import {suite} from 'uvu';
import {newProgress} from '../../lib/capture/progress.ts';
import {NamedQuarantine} from '../../lib/capture/quarantine.ts';
import {documentBytesMax} from '../../lib/limits.ts';
import {consume} from '../../lib/platform/generators.ts';
import {Semaphore} from '../../lib/platform/semaphore.ts';
import {cellText} from '../../lib/records/rows.ts';
import {bulkRows} from '../../lib/sources/bulk.ts';
import {rowsByIds, sweepRows} from '../../lib/sources/coql.ts';
import {deletedPages} from '../../lib/sources/deleted.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import {type Received, type Reply, withZoho} from '../harness/fake-zoho.ts';

const sizes = (most: number) => ({pageSize: new PageSize({most}), listSize: new PageSize({most: 100})});
const nothingAhead = {isKnown: () => false, lookAhead: false};

const quarantine = suite('quarantine');
const {signal} = new AbortController();
const at = '2026-01-01T00:00:00+00:00';

interface Met {
  ids: string[];
  patches: unknown[];
  named: string[];
  count: number;
  calls: number;
}

/** Reads a job's page, with another file at each download. */
async function readBulk(files: readonly string[], count: number, rows = 0): Promise<Met> {
  let downloads = 0;
  const answer = ({method, path}: Received): Reply => {
    if (method === 'POST') return [201, {data: [{details: {id: '7'}}]}];
    if (!path.endsWith('/result')) return [200, {data: [{state: 'COMPLETED', result: {count, more_records: false}}]}];
    const file = files[Math.min(downloads++, files.length - 1)] ?? '';
    return (response) => response.end(zipSync({'7.csv': Buffer.from(file, 'latin1')}));
  };
  const met: Met = {ids: [], patches: [], named: [], count: 0, calls: 0};
  await withZoho({answer}, async ({client, clock}) => {
    const progress = newProgress('Leads');
    const context = {
      client,
      clock,
      signal,
      progress,
      jobSlots: new Semaphore(1),
      pageSlots: new Semaphore(1),
      quarantine: new NamedQuarantine('Leads', progress, (level, message) => met.named.push(`${level}: ${message}`)),
    };
    const range = {module: 'Leads', slices: [['id', 'Modified_Time', 'A']], fields: new Map(), fromS: 0, done: {}};
    try {
      for await (const {items, patch} of bulkRows(range, {cutoff: at, job: '7', rows}, context)) {
        for (let row = 0; row < items.count; row++) met.ids.push(cellText(items, row, items.columns.indexOf('id')));
        met.patches.push(patch);
      }
    } finally {
      met.count = progress.quarantined;
      met.calls = downloads;
    }
  });
  return met;
}

const page = (...lines: string[]): string => ['Id,Modified_Time,A', ...lines, ''].join('\r\n');
const line = (id: number): string => `${id},${at},a`;

for (const [what, odd, named] of [
  ['no id', `,${at},secret`, 'has no valid id'],
  ['an id that is none', `x2,${at},secret`, 'has no valid id'],
  ['an id beyond 19 digits', `${'9'.repeat(25)},${at},secret`, 'has no valid id'],
  ['no time', '2,,secret', 'has no valid Modified_Time'],
  ['a time that is none', '2,soon,secret', 'has no valid Modified_Time'],
  ['a cell too many', `2,${at},secret,secret`, 'has a different number of cells than the header'],
  ['quotes that do not end', `2,${at},"secret`, 'has malformed quotes'],
  [
    'a document larger than Flow takes',
    `2,${at},"${'\0'.repeat(documentBytesMax / 5)}"`,
    'would become a document larger than Flow accepts',
  ],
] as const) {
  quarantine(`omits a row with ${what} after a second reading, and continues after it`, async () => {
    const met = await readBulk([page(line(1), odd, line(3), line(4))], 4);
    assert.deepEqual([met.ids, met.count, met.calls], [['1', '3', '4'], 1, 2]);
    assert.equal(met.named.length, 1);
    const record = named.endsWith('Modified_Time') || named.endsWith('Flow accepts') ? ' (record 2)' : '';
    assert.equal(
      met.named[0],
      `warn: Module Leads: row 2 of the result of bulk read job 7${record} is left out, because it ${named}`,
    );
    assert.deepEqual(met.patches.at(-1), {});
  });
}

quarantine('uses a row that the second reading has intact, and repeats none that was passed', async () => {
  const met = await readBulk([page(line(1), '2,,a', line(3)), page(line(1), line(2), line(3))], 3);
  assert.deepEqual([met.ids, met.named, met.calls], [['1', '2', '3'], [], 2]);
});

quarantine('reads a file with many unusable rows twice, and no more often', async () => {
  const lines = Array.from({length: 3_000}, (_, i) => (i % 3 === 1 ? `${i + 1},,a` : line(i + 1)));
  const met = await readBulk([page(...lines)], 3_000);
  assert.deepEqual([met.ids.length, met.count, met.calls], [2_000, 1_000, 2]);
});

quarantine('counts omitted rows as passed, so a restart skips them', async () => {
  const lines = [line(1), '2,,a', line(3), line(4)];
  assert.deepEqual((await readBulk([page(...lines)], 4, 3)).ids, ['4']);
  assert.deepEqual((await readBulk([page(...lines)], 4, 2)).ids, ['3', '4']);
  const met = await readBulk([page(...lines)], 4, 1);
  assert.deepEqual([met.ids, met.calls], [['3', '4'], 2]);
});

quarantine("derives the rows in an unreadable place from Zoho's count", async () => {
  const met = await readBulk([page(line(1), '2,x', '3,x', '4,x', line(5))], 5);
  assert.deepEqual([met.ids, met.count], [['1', '5'], 3]);
});

quarantine('rejects a file as damaged that lacks rows without an unreadable place, or has too many', async () => {
  for (const count of [3, 1]) await assert.rejects(readBulk([page(line(1), '2,,a')], count), {kind: 'damaged'});
  await assert.rejects(readBulk([page(line(1), '2,x')], 1), {kind: 'damaged'});
});

/** Runs a COQL query. Answers are given in order, and the last one repeats. */
async function readCoql(
  answers: readonly object[],
  ids?: readonly string[],
  slices = [['id', 'Modified_Time', 'Created_Time']],
): Promise<Met> {
  const met: Met = {ids: [], patches: [], named: [], count: 0, calls: 0};
  let asked = 0;
  const answer = ({path}: Received): Reply =>
    path === '/crm/v8/coql'
      ? [200, {data: answers[Math.min(asked++, answers.length - 1)], info: {more_records: false}}]
      : [200, {modules: []}];
  await withZoho({answer}, async ({client, received}) => {
    const progress = newProgress('Leads');
    const named = new NamedQuarantine('Leads', progress, (level, message) => met.named.push(`${level}: ${message}`));
    const plan = {module: 'Leads', slices, fields: new Map(), ...sizes(200)};
    const context = {client, signal, quarantine: named};
    const source =
      ids === undefined
        ? sweepRows(plan, {fromS: 0, cursorS: 0, rowsExpected: 0, ...nothingAhead}, context)
        : rowsByIds(plan, ids, context);
    for await (const batch of source) {
      const rows = 'items' in batch ? batch.items : batch.rows;
      for (let row = 0; row < rows.count; row++) met.ids.push(cellText(rows, row, 0));
      met.patches.push('drained' in batch ? batch.drained : 'live' in batch ? [...batch.live] : undefined);
    }
    met.count = progress.quarantined;
    met.calls = received.filter(({path}) => path === '/crm/v8/coql').length;
  });
  return met;
}

const record = (id: unknown, time: unknown = at): object => ({id, Modified_Time: time, Created_Time: null});

for (const [what, odd, named] of [
  ['no id', record(null), 'row 2 of a page of its changes is left out, because it has no valid id'],
  ['an id that is a word', record('secret'), 'row 2 of a page of its changes is left out, because it has no valid id'],
  ['an object for an id', record({x: 1}), 'row 2 of a page of its changes is left out, because it has no valid id'],
  ['no time', record('2', null), 'row 2 of a page of its changes (record 2) is left out, because it has no valid Modified_Time'],
  [
    'a number for a time',
    record('2', 1e9),
    'row 2 of a page of its changes (record 2) is left out, because it has no valid Modified_Time',
  ],
] as const) {
  quarantine(`omits a record of a sweep with ${what} after a second reading of its page`, async () => {
    const met = await readCoql([[record('1'), odd, record('3')]]);
    assert.deepEqual([met.ids, met.count, met.calls - (await readCoql([[record('1')]])).calls], [['1', '3'], 1, 1]);
    assert.deepEqual(met.named, [`warn: Module Leads: ${named}`]);
  });
}

quarantine('uses a record that the second reading of its page has intact', async () => {
  const met = await readCoql([
    [record('1'), record('2', '')],
    [record('1'), record('2')],
  ]);
  assert.deepEqual([met.ids, met.named], [['1', '2'], []]);
});

quarantine('dates a record read by id by its creation, and knows that one without either time exists', async () => {
  const created = {id: '1', Modified_Time: null, Created_Time: '2020-01-01T00:00:00Z'};
  const met = await readCoql([[created, record('2', null)]], ['1', '2', '3']);
  assert.deepEqual([met.ids, met.patches, met.count], [['1'], [['1', '2']], 1]);
});

quarantine('names a record that cannot be joined because one of its slices has no id', async () => {
  const answers = [
    [record('1'), record('2')],
    [record('1'), record(null)],
  ];
  const slices = [
    ['id', 'Modified_Time', 'A'],
    ['id', 'Modified_Time', 'B'],
  ];
  // Both slices of the page, then both of the torn record, three times; and everything once more.
  const torn = [[record('2')], [record(null)]];
  const once = [...answers, ...torn, ...torn, ...torn];
  const met = await readCoql([...once, ...once], undefined, slices);
  assert.deepEqual([met.ids, met.count], [['1'], 1]);
  assert.match(met.named[0] ?? '', /row 2 of a page of its changes \(record 2\) .* cannot be joined from its slices$/);
});

/** Sweeps records in pages of two, in the order in which Zoho would list them. */
async function sweepPages(
  records: readonly {id: string; s: number; shownId?: string}[],
): Promise<{ids: string[]; queries: number}> {
  let queries = 0;
  const answer = ({body}: Received): Reply => {
    const query = String(JSON.parse(body || '{}').select_query ?? '');
    if (query === '') return [200, {modules: []}];
    assert.ok(++queries < 30, 'the sweep does not end');
    const [, from = '', , after] = /Modified_Time >=? '([^']+)'( or .* id > '?(\d+)'?\)\))?/.exec(query) ?? [];
    const fromS = Date.parse(from) / 1000;
    const limit = Number(/limit 0, (\d+)/.exec(query)?.[1]);
    const found = records.filter(({id, s}) => s > fromS || (s === fromS && (after === undefined || BigInt(id) > BigInt(after))));
    const iso = (s: number) => `${new Date(s * 1000).toISOString().slice(0, 19)}+00:00`;
    const data = found.slice(0, limit).map(({id, s, shownId}) => ({id: shownId ?? id, Modified_Time: iso(s)}));
    return data.length === 0 ? [204] : [200, {data}];
  };
  const ids: string[] = [];
  await withZoho({answer}, async ({client}) => {
    const progress = newProgress('Leads');
    const context = {client, signal, quarantine: new NamedQuarantine('Leads', progress, () => {})};
    const plan = {module: 'Leads', slices: [['id', 'Modified_Time']], fields: new Map(), ...sizes(2)};
    for await (const {items} of sweepRows(plan, {fromS: 1_000, cursorS: 1_000, rowsExpected: 0, ...nothingAhead}, context)) {
      for (let row = 0; row < items.count; row++) ids.push(cellText(items, row, 0));
    }
  });
  return {ids, queries};
}

quarantine('pages past records without an id anywhere, and ends', async () => {
  const sound = (id: number, s: number) => ({id: String(id), s});
  const odd = (id: number, s: number) => ({id: String(id), s, shownId: 'x'});
  for (const records of [
    [odd(1, 1_001), sound(2, 1_001), sound(3, 1_002)],
    [sound(1, 1_001), odd(2, 1_001), odd(3, 1_002), sound(4, 1_003)],
    [odd(1, 1_001), odd(2, 1_002), odd(3, 1_003), sound(4, 1_004)],
    [odd(1, 1_001), odd(2, 1_001), sound(3, 1_002), odd(4, 1_002), odd(5, 1_005)],
  ]) {
    const wanted = records.filter((each) => !('shownId' in each)).map(({id}) => id);
    assert.deepEqual((await sweepPages(records)).ids, wanted);
  }
});

const gone = (id: unknown, time: unknown = at): object => ({id, deleted_time: time, type: 'recycle'});

for (const [what, odd, named] of [
  ['no deleted_time', gone('2', null), ' (record 2) is left out, because it has no valid deleted_time'],
  ['a time that is none', gone('2', 'secret'), ' (record 2) is left out, because it has no valid deleted_time'],
  ['a number for a time', gone('2', 1_700_000_000), ' (record 2) is left out, because it has no valid deleted_time'],
  [
    'a time in the year 10000',
    gone('2', '+010000-01-01T00:00:00Z'),
    ' (record 2) is left out, because it has no valid deleted_time',
  ],
  ['an id that is no number', gone('secret'), ' is left out, because it has no valid id'],
  ['an id beyond 19 digits', gone('9'.repeat(30)), ' is left out, because it has no valid id'],
  ['a number for an id', gone(2), ' is left out, because it has no valid id'],
  ['nothing in it', null, ' is left out, because it has no valid id'],
] as const) {
  quarantine(`omits a row of the feed with ${what}, and keeps the valid ones beside it`, async () => {
    const seen: unknown[] = [];
    const logged: string[] = [];
    await withZoho(
      {
        replies: [
          [200, {modules: []}],
          [200, {data: [gone('1'), odd, gone('3')], info: {more_records: false}}],
        ],
      },
      async ({client, received}) => {
        const progress = newProgress('Leads');
        const named = new NamedQuarantine('Leads', progress, (level, message) => logged.push(`${level}: ${message}`));
        for (let pass = 0; pass < 2; pass++) {
          const pages = deletedPages('Leads', 0, {client, signal, quarantine: named});
          const end = await consume(pages, (page) => void seen.push(page.map(({id}) => id)));
          seen.push(Object.keys(end));
        }
        assert.equal(progress.quarantined, 1);
        // Two readings at first, and no second reading when the same row returns.
        assert.equal(received.filter(({path}) => path.includes('/deleted')).length, 3);
      },
    );
    assert.deepEqual(seen, [['1', '3'], ['readToS'], ['1', '3'], ['readToS']]);
    assert.deepEqual(logged, [`warn: Module Leads: row 2 of page 1 of its deletions${named}`]);
  });
}

quarantine('accepts a deletion of an unknown type', async () => {
  const replies: Reply[] = [
    [200, {modules: []}],
    [
      200,
      {
        data: [
          {...gone('1'), type: 7},
          {...gone('2'), type: 'x'},
        ],
      },
    ],
    [204],
  ];
  await withZoho({replies}, async ({client}) => {
    const ids: string[] = [];
    for await (const page of deletedPages('Leads', 0, {client, signal})) ids.push(...page.map(({id}) => id));
    assert.deepEqual(ids, ['1', '2']);
  });
});

quarantine.run();
