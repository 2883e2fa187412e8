import assert from 'node:assert/strict';
import {zipSync} from 'fflate';
import {suite} from 'uvu';
import {newProgress} from '../../lib/capture/progress.ts';
import {Semaphore} from '../../lib/platform/semaphore.ts';
import {bulkRows} from '../../lib/sources/bulk.ts';
import {type Received, type Reply, withZoho} from '../harness/fake-zoho.ts';

/** Ranges of Bulk Read, with every form in which Zoho describes their pages. */
const bulk = suite('bulkRows');
const {signal} = new AbortController();
const modified = '2026-01-01T00:00:00+00:00';

for (const count of [0, '0']) {
  bulk(`downloads nothing if the job counted ${typeof count} 0, and does not wait`, async () => {
    const asked: string[] = [];
    const answer = ({method, path}: Received): Reply => {
      asked.push(`${method} ${path}`);
      if (method === 'POST') return [201, {data: [{details: {id: '7'}}]}];
      if (path.endsWith('/result')) return [204];
      return [200, {data: [{state: 'COMPLETED', result: {count, more_records: false}}]}];
    };
    await withZoho({answer}, async ({client, clock}) => {
      const slots = {jobSlots: new Semaphore(1), pageSlots: new Semaphore(1)};
      const context = {client, clock, signal, progress: newProgress('Leads'), ...slots};
      const slices = [
        ['id', 'Modified_Time', 'A'],
        ['id', 'Modified_Time', 'B'],
      ];
      const patches: unknown[] = [];
      for await (const {items, patch} of bulkRows(
        {module: 'Leads', slices, fields: new Map(), fromS: 0, done: {over: true}},
        {cutoff: modified},
        context,
      )) {
        assert.equal(items.count, 0);
        patches.push(patch);
      }
      assert.deepEqual(patches.at(-1), {over: true});
      assert.equal(patches.length, 4);
      assert.deepEqual(asked, Array(2).fill(['POST /crm/bulk/v8/read', 'GET /crm/bulk/v8/read/7']).flat());
    });
  });
}

/**
 * Reads a range of two pages, the first of which announces the second in this form. Returns the
 * number of pages read, or the reason of a failure.
 */
async function pagesRead(said: object): Promise<number | string> {
  let created = 0;
  const answer = ({method, path}: Received): Reply => {
    if (method === 'POST') return [201, {data: [{details: {id: String(++created)}}]}];
    if (path.endsWith('/result')) {
      const csv = `Id,Modified_Time\r\n1,${modified}\r\n2,${modified}\r\n`;
      return (response) => response.end(zipSync({'7.csv': Buffer.from(csv)}));
    }
    const last = {count: 2, per_page: 2, more_records: false};
    return [200, {data: [{state: 'COMPLETED', result: path.endsWith('/1') ? {count: 2, per_page: 2, ...said} : last}]}];
  };
  let outcome: number | string = 0;
  await withZoho({answer}, async ({client, clock}) => {
    const slots = {jobSlots: new Semaphore(2), pageSlots: new Semaphore(1)};
    const context = {client, clock, signal, progress: newProgress('Leads'), ...slots};
    const range = {module: 'Leads', slices: [['id', 'Modified_Time']], fields: new Map(), fromS: 0, done: {}};
    let rows = 0;
    try {
      for await (const {items} of bulkRows(range, {cutoff: modified}, context)) rows += items.count;
      outcome = rows / 2;
    } catch (error) {
      outcome = String(error);
    }
  });
  return outcome;
}

for (const said of [
  {more_records: true, next_page_token: 't'},
  {more_records: 'true', next_page_token: 't'},
  {more_records: 1, next_page_token: 't'},
  {next_page_token: 't'},
  {more_records: null, next_page_token: 77},
  {more_records: 'perhaps', next_page_token: 't', per_page: 'many'},
  {more_records: true, next_page_token: 't', per_page: 200_000},
]) {
  bulk(`reads the page that follows one of ${JSON.stringify(said)}`, async () => {
    assert.equal(await pagesRead(said), 2);
  });
}

for (const said of [
  {more_records: false},
  {more_records: 'false'},
  {more_records: 0},
  {more_records: false, next_page_token: 't'},
  {per_page: 200_000},
  {more_records: null, next_page_token: null, per_page: 3},
  {per_page: undefined},
  {per_page: 0},
]) {
  bulk(`ends with a page of ${JSON.stringify(said)}`, async () => {
    assert.equal(await pagesRead(said), 1);
  });
}

for (const said of [
  {more_records: true},
  {more_records: 'true', next_page_token: ''},
  {},
  {more_records: null, next_page_token: null},
]) {
  bulk(`does not treat a full page of ${JSON.stringify(said)} as the last`, async () => {
    assert.match(String(await pagesRead(said)), /Cannot read all of module Leads: Zoho .* gives no token for the next page/);
  });
}

bulk.run();
