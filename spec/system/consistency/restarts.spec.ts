import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {integer, text} from '../../../lib/sandbox/schema/kinds.ts';
import {deals, dealsWith, different, some} from './deals.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {computed, narrow} from './modules.ts';

/**
 * What a restart must not forget: what was emitted since a range began, and what fields owe (design
 * 4, 5.6, 6).
 */
const restarts = suite('a restart forgets nothing');

const hourMs = 3_600_000;
const options = (more: Partial<JumpOptions> = {}): JumpOptions =>
  dealsWith([text('Extra', undefined, {blanks: 0}), ...computed], more);

interface DealsState {
  readonly inc?: {readonly cursor: string};
  readonly backfill?: {readonly cutoff: string; readonly job?: string; readonly next_page?: string; readonly seen?: object};
  readonly is_connector_initiated?: boolean;
  readonly fields?: {readonly read: string; readonly owed?: string[]; readonly refused?: {bulk?: string[]; coql?: string[]}};
}
const state = (capture: JumpCapture): DealsState => capture.state('Deals');
const isIdle = (capture: JumpCapture) =>
  state(capture).inc !== undefined && state(capture).backfill == null && (state(capture).fields?.owed ?? []).length === 0;

// What fields owe

restarts('of what only Bulk Read reads of records that changed, in the refresh that brings it', () =>
  JumpCapture.with(options({modules: [narrow('Deals', [text('Extra', undefined, {blanks: 0})])]}), async (capture) => {
    deals(capture).refuseField('Extra', 'coql');
    capture.start();
    await capture.until(() => state(capture).backfill?.job !== undefined);
    deals(capture).massEdit(some(capture, 5), {Extra: 'changed', Count: '7'});
    deals(capture).insert(3);
    await capture.until(() => state(capture).is_connector_initiated === true && state(capture).backfill?.job !== undefined);
    await capture.kill();
    assert.deepEqual(state(capture).fields?.owed, ['Extra'], 'owed until the refresh has ended');
    capture.start();
    await capture.until(() => isIdle(capture));
    await capture.catchUp();
    assert.deepEqual(different(capture), []);
  }),
);

for (const how of ['in the running process', 'in another process']) {
  restarts(`of values of a new field that were entered before the field was known, ${how}`, () =>
    JumpCapture.with(options({bindings: [{module: 'Deals', intervalMs: 60_000}]}), async (capture) => {
      capture.start();
      await capture.catchUp();
      deals(capture).addField(integer('Brand_New', 50, {custom: true, blanks: 0}));
      await capture.pass(600_000);
      deals(capture).massEdit(some(capture, 20), {Brand_New: '7'});
      await capture.pass(600_000);
      if (how === 'in another process') {
        await capture.kill();
        capture.clock.advance(600_000);
        capture.start();
      }
      await capture.pass(2 * hourMs);
      await capture.catchUp();
      assert.deepEqual(different(capture), []);
      assert.ok(isIdle(capture));
    }),
  );
}

restarts('of values that COQL once rejected, before the due refresh', async () => {
  let refusing = false;
  const hooks = {
    beforeCoql(query: string) {
      if (!refusing || !query.includes('Extra')) return;
      refusing = false;
      throw new ZohoError('field', 'Zoho refuses the field Extra', {field: 'Extra'});
    },
  };
  const bindings = [{module: 'Deals', intervalMs: 60_000, schedule: '0 * * * *'}];
  await JumpCapture.with(options({hooks, bindings}), async (capture) => {
    capture.start();
    await capture.catchUp();
    refusing = true;
    deals(capture).massEdit(some(capture, 10), {Extra: 'changed'});
    await capture.catchUp();
    await capture.kill();
    assert.deepEqual(state(capture).fields?.refused?.coql, ['Extra']);
    capture.clock.advance(600_000);
    capture.start();
    await capture.pass(hourMs + 600_000);
    await capture.catchUp();
    assert.deepEqual(different(capture), []);
  });
});

