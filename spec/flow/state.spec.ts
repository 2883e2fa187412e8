import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {ConfigError} from '../../lib/errors/errors.ts';
import {
  backfillRequested,
  bindingPatch,
  daysBefore,
  initialState,
  instantOf,
  isComplete,
  mergePatch,
  owedDeletions,
  savedBinding,
  secondsOf,
  takeOver,
  wholeSecond,
} from '../../lib/flow/state.ts';

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

state('patches one binding and leaves the others alone', () => {
  const both = {bindingStateV1: {A: {x: 1}, B: {y: 2}}};
  assert.deepEqual(mergePatch(both, bindingPatch('A', {x: null, z: 3})), {bindingStateV1: {A: {z: 3}, B: {y: 2}}});
});

/** The saved state of a binding, read back. */
const saved = (binding: unknown) => savedBinding({bindingStateV1: {Leads: binding}}, 'Leads');

state('takes instants from 1970 to the last year of four digits, and nothing else for one', () => {
  for (const start of ['1970-01-01T00:00:00Z', '9998-12-31T23:59:59Z', '2026-01-01T00:00:00+05:30'])
    assert.equal(saved({start})?.start, start);
  for (const start of [
    '',
    'soon',
    '1969-12-31T23:59:59Z',
    '9999-01-01T00:00:00Z',
    '+010000-01-01T00:00:00Z',
    '+002026-01-01T00:00:00Z',
    'x2026-01-01',
    '12026-01-01',
    7,
  ])
    assert.throws(
      () => saved({start}),
      /Cannot read the saved state of binding Leads at start: it was not written by this connector/,
      String(start),
    );
});

state('takes digits for ids, and for jobs what an address may hold', () => {
  assert.equal(saved({inc: {cursor: now, after: '12'}})?.inc?.after, '12');
  for (const after of ['', 'x', '1x', 'x1', ' 1']) assert.throws(() => saved({inc: {cursor: now, after}}), ConfigError, after);
  for (const job of ['7', 'a-b_C9']) assert.equal(saved({backfill: {cutoff: now, job}})?.backfill?.job, job);
  for (const job of ['', 'a/b', '/a', 'a/', 'a b']) assert.throws(() => saved({backfill: {cutoff: now, job}}), ConfigError, job);
});

state('keeps which records are ahead, with their time and digest', () => {
  const ahead = {12: [1_790_000_000, 'x']};
  assert.deepEqual(saved({inc: {cursor: now}, ahead})?.ahead, ahead);
  for (const odd of [{12: [1]}, {12: ['x', 1]}, {12: [1, '']}, {x: [1, 'x']}])
    assert.deepEqual(saved({inc: {cursor: now}, ahead: odd})?.ahead, {}, JSON.stringify(odd));
});

state('does without what is only a help and cannot be read', () => {
  const read = saved({
    inc: {cursor: now},
    backfill: {cutoff: now, fields: 'x', again: 7},
    deleted: {cursor: now, recycled: [], skipped: 'x'},
    ahead: {1: 'x'},
    fields: 'x',
  });
  assert.deepEqual([read?.backfill?.fields, read?.backfill?.again], [[], []]);
  assert.deepEqual([read?.deleted?.cursor, read?.deleted?.recycled, read?.deleted?.skipped], [now, {}, false]);
  assert.deepEqual([read?.ahead, read?.fields], [{}, undefined]);
});

state('reads deletions that are owed from the state, or from what the start before noted, or finds none', () => {
  const deleted = {cursor: now};
  const other = {cursor: '2026-01-01T00:00:00Z'};
  const owed = (task: object) => owedDeletions(task, 'Leads');
  assert.deepEqual(
    owed({bindingStateV1: {Leads: {deleted: {cursor: now}}}, owedDeletions: {Leads: {cursor: other.cursor}}}),
    deleted,
  );
  assert.deepEqual(owed({bindingStateV1: {Leads: {inc: {cursor: now}}}, owedDeletions: {Leads: {cursor: other.cursor}}}), other);
  assert.deepEqual(owed({owedDeletions: {Leads: {cursor: now}}}), deleted);
  assert.deepEqual(
    owed({bindingStateV1: {Leads: {start: 'x', deleted: {cursor: now}}}, owedDeletions: {Leads: {cursor: other.cursor}}}),
    other,
  );
  assert.equal(owed({bindingStateV1: {Deals: {deleted: {cursor: now}}}}), undefined);
  assert.equal(owed({}), undefined);
});

state('is complete with all that a capture goes on from', () => {
  const whole = initialState(now, now);
  assert.equal(isComplete(whole), true);
  assert.equal(isComplete({...whole, backfill: undefined}), true);
  assert.equal(isComplete(undefined), false);
  for (const key of ['start', 'inc', 'deleted', 'last_initialized'] as const)
    assert.equal(isComplete({...whole, [key]: undefined}), false, key);
});

state('takes over from whatever the older connector knew', () => {
  const [early, late] = ['2026-09-01T00:00:00Z', '2026-09-15T00:00:00.5Z'];
  const over = (binding: object) => takeOver(saved(binding)!, undefined, now);
  assert.deepEqual(over({backfill: {cutoff: early}}), {
    start: daysBefore(early, 30),
    inc: {cursor: early},
    deleted: {cursor: daysBefore(early, 30)},
    last_initialized: now,
  });
  assert.deepEqual(over({last_initialized: late}), {
    start: daysBefore('2026-09-15T00:00:00Z', 30),
    inc: {cursor: '2026-09-15T00:00:00Z'},
    deleted: {cursor: daysBefore('2026-09-15T00:00:00Z', 30)},
  });
  for (const [inc, cutoff, initialized] of [
    [early, late, late],
    [late, early, late],
    [late, late, early],
  ])
    assert.equal(over({inc: {cursor: inc}, backfill: {cutoff}, last_initialized: initialized})?.start, daysBefore(early, 30));
  assert.equal(takeOver(saved({inc: {cursor: early}, start: early})!, undefined, now)?.inc, undefined);
  assert.equal(takeOver(saved({inc: {cursor: early}})!, late, now)?.start, late, 'as configured');
});

state('asks for a new backfill unless the request is none', () => {
  for (const request of [true, {}, 'x', 0])
    assert.equal(backfillRequested({backfillRequests: {Leads: request}}, 'Leads'), true, String(request));
  for (const request of [null, false]) assert.equal(backfillRequested({backfillRequests: {Leads: request}}, 'Leads'), false);
  assert.equal(backfillRequested({}, 'Leads'), false);
});

state('writes instants in whole seconds', () => {
  assert.equal(secondsOf('1970-01-01T00:00:01.999Z'), 1);
  assert.equal(instantOf(1), '1970-01-01T00:00:01Z');
  assert.equal(wholeSecond('2026-01-01T05:30:00.9+05:30'), '2026-01-01T00:00:00Z');
  assert.equal(daysBefore('2026-01-02T00:00:00Z', 2), '2025-12-31T00:00:00Z');
});

state.run();
