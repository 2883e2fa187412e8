import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {ConfigError} from '../../lib/errors/errors.ts';
import {backfillRequested, bindingPatch, initialState, mergePatch, savedBinding, takeOver} from '../../lib/flow/state.ts';

const state = suite('state');
const now = '2026-10-02T00:00:00Z';

state('patches as RFC 7396 does, with every example of its appendix', () => {
  const examples: [unknown, unknown, unknown][] = [
    [{a: 'b'}, {a: 'c'}, {a: 'c'}],
    [{a: 'b'}, {b: 'c'}, {a: 'b', b: 'c'}],
    [{a: 'b'}, {a: null}, {}],
    [{a: 'b', b: 'c'}, {a: null}, {b: 'c'}],
    [{a: ['b']}, {a: 'c'}, {a: 'c'}],
    [{a: 'c'}, {a: ['b']}, {a: ['b']}],
    [{a: {b: 'c'}}, {a: {b: 'd', c: null}}, {a: {b: 'd'}}],
    [{a: [{b: 'c'}]}, {a: [1]}, {a: [1]}],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{a: 'b'}, ['c'], ['c']],
    [{a: 'foo'}, null, null],
    [{a: 'foo'}, 'bar', 'bar'],
    [{e: null}, {a: 1}, {e: null, a: 1}],
    [[1, 2], {a: 'b', c: null}, {a: 'b'}],
    [{}, {a: {bb: {ccc: null}}}, {a: {bb: {}}}],
  ];
  for (const [target, patch, expected] of examples) assert.deepEqual(mergePatch(target, patch), expected);
});

state('changes neither the target nor the patch', () => {
  const value = fc.jsonValue();
  fc.assert(
    fc.property(value, value, (target, patch) => {
      const before = JSON.stringify([target, patch]);
      mergePatch(target, patch);
      assert.equal(JSON.stringify([target, patch]), before);
    }),
  );
});

state('begins with the backfill up to now and everything else from now on', () => {
  assert.deepEqual(initialState('2026-09-01T00:00:00Z', now), {
    start: '2026-09-01T00:00:00Z',
    inc: {cursor: now},
    backfill: {cutoff: now, seen: {}},
    deleted: {cursor: now},
    last_initialized: now,
    is_connector_initiated: false,
  });
});

state('that says nothing of its beginning is none, null being the same as absent', () => {
  const nothing = [
    {},
    null,
    {start: null, inc: null, backfill: null, last_initialized: null},
    {is_connector_initiated: false},
    {is_connector_initiated: true, backfill: null},
    {snapshot: {updated_at: now}},
    {deleted: {cursor: now}},
  ];
  for (const saved of nothing) {
    assert.equal(savedBinding({bindingStateV1: {Leads: saved}}, 'Leads'), undefined, JSON.stringify(saved));
  }
  assert.ok(savedBinding({bindingStateV1: {Leads: {inc: {cursor: now}, backfill: null}}}, 'Leads'));
});

state('reads its own state back, null as absent, unknown keys kept', () => {
  const saved = {...initialState('2026-09-01T00:00:00Z', now), backfill: null, later: {x: 1}};
  const read = savedBinding({bindingStateV1: {Leads: saved}}, 'Leads');
  assert.deepEqual({...read}, {...saved, backfill: undefined});
  assert.equal(savedBinding({bindingStateV1: {Leads: saved}}, 'Deals'), undefined);
  assert.equal(savedBinding({}, 'Leads'), undefined);
  assert.equal(savedBinding(undefined, 'Leads'), undefined);
});

state('takes over the older connector: its cursor, its page, 30 days before its earliest instant, deletions from there', () => {
  const older = {
    inc: {cursor: '2026-10-01T10:05:00Z'},
    backfill: {cutoff: '2026-10-01T10:00:00Z', next_page: 'tok-1'},
    last_initialized: '2026-10-01T10:00:02.345678Z',
    is_connector_initiated: true,
  };
  const saved = savedBinding({bindingStateV1: {Leads: older}}, 'Leads');
  assert.ok(saved);
  assert.deepEqual(takeOver(saved, undefined, now), {start: '2026-09-01T10:00:00Z', deleted: {cursor: '2026-09-01T10:00:00Z'}});
  assert.deepEqual(takeOver(saved, '2026-01-01T00:00:00Z', now), {
    start: '2026-01-01T00:00:00Z',
    deleted: {cursor: '2026-01-01T00:00:00Z'},
  });
});