restarts('of values that COQL once rejected, without a schedule: they arrive as soon as it reads the field again', async () => {
  let refusing = false;
  const hooks = {
    beforeCoql(query: string) {
      if (refusing && query.includes('Extra')) throw new ZohoError('field', 'Zoho refuses the field Extra', {field: 'Extra'});
    },
  };
  const bindings = [{module: 'Deals', intervalMs: 600_000}];
  const modules = [narrow('Deals', [text('Extra', undefined, {blanks: 0})])];
  await JumpCapture.with(options({hooks, bindings, modules}), async (capture) => {
    capture.start();
    await capture.catchUp();
    refusing = true;
    deals(capture).massEdit(some(capture, 10), {Extra: 'changed'});
    await capture.catchUp();
    await capture.kill();
    refusing = false;
    capture.clock.advance(25 * hourMs);
    capture.start();
    await capture.until(() => isIdle(capture) && state(capture).fields?.refused?.coql === undefined);
    await capture.catchUp();
    assert.deepEqual(different(capture), []);
  });
});

restarts('and saves notes on fields at most daily while nothing changes', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals', intervalMs: 1_800_000}]}), async (capture) => {
    capture.start();
    await capture.catchUp();
    const {read} = state(capture).fields!;
    for (let i = 0; i < 3; i++) {
      await capture.pass(7 * hourMs);
      await capture.kill();
      capture.start();
    }
    assert.equal(state(capture).fields!.read, read);
    await capture.pass(5 * hourMs);
    assert.notEqual(state(capture).fields!.read, read);
  }),
);

// What was emitted since a range began

/** Documents of a record in the order of their writing, by what they say. */
function watched() {
  const written: {id: string; op: string; name: unknown}[] = [];
  const onDocument: JumpOptions['onDocument'] = (_, doc) =>
    void written.push({id: String(doc.id).slice(1), op: (doc._meta as {op: string}).op, name: doc.Name});
  return {written, onDocument};
}

restarts('of deletions that an unfinished sweep wrote, if the feed is rejected from then on', async () => {
  const {written, onDocument} = watched();
  let lastTombstone = 0;
  const see: JumpOptions['onDocument'] = (module, doc) => {
    onDocument(module, doc);
    if ((doc._meta as {op: string}).op === 'd') lastTombstone = running!.session.checkpoints + 1;
  };
  let running: JumpCapture | undefined;
  const switches = {rowsPerJob: 2_000, jobMs: 60_000, photograph: 'submit'} as const;
  await JumpCapture.with(options({records: {Deals: 400}, switches, onDocument: see}), async (capture) => {
    running = capture;
    capture.start();
    await capture.until(() => state(capture).backfill?.job !== undefined);
    const ids = some(capture, 200);
    for (const id of ids) deals(capture).delete(id);
    await capture.until(() => written.filter(({op}) => op === 'd').length === 200);
    await capture.kill(lastTombstone);
    assert.deepEqual(state(capture).backfill?.seen, {deletions: true});
    capture.sandbox.faults.add('refused-feed@1');
    capture.start();
    await capture.until(() => isIdle(capture), hourMs);
    const {size} = capture.task.collections.of('acme/Deals');
    capture.commit();
    assert.equal(capture.task.collections.of('acme/Deals').size, 200, `after ${size}`);
    capture.sandbox.faults.clear();
    await capture.catchUp();
    assert.deepEqual(different(capture), []);
  });
});

