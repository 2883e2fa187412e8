import assert from 'node:assert/strict';
import type {ServerResponse} from 'node:http';
import {Writable} from 'node:stream';
import {suite} from 'uvu';
import {runCapture} from '../../lib/capture/capture.ts';
import {newProgress} from '../../lib/capture/progress.ts';
import {silent} from '../../lib/platform/log.ts';
import {FlowSink} from '../../lib/sinks/flow.ts';
import {pollDelayMs} from '../../lib/zoho/bulk.ts';
import {type Received, type Reply, withZoho} from '../harness/fake-zoho.ts';
import {archive} from '../transforms/archive.ts';

/** How long people wait: what must not be waited for before a document comes. */
const latency = suite('latency');

const T = '2026-10-01T10:00:00+00:00';
const start = '2026-09-01T00:00:00Z';
const date = {date: new Date('2026-11-01T00:00:00Z').toUTCString()};
const fields = [
  {api_name: 'id', data_type: 'bigint', json_type: 'string'},
  {api_name: 'Modified_Time', data_type: 'datetime', json_type: 'string'},
  {api_name: 'Name', data_type: 'text', json_type: 'string'},
];
const zip = archive(
  Buffer.from(
    `Id,Modified_Time,Name\n${Array.from({length: 100_000}, (_, i) => `${i + 1},${T},name ${Math.sin(i)}\n`).join('')}`,
  ),
);

interface Run {
  /** Paths of the calls, and `document` for each piece of output with documents, in order. */
  readonly events: string[];
}

/** Runs a capture of one module until it is up to date. `result` answers the download. */
async function run(
  state: object,
  changes: readonly object[],
  result: (response: ServerResponse, run: Run) => void,
  pages = 1,
): Promise<Run> {
  const kept: Run = {events: []};
  let jobs = 0;
  function answer({path, method}: Received): Reply {
    kept.events.push(path.replace(/\?.*/, '').replace(/^\/crm\/(bulk\/)?v8\//, ''));
    if (path.includes('/settings/fields')) return [200, {fields}, date];
    if (path.includes('/settings/modules')) return [200, {modules: []}, date];
    if (path.endsWith('/coql'))
      return changes.length === 0 ? [204, undefined, date] : [200, {data: changes, info: {more_records: false}}, date];
    if (path.endsWith('/result')) return (response) => result(response, kept);
    if (method === 'POST') return [201, {data: [{details: {id: String(++jobs)}}]}, date];
    if (path.includes('/read/')) {
      const more = Number(path.split('/').at(-1)) < pages;
      const result = {more_records: more, ...(more && {next_page_token: 'next'})};
      return [200, {data: [{state: 'COMPLETED', result}]}, date];
    }
    return [204, undefined, date];
  }
  await withZoho({answer}, async ({client, clock}) => {
    const {signal} = new AbortController();
    const output = new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (chunk.includes('"captured"')) kept.events.push('document');
        done();
      },
    });
    const bindings = [
      {
        target: {index: 0, stateKey: 'Leads', collection: 'acme/Leads'},
        resource: {name: 'Leads', intervalMs: 300_000},
        progress: newProgress('Leads'),
      },
    ];
    const sink = new FlowSink(output, signal);
    await runCapture({client, clock, log: silent, sink, bindings, state, startDate: start, once: true, signal});
  });
  return kept;
}

latency('the first documents of a page are out before the page is downloaded', async () => {
  const half = zip.length >> 1;
  const {events} = await run({}, [], (response, {events}) => {
    response.writeHead(200, {'content-type': 'application/zip', 'content-length': zip.length});
    response.write(zip.subarray(0, half));
    const waiting = setInterval(() => {
      if (!events.includes('document')) return;
      clearInterval(waiting);
      events.push('rest of the page');
      response.end(zip.subarray(half));
    }, 1);
  });
  assert.ok(events.indexOf('document') < events.indexOf('rest of the page'));
});

latency('the next page is exported before the first byte of a page arrives', async () => {
  const {events} = await run(
    {},
    [],
    (response, {events}) => {
      const waiting = setInterval(() => {
        if (events.filter((event) => event === 'read').length < 2) return;
        clearInterval(waiting);
        events.push('page');
        response.end(zip);
      }, 1);
      response.once('close', () => clearInterval(waiting));
    },
    2,
  );
  assert.equal(events.filter((event) => event === 'page').length, 2);
  assert.equal(events.filter((event) => event === 'read').length, 2);
});

latency('a changed record is out after a single call', async () => {
  const cursor = '2026-10-01T09:00:00Z';
  const idle = {bindingStateV1: {Leads: {start, inc: {cursor}, deleted: {cursor}, last_initialized: start}}};
  const {events} = await run(idle, [{id: '1', Modified_Time: T, Name: 'x'}], () => {});
  const sweep = events.filter((event) => !event.startsWith('settings'));
  assert.deepEqual(sweep.slice(0, 3), ['coql', 'document', 'Leads/deleted']);
});

latency('the end of a job is noticed within a fifth of its duration', () => {
  for (let jobMs = 1_000; jobMs < 3_600_000; jobMs = Math.ceil(jobMs * 1.07)) {
    let waitedMs = 0;
    while (waitedMs < jobMs) waitedMs += pollDelayMs(waitedMs);
    assert.ok(waitedMs - jobMs < 0.2 * jobMs, `${jobMs} ms are found after ${waitedMs}`);
  }
});

latency.run();
