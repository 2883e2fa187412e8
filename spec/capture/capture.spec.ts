/** A capture as a whole: its bindings, their one output, and what ends it. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type CaptureBinding, type CaptureOptions, runCapture} from '../../lib/capture/capture.ts';
import {newProgress} from '../../lib/capture/progress.ts';
import type {ResourceConfig} from '../../lib/config/config.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {initialState} from '../../lib/flow/state.ts';
import {type BenchOptions, bench, nowS, stateTime} from '../harness/binding-zoho.ts';
import {settled} from '../harness/clocks.ts';
import {textField} from '../harness/fields.ts';

const captures = suite('a capture');

const record = {id: '1', modifiedS: nowS - 500, values: {A: 'a', F: 1}};
const formula = textField('F', {computed: true, type: 'number', dataType: 'formula', jsonType: 'double'});

interface Wanted extends Omit<Partial<CaptureBinding>, 'resource'> {
  readonly resource?: Partial<ResourceConfig>;
}

/** A capture of these modules from a small Zoho that has the same records in each. */
function capturing(modules: Readonly<Record<string, Wanted>>, more: Partial<CaptureOptions> = {}, options: BenchOptions = {}) {
  const it = bench({ticking: true, records: [record], ...options});
  const [events, logged]: [string[], string[]] = [[], []];
  const {client, clock, sink} = it.shared;
  const stop = new AbortController();
  const bindings = Object.entries(modules).map(([name, {resource, ...wanted}], index) => ({
    target: {index, stateKey: name, collection: `acme/${name}`},
    resource: {name, intervalMs: 300_000, ...resource},
    progress: newProgress(name),
    ...wanted,
  }));
  const end = runCapture({
    client,
    clock,
    log: (level, message) => void logged.push(`${level} ${message}`),
    sink: {
      write(piece) {
        events.push(piece.target.stateKey);
        return sink.write(piece);
      },
      describe: (target, schema) => sink.describe(target, schema),
      async close() {
        events.push('closed');
      },
    },
    bindings,
    state: {},
    startDate: undefined,
    once: true,
    signal: stop.signal,
    ...more,
  });
  end.catch(() => {});
  return {...it, events, logged, stop, end, progress: bindings.map(({progress}) => progress)};
}

captures('brings all bindings up to date, each from its start, into one output that is closed at the end', async () => {
  const earlier = '2020-01-01T00:00:00Z';
  const it = capturing({Leads: {}, Deals: {startDate: earlier}}, {startDate: stateTime(nowS - 1_000)});
  await it.end;
  assert.deepEqual(
    it.progress.map(({phase, since}) => [phase, since?.start]),
    [
      ['up to date', stateTime(nowS - 1_000)],
      ['up to date', earlier],
    ],
  );
  assert.deepEqual(new Set(it.events.slice(0, -1)), new Set(['Leads', 'Deals']));
  assert.equal(it.events.at(-1), 'closed');
  for (const module of ['Leads', 'Deals']) assert.ok(it.calls.some((call) => call.includes(` from ${module} `)));
  assert.equal(it.logged[0], 'info Capture started.');
  assert.equal(it.clock.sleepers, 0, 'nothing goes on');
});

captures('refreshes formulas by the schedule of the binding', async () => {
  const state = {bindingStateV1: {Leads: {...initialState(stateTime(nowS - 90_000), stateTime(nowS - 10)), backfill: null}}};
  for (const schedule of ['0 0 * * *', undefined]) {
    const resource = schedule === undefined ? {} : {schedule};
    const it = capturing({Leads: {resource}}, {state}, {fields: [formula]});
    await it.end;
    assert.equal(it.progress[0]?.lastRefresh !== undefined, schedule !== undefined);
  }
});