restarts('of changes that a sweep wrote before any had ended, between two pages', async () => {
  const {written, onDocument} = watched();
  let failing = true;
  let running: JumpCapture | undefined;
  const over = new AbortController();
  const slowly = async (ms: number) => {
    if (failing) await running!.clock.sleep(ms, over.signal);
  };
  const hooks: JumpOptions['hooks'] = {
    beforeCoql: (query) => (query.includes('Extra') ? slowly(10_000) : undefined),
    beforeDeleted: () => slowly(hourMs),
    beforeCreate(query) {
      if (failing && query.includes('pageToken')) throw new ZohoError('unavailable', 'Zoho is out of reach');
    },
  };
  const switches = {rowsPerJob: 40, jobMs: 30_000, photograph: 'first page'} as const;
  await JumpCapture.with(options({hooks, switches, onDocument}), async (capture) => {
    running = capture;
    capture.start();
    await capture.until(() => state(capture).backfill?.job !== undefined);
    await capture.pass(5_000);
    const last = [...deals(capture).ids()].at(-1)!;
    deals(capture).edit(last, {Name: 'newer'});
    await capture.until(() => state(capture).backfill?.next_page !== undefined && written.some(({name}) => name === 'newer'));
    over.abort();
    await capture.kill();
    const {inc, backfill} = state(capture);
    assert.equal(inc?.cursor, backfill?.cutoff, 'no sweep has ended');
    assert.equal(backfill?.job, undefined, 'no job of the second page is known');
    assert.deepEqual(backfill?.seen, {changes: true});
    failing = false;
    capture.clock.advance(hourMs);
    capture.start();
    await capture.until(() => isIdle(capture), hourMs);
    const names = written.filter(({id, name}) => id === last && name !== undefined).map(({name}) => name);
    assert.equal(new Set(names.slice(names.indexOf('newer'))).size, 1, names.join());
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
  });
});

restarts('of changes whose records are deleted meanwhile, if the feed of deletions lags by seconds', async () => {
  const {written, onDocument} = watched();
  let hiddenUntilMs = 0;
  let running: JumpCapture | undefined;
  const hooks: JumpOptions['hooks'] = {
    changeDeleted: (answer) => (running!.clock.nowMs() < hiddenUntilMs ? null : answer),
  };
  const switches = {rowsPerJob: 2_000, jobMs: 60_000, photograph: 'submit'} as const;
  await JumpCapture.with(options({hooks, switches, onDocument}), async (capture) => {
    running = capture;
    capture.start();
    await capture.until(() => state(capture).backfill?.job !== undefined);
    await capture.pass(5_000);
    const [id] = some(capture, 1);
    deals(capture).edit(id!, {Name: 'newer'});
    await capture.until(() => written.some(({name}) => name === 'newer'));
    await capture.pass(50_000);
    await capture.kill();
    capture.clock.advance(20_000);
    deals(capture).delete(id!);
    hiddenUntilMs = capture.clock.nowMs() + 8_000;
    capture.start();
    await capture.until(() => isIdle(capture), hourMs);
    const said = written.filter((document) => document.id === id).map(({op, name}) => `${op} ${name ?? ''}`);
    assert.deepEqual(said.slice(said.indexOf('u newer')), ['u newer', 'd ']);
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
  });
});

// Fragments

restarts('of deletions: a record restored unnoticed, just before a refresh reads it, is captured completely', async () => {
  let restore: (() => void) | undefined;
  const hooks = {
    beforeCreate() {
      restore?.();
      restore = undefined;
    },
  };
  const switches = {rowsPerJob: 2_000, jobMs: 60_000, photograph: 'submit'} as const;
  const bindings = [{module: 'Deals', intervalMs: 1_800_000, schedule: '10 * * * *'}];
  await JumpCapture.with(options({hooks, switches, bindings}), async (capture) => {
    capture.start();
    await capture.catchUp();
    const ids = some(capture, 3);
    for (const id of ids) deals(capture).delete(id);
    await capture.catchUp();
    restore = () => {
      for (const id of ids) deals(capture).restore(id, {touch: false});
    };
    await capture.until(() => restore === undefined);
    await capture.until(() => state(capture).backfill == null);
    await capture.pass(1_000);
    assert.deepEqual(different(capture), []);
    for (const doc of capture.task.collections.of('acme/Deals').values()) assert.ok('Name' in doc && 'Score' in doc);
  });
});

restarts.run();