state('takes a range that does not say what was emitted since it began for one during which anything was', () => {
  const seenOf = (backfill: object) =>
    savedBinding({bindingStateV1: {Leads: {backfill: {cutoff: now, ...backfill}}}}, 'Leads')?.backfill?.seen;
  const anything = {changes: true, deletions: true};
  assert.deepEqual([seenOf({}), seenOf({seen: null}), seenOf({seen: 'x'})], [anything, anything, anything]);
  assert.deepEqual(seenOf({seen: {}}), {});
  assert.deepEqual(seenOf({seen: {changes: true, deletions: null}}), {changes: true, deletions: undefined});
});

state('reads what it keeps of fields, and does without it when it is in another form', () => {
  const fieldsOf = (fields: unknown) => savedBinding({bindingStateV1: {Leads: {start: now, fields}}}, 'Leads')?.fields;
  const kept = {read: now, digest: '9f2c', owed: ['New_Text'], refused: {bulk: ['Line_Tax'], coql: ['Address']}, later: 1};
  assert.deepEqual(fieldsOf(kept), kept);
  for (const odd of [7, {owed: 'New_Text'}, {refused: {bulk: [1]}}]) assert.equal(fieldsOf(odd), undefined, JSON.stringify(odd));
});

state('sets back what the older connector kept ahead of Zoho, by its host that is fast', () => {
  const ahead = '2026-10-02T00:10:00.5Z';
  const taken = (saved: object, startDate = '2026-01-01T00:00:00Z') =>
    takeOver(savedBinding({bindingStateV1: {Leads: {last_initialized: now, ...saved}}}, 'Leads')!, startDate, now);
  const [start, deleted] = ['2026-01-01T00:00:00Z', {cursor: '2026-01-01T00:00:00Z'}];
  assert.deepEqual(taken({inc: {cursor: ahead}}), {start, deleted, inc: {cursor: now}});
  assert.deepEqual(taken({inc: {cursor: now}, backfill: {cutoff: ahead, next_page: 'tok-1'}}), {
    start,
    deleted,
    backfill: {cutoff: now},
  });
  assert.deepEqual(taken({backfill: {cutoff: ahead}}), {start, deleted, inc: {cursor: now}, backfill: {cutoff: now}});
  // Its own cursor is Zoho's time already.
  assert.equal(taken({start, deleted, inc: {cursor: ahead}}), undefined);
});

state('gives an older state without last_initialized the present as one', () => {
  assert.deepEqual(takeOver({inc: {cursor: now}, start: now, deleted: {cursor: now}} as never, undefined, now), {
    last_initialized: now,
  });
});

state('asks for nothing when the state is complete', () => {
  assert.equal(takeOver(initialState('2026-09-01T00:00:00Z', now), '2020-01-01T00:00:00Z', now), undefined);
});

state('names the binding and the place of a state it cannot read', () => {
  assert.throws(
    () => savedBinding({bindingStateV1: {'Leads.v2': {inc: {cursor: 'yesterday'}}}}, 'Leads.v2'),
    (error: unknown) =>
      error instanceof ConfigError && /Leads\.v2 at inc\.cursor/.test(error.message) && !error.message.includes('yesterday'),
  );
  assert.throws(() => savedBinding({bindingStateV1: 7}, 'Leads'), ConfigError);
});

state('sees a request for a new backfill', () => {
  assert.equal(backfillRequested({backfillRequests: {Leads: true}}, 'Leads'), true);
  assert.equal(backfillRequested({backfillRequests: {Leads: false, Deals: null}}, 'Leads'), false);
  assert.equal(backfillRequested({}, 'Leads'), false);
});

state('patches one binding and leaves the others alone', () => {
  const both = {bindingStateV1: {A: {x: 1}, B: {y: 2}}};
  assert.deepEqual(mergePatch(both, bindingPatch('A', {x: null, z: 3})), {bindingStateV1: {A: {z: 3}, B: {y: 2}}});
});

state.run();