captures('takes a snapshot of those modules that are captured so, and of no other', async () => {
  const it = capturing(
    {Leads: {}, Notes: {snapshot: true}, Deals: {snapshot: false}},
    {},
    {
      job: ({fields = []}) => ({count: 1, csv: `${fields.map((name) => (name === 'id' ? 'Id' : name)).join()}\n1,a\n`}),
    },
  );
  const usual = it.shared.client.fields('Leads', it.signal);
  Object.assign(it.shared.client, {
    fields: async (module: string) => (module === 'Notes' ? [textField('id'), textField('A')] : usual),
  });
  await it.end;
  const meta = it.written.map(({_meta}) => _meta as {op: string; row_id?: number});
  assert.deepEqual(
    meta.flatMap(({row_id}) => row_id ?? []),
    [0],
  );
  assert.deepEqual(
    it.progress.map(({fault}) => fault),
    [undefined, undefined, undefined],
  );
});

captures('begins from the saved state', async () => {
  const recycled = {1: nowS - 9_000, 2: nowS - 9_000};
  const deleted = {cursor: stateTime(nowS - 10), recycled};
  const state = {
    bindingStateV1: {Leads: {...initialState(stateTime(nowS - 90_000), stateTime(nowS - 10), deleted), backfill: null}},
  };
  const it = capturing({Leads: {}}, {state});
  await it.end;
  assert.ok(
    it.calls.some((call) => call.includes('id in (1, 2)') || call.includes("id in ('1', '2')")),
    it.calls.join('\n'),
  );
});

captures('tells what waits while credits run short', async () => {
  const it = capturing({Leads: {}}, {}, {remaining: 7});
  await it.end;
  assert.ok(
    it.logged.includes("info Capture started. Zoho's API credits are running short: deletions and refreshes are on hold."),
    it.logged.join('\n'),
  );
});

captures('fails with what concerns all bindings, once all of them have stopped and the output is closed', async () => {
  const denied = new ZohoError('credentials', 'no');
  let stopped = false;
  const it = capturing(
    {Leads: {}, Deals: {}},
    {once: false},
    {
      async before(call) {
        if (!call.includes(' from ')) return;
        if (call.includes(' from Leads ')) throw denied;
        for (let turn = 0; turn < 10; turn++) await settled();
        stopped = true;
      },
    },
  );
  await assert.rejects(it.end, (error) => error === denied);
  assert.equal(stopped, true);
  assert.deepEqual([it.events.at(-1), it.clock.sleepers], ['closed', 0]);
  const {length} = it.events;
  await settled();
  assert.equal(it.events.length, length);
});

captures('pauses a binding for a fault of its own, and captures the others', async () => {
  const it = capturing(
    {Leads: {}, Deals: {}},
    {},
    {
      before(call) {
        if (call.includes(' from Leads ')) throw new ZohoError('module', 'it is gone');
      },
    },
  );
  await it.end;
  assert.deepEqual(
    it.progress.map(({fault, phase}) => [fault, phase]),
    [
      ['it is gone', 'paused'],
      [undefined, 'up to date'],
    ],
  );
});

for (const modules of [{Leads: {}}, {}] as Record<string, Wanted>[])
  captures(`with ${Object.keys(modules).length} bindings lasts until it is stopped, which is no failure`, async () => {
    const it = capturing(modules, {once: false});
    let isOver = false;
    const over = it.end.finally(() => {
      isOver = true;
    });
    for (let turn = 0; turn < 20; turn++) await settled();
    assert.equal(isOver, false);
    it.stop.abort(new Error('stop'));
    await over;
    assert.deepEqual([it.events.at(-1), it.clock.sleepers], ['closed', 0]);
  });

captures('without bindings ends as well where it was stopped before it began', async () => {
  const it = capturing({}, {once: false, signal: AbortSignal.abort(new Error('stop'))});
  await it.end;
  assert.deepEqual(it.events, ['closed']);
});

captures('without bindings has nothing to do once', async () => {
  const it = capturing({});
  await it.end;
  assert.deepEqual(it.events, ['closed']);
});

captures.run();
