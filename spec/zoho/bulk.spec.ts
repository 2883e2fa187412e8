import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {bulkBody, pollDelayMs} from '../../lib/zoho/bulk.ts';

const bulk = suite('bulk read requests');
const fromS = Date.UTC(2026, 0, 1) / 1000;

bulk('names module, fields and the range, its end excluded', () => {
  assert.deepEqual(JSON.parse(bulkBody({module: 'Leads', fields: ['id', 'Modified_Time'], fromS, toS: fromS + 60})), {
    query: {
      module: {api_name: 'Leads'},
      fields: ['id', 'Modified_Time'],
      criteria: {
        group_operator: 'and',
        group: [
          {field: {api_name: 'Modified_Time'}, comparator: 'greater_equal', value: '2026-01-01T00:00:00+00:00'},
          {field: {api_name: 'Modified_Time'}, comparator: 'less_than', value: '2026-01-01T00:01:00+00:00'},
        ],
      },
    },
    file_type: 'csv',
  });
});

bulk('asks for all records without a condition, and for those without a time by the mark of an empty value', () => {
  const range = {module: 'Leads', fields: ['id'], fromS, toS: fromS + 60};
  assert.deepEqual(JSON.parse(bulkBody({...range, whole: true})).query, {module: {api_name: 'Leads'}, fields: ['id']});
  assert.deepEqual(JSON.parse(bulkBody({...range, untimed: true})).query.criteria, {
    field: {api_name: 'Modified_Time'},
    comparator: 'equal',
    value: ['$', '{EMPTY}'].join(''),
  });
});

bulk('asks for the next page by its token and nothing else', () => {
  assert.deepEqual(JSON.parse(bulkBody({pageToken: 'tok'})), {query: {page_token: 'tok'}});
});

bulk('never makes a request that would export all fields by accident', () => {
  const fields = Array.from({length: 201}, (_, i) => `F${i}`);
  assert.equal(JSON.parse(bulkBody({module: 'Leads', fields: fields.slice(1), fromS, toS: fromS + 1})).query.fields.length, 200);
  assert.throws(() => bulkBody({module: 'Leads', fields, fromS, toS: fromS + 1}), RangeError);
  assert.throws(() => bulkBody({module: 'Leads', fields: [], fromS, toS: fromS + 1}), RangeError);
});

bulk('looks after a job often enough to lose under a fifth of its time, and not much more often', () => {
  for (const lengthMs of [600, 2_000, 30_000, 120_000]) {
    let atMs = 0;
    let looks = 1;
    while (atMs < lengthMs) {
      atMs += pollDelayMs(atMs);
      looks++;
    }
    assert.ok(atMs - lengthMs < 0.2 * lengthMs, `${lengthMs} ms: found after ${atMs} ms`);
    assert.ok(looks < 50, `${looks} looks at a job of ${lengthMs} ms`);
  }
  assert.equal(pollDelayMs(0), 100);
  assert.equal(pollDelayMs(24 * 3_600_000), 30_000);
});

bulk.run();
