/** Records without `Modified_Time`, captured once for each backfill. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {runBackfill} from '../../lib/capture/backfill.ts';
import {captureUntimed} from '../../lib/capture/untimed.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import type {BackfillState} from '../../lib/flow/state.ts';
import {parseCoql} from '../../lib/transforms/parse-json.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {type BenchOptions, bench, nowS, stateTime, zohoTime} from '../harness/binding-zoho.ts';
import {textField} from '../harness/fields.ts';
import {inPieces} from '../transforms/archive.ts';

const untimed = suite('records without a time');

/** A binding whose module has these records without a time; what it asks is in `asked`. */
function having(ids: readonly string[], options: BenchOptions & {failure?: () => ZohoError | undefined} = {}) {
  const it = bench({fields: [textField('A'), textField('Created_Time', {type: 'datetime', dataType: 'datetime'})], ...options});
  const asked: string[] = [];
  Object.assign(it.shared.client, {
    async coql({text, columns}: CoqlQuery) {
      const isQuestion = text.includes('is null');
      if (isQuestion) asked.push('which');
      const failure = isQuestion ? options.failure?.() : undefined;
      if (failure !== undefined) throw failure;
      const list = / in \(([^)]*)\)/.exec(text)?.[1]?.match(/\d+/g);
      if (list !== undefined) asked.push(`${list?.length} by id`);
      const some = isQuestion ? (text.includes('id >') ? [] : ids) : (list ?? []);
      if (some.length === 0) return null;
      const data = some.map((id) => ({id, Modified_Time: null, Created_Time: zohoTime(nowS - 50), A: 'a'}));
      const body = JSON.stringify({data, info: {more_records: false}});
      return parseCoql(inPieces(Buffer.from(body)), columns, it.binding.queries.fields.all);
    },
  });
  return {it, asked};
}

untimed('are captured whole, dated by their creation, a list of ids at a time', async () => {
  const ids = Array.from({length: 150}, (_, i) => String(i + 1));
  const {it, asked} = having(ids);
  await captureUntimed(it.binding, it.signal);
  assert.deepEqual(asked, ['which', '100 by id', '50 by id']);
  assert.equal(it.written.length, 150);
  assert.deepEqual([it.written[0]?.Modified_Time, it.written[0]?.A], [zohoTime(nowS - 50), 'a']);
  assert.deepEqual(it.logged, ['info Module Leads: 150 records without a Modified_Time are dated by their Created_Time']);
  assert.deepEqual(it.facts, [{module: 'Leads'}]);
  assert.notEqual(it.binding.coqlLock.tryAcquire(), undefined);
});

untimed('that there are none of cost one question, and no word', async () => {
  const {it, asked} = having([]);
  await captureUntimed(it.binding, it.signal);
  assert.deepEqual([asked, it.logged, it.written], [['which'], [], []]);
});

untimed('are met again after one outage, and left out after the next', async () => {
  const {it} = having([], {failure: () => new ZohoError('unavailable', 'Zoho is down')});
  await assert.rejects(captureUntimed(it.binding, it.signal), {kind: 'unavailable'});
  await captureUntimed(it.binding, it.signal);
  assert.deepEqual(it.logged, ['warn Module Leads: records that have no Modified_Time may be missing, because Zoho is down']);
  assert.deepEqual(it.facts, [{module: 'Leads'}]);
  for (const kind of ['credentials', 'module'] as const)
    await assert.rejects(captureUntimed(having([], {failure: () => new ZohoError(kind, 'no')}).it.binding, it.signal), {kind});
});

untimed('are no matter of an outage when the capture ends', async () => {
  const abort = new AbortController();
  const outage = new ZohoError('unavailable', 'Zoho is down');
  let asks = 0;
  const failure = () => {
    if (++asks === 2) abort.abort(new Error('stop'));
    return outage;
  };
  const {it} = having([], {failure});
  await assert.rejects(captureUntimed(it.binding, abort.signal), (thrown) => thrown === outage);
  await assert.rejects(captureUntimed(it.binding, abort.signal), /^Error: stop$/);
  assert.deepEqual(it.logged, []);
});

untimed('are asked for when a backfill begins, and not when it goes on, or is a refresh', async () => {
  const asks = async (backfill: object, refresh = false): Promise<boolean> => {
    const state = {cutoff: stateTime(nowS - 500), seen: {}, fields: ['A'], ...backfill} as unknown as BackfillState;
    const {it, asked} = having([], {state: {backfill: state, is_connector_initiated: refresh}, job: () => ({count: 0})});
    await it.shared.client.createJob({module: 'Leads', fields: [], fromS: 0, toS: 1}, it.signal);
    it.binding.seen.filter.begin({isComplete: true});
    await runBackfill(it.binding, it.signal);
    return asked.includes('which');
  };
  assert.equal(await asks({}), true);
  assert.equal(await asks({job: 'j1'}), false);
  assert.equal(await asks({next_page: 't'}), false);
  assert.equal(await asks({slice: 0}), false);
  assert.equal(await asks({}, true), false);
});

untimed.run();
