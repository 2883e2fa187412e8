import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../../lib/errors/errors.ts';
import {text} from '../../../lib/sandbox/schema/kinds.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {narrow, wide} from './modules.ts';

/**
 * Fields that Bulk Read rejects without naming them, and the cost of finding them, once (design 7).
 */
const hidden = suite('hidden fields');

const names = ['Alpha', 'Mike', 'Zulu'];
const jobCredits = 50;
const options = (more: Partial<JumpOptions> = {}): JumpOptions => ({
  modules: [narrow('Deals', [...wide('', 88).fields, ...names.map((name) => text(name, undefined, {visible: false}))])],
  records: {Deals: 40},
  switches: {refusedFieldNamed: false},
  bindings: [{module: 'Deals', intervalMs: 60_000}],
  startDate: '2026-08-01T00:00:00Z',
  ...more,
});
const refused = (capture: JumpCapture, api: 'bulk' | 'coql') =>
  (capture.state('Deals').fields as {refused?: Record<string, string[]>}).refused?.[api];

/** Differences except in the refused values. */
const otherDifferences = (capture: JumpCapture) =>
  capture.differences().filter((text) => !names.some((name) => text.includes(name)));

/** What a capture spends on jobs, and how many creations and queries are rejected. */
function counted() {
  const calls = {accepted: 0, refused: 0};
  return {
    calls,
    hooks: (isRefused: (fields: readonly string[]) => boolean) => ({
      beforeCreate(query: string) {
        const {fields} = JSON.parse(query) as {fields?: string[]};
        if (fields === undefined) return;
        if (!isRefused(fields)) {
          calls.accepted++;
          return;
        }
        calls.refused++;
        throw new ZohoError('refused', 'The field is not available', {code: 'FIELD_NOT_AVAILABLE'});
      },
    }),
  };
}

hidden('that metadata call hidden cost no additional job, and nothing at the next start', () =>
  JumpCapture.with(options(), async (capture) => {
    const {meters} = capture.sandbox;
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.deepEqual(refused(capture, 'bulk'), names);
    assert.deepEqual(refused(capture, 'coql'), names);
    assert.equal(meters.kind('create').credits, jobCredits);
    assert.ok(meters.kind('create').calls <= 2 + names.length);
    await capture.kill();
    const [bad, fields] = [meters.reading().statuses[400] ?? 0, meters.kind('fields').calls];
    capture.clock.advance(3_600_000);
    capture.sandbox.org.module('Deals').insert(3);
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.equal(meters.reading().statuses[400] ?? 0, bad, 'nothing is refused again');
    assert.ok(meters.kind('fields').calls > fields);
  }),
);

hidden('that only COQL names cost no additional job', async () => {
  const {calls, hooks} = counted();
  const modules = [narrow('Deals', [...wide('', 88).fields, ...names.map((name) => text(name))])];
  const isRefused = (fields: readonly string[]) => names.some((name) => fields.includes(name));
  await JumpCapture.with(options({modules, hooks: hooks(isRefused)}), async (capture) => {
    for (const name of names) capture.sandbox.org.module('Deals').refuseField(name, 'coql');
    capture.start();
    await capture.catchUp();
    assert.deepEqual(otherDifferences(capture), []);
    assert.deepEqual(refused(capture, 'bulk'), names);
    assert.equal(calls.accepted, 1);
    assert.ok(calls.refused <= 3 + names.length, `${calls.refused} refused`);
  });
});

hidden('that nothing names are found with few accepted jobs', async () => {
  const {calls, hooks} = counted();
  const modules = [narrow('Deals', [...wide('', 88).fields, ...names.map((name) => text(name))])];
  const isRefused = (fields: readonly string[]) => names.some((name) => fields.includes(name));
  await JumpCapture.with(options({modules, hooks: hooks(isRefused)}), async (capture) => {
    capture.start();
    await capture.catchUp();
    assert.deepEqual(otherDifferences(capture), []);
    assert.deepEqual(refused(capture, 'bulk'), names);
    assert.ok(calls.accepted <= 6 && calls.refused <= 60, JSON.stringify(calls));
  });
});

hidden('that can be read again are found a day later, with at most three rejected calls, and their values arrive', async () => {
  const {calls, hooks} = counted();
  let bad = names;
  const modules = [
    narrow(
      'Deals',
      [...names, 'Extra'].map((name) => text(name, undefined, {blanks: 0})),
    ),
  ];
  const isRefused = (fields: readonly string[]) => bad.some((name) => fields.includes(name));
  const bindings = [{module: 'Deals', intervalMs: 1_800_000}];
  await JumpCapture.with(options({modules, bindings, hooks: hooks(isRefused)}), async (capture) => {
    const deals = capture.sandbox.org.module('Deals');
    deals.refuseField('Extra', 'coql');
    capture.start();
    await capture.catchUp();
    assert.deepEqual(otherDifferences(capture), []);
    assert.deepEqual(refused(capture, 'bulk'), names);
    const before = {...calls};
    await capture.pass(25 * 3_600_000);
    assert.ok(calls.refused - before.refused <= 2, 'all together, and one alone');
    assert.equal(calls.accepted, before.accepted);
    bad = [];
    await capture.pass(25 * 3_600_000);
    assert.equal(refused(capture, 'bulk'), undefined);
    assert.equal((capture.state('Deals').fields as {owed?: string[]}).owed, undefined);
    capture.commit();
    for (const doc of capture.task.collections.of('acme/Deals').values())
      for (const name of names) assert.equal(typeof doc[name], 'string', name);
    assert.equal(calls.accepted - before.accepted, 2, 'one that asks, and the refresh');
  });
});

hidden.run();
