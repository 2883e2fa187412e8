import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {integer, text} from '../../../lib/sandbox/schema/kinds.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {computed, narrow, wide} from './modules.ts';

/**
 * Fields that are added, removed and refused during a capture, and how they are described to Flow.
 */
const fields = suite('fields while running');

const hourMs = 3_600_000;
const options = (more: Partial<JumpOptions> = {}): JumpOptions => ({
  modules: [narrow('Deals', [text('Extra'), ...computed])],
  records: {Deals: 80},
  bindings: [{module: 'Deals', schedule: '0 * * * *'}],
  ...more,
});
const described = (capture: JumpCapture) => Object.keys(capture.schemas.get('Deals')!.properties);
/** Every object schema with named properties is closed, as the runtime's stand-in checks. */
const captured = (capture: JumpCapture) => [...capture.task.collections.of('acme/Deals').values()];

fields('a new custom field is described and arrives within the hour, without a restart', () =>
  JumpCapture.with(options(), async (capture) => {
    const deals = capture.sandbox.org.module('Deals');
    capture.start();
    await capture.catchUp();
    assert.ok(!described(capture).includes('Brand_New'));
    deals.addField(integer('Brand_New', 50, {custom: true}));
    await capture.pass(hourMs + 10 * 60_000);
    assert.ok(described(capture).includes('Brand_New'));
    deals.massEdit(deals.ids(), {Brand_New: '7'});
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.ok(captured(capture).every((doc) => doc.Brand_New === '#7'));
  }),
);

fields('a removed field stops nothing, and is no longer described', () =>
  JumpCapture.with(options(), async (capture) => {
    const deals = capture.sandbox.org.module('Deals');
    capture.start();
    await capture.catchUp();
    capture.commit();
    deals.removeField('Extra');
    deals.massEdit([...deals.ids()].slice(0, 40), {Count: '5'});
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    await capture.pass(2 * hourMs);
    assert.ok(!described(capture).includes('Extra'));
    assert.equal(capture.logs.filter((line) => line.includes('paused')).length, 0);
  }),
);

fields('a computed field removed while its refresh is due stops nothing', () =>
  JumpCapture.with(options({switches: {refusedFieldNamed: true}}), async (capture) => {
    const deals = capture.sandbox.org.module('Deals');
    capture.start();
    await capture.catchUp();
    capture.commit();
    const before = String(capture.state('Deals').last_initialized);
    deals.removeField('Total');
    deals.driftFormulas();
    await capture.until(
      () => capture.state('Deals').backfill == null && String(capture.state('Deals').last_initialized) > before,
    );
    assert.deepEqual(capture.differences(), []);
  }),
);

for (const api of ['coql', 'bulk'] as const) {
  for (const refusedFieldNamed of [true, false]) {
    const how = refusedFieldNamed ? 'by its name' : 'without naming it';
    fields(`a field that ${api} rejects ${how} is omitted there and reported, and the rest is captured`, () =>
      JumpCapture.with(options({switches: {refusedFieldNamed}}), async (capture) => {
        const deals = capture.sandbox.org.module('Deals');
        deals.refuseField('Extra', api);
        capture.start();
        await capture.catchUp();
        deals.massEdit([...deals.ids()].slice(0, 40), {Count: '5'});
        await capture.catchUp();
        assert.deepEqual(capture.differences(), []);
        assert.ok(capture.logs.some((line) => /^warn: Module Deals, field Extra: .* refuses it/.test(line)));
        assert.ok(described(capture).includes('Extra'), 'the other API still reads it');
      }),
    );
  }
}

for (const reservedNames of ['quoted', 'bare'] as const) {
  fields(`fields named like words of COQL are captured if their names are ${reservedNames}`, () =>
    JumpCapture.with(
      options({
        modules: [narrow('Deals', [text('From'), text('Order'), text('Group'), text('Limit'), ...computed])],
        switches: {coql: {reservedNames}},
      }),
      async (capture) => {
        const deals = capture.sandbox.org.module('Deals');
        capture.start();
        await capture.catchUp();
        deals.massEdit([...deals.ids()].slice(0, 40), {Order: 'another', From: 'there'});
        await capture.catchUp();
        assert.deepEqual(capture.differences(), []);
        assert.deepEqual(
          capture.logs.filter((line) => /refuses it|paused/.test(line)),
          [],
        );
      },
    ),
  );
}

fields('fields named like properties of every object, or almost like the id, are ordinary fields', () => {
  const names = ['ID', 'iD', 'Modified_Time_', 'constructor', '__proto__', 'toString', 'Email_x', 'EMAIL_X'];
  return JumpCapture.with(
    options({
      modules: [
        narrow(
          'Deals',
          names.map((name) => text(name)),
        ),
      ],
    }),
    async (capture) => {
      const deals = capture.sandbox.org.module('Deals');
      capture.start();
      await capture.catchUp();
      for (const name of names) assert.ok(described(capture).includes(name), `${name} is described`);
      deals.massEdit([...deals.ids()].slice(0, 40), Object.fromEntries(names.map((name) => [name, `new ${name}`])));
      await capture.catchUp();
      await capture.kill();
      capture.start();
      await capture.catchUp();
      assert.deepEqual(capture.differences(), []);
      assert.ok(captured(capture).some((doc) => Object.hasOwn(doc, '__proto__')));
    },
  );
});

for (const columns of [10, 120]) {
  fields(`columns that COQL rejects without naming them are found among ${columns}, and no others omitted`, () =>
    JumpCapture.with(
      options({
        modules: [wide('Deals', columns, 7)],
        bindings: [{module: 'Deals'}],
        switches: {coql: {refusedColumnNamed: false}},
      }),
      async (capture) => {
        const deals = capture.sandbox.org.module('Deals');
        const refused = ['Field_003', 'Field_008', 'Dynamic_2'];
        for (const name of refused) deals.refuseField(name, 'coql');
        capture.start();
        await capture.catchUp();
        deals.massEdit([...deals.ids()].slice(0, 40), {Field_000: 'another'});
        await capture.catchUp();
        const found = capture.logs.flatMap((line) => /field (\w+): COQL refuses it/.exec(line)?.[1] ?? []);
        assert.deepEqual(found.sort(), refused.sort());
        const {calls} = capture.sandbox.meters.kind('coql');
        await capture.pass(hourMs);
        assert.ok(capture.sandbox.meters.kind('coql').calls - calls <= 2 * 12, 'no more slices than before');
      },
    ),
  );
}

fields('a query rejected at random is repeated, and nothing is omitted', () =>
  JumpCapture.with(options({bindings: [{module: 'Deals', intervalMs: 60_000}]}), async (capture) => {
    const deals = capture.sandbox.org.module('Deals');
    capture.sandbox.faults.add('syntax-error@0.1');
    capture.start();
    for (let i = 0; i < 10; i++) {
      deals.massEdit([...deals.ids()].slice(0, 40), {Count: `${i}`});
      await capture.pass(10 * 60_000);
    }
    assert.deepEqual(
      capture.logs.filter((line) => /refuses it|paused/.test(line)),
      [],
    );
    assert.ok(capture.sandbox.faults.hits() > 1);
    capture.sandbox.faults.clear();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
  }),
);

fields('a field that both APIs reject is no longer described', () =>
  JumpCapture.with(options(), async (capture) => {
    const deals = capture.sandbox.org.module('Deals');
    deals.refuseField('Extra', 'coql');
    deals.refuseField('Extra', 'bulk');
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.ok(!described(capture).includes('Extra'));
    assert.ok(captured(capture).every((doc) => !('Extra' in doc)));
    assert.ok(!capture.everDescribed.has('Deals.Extra'), 'not even at the start: a property once described stays a column');
  }),
);

fields('fields are described as soon as Zoho accepts a job for them, even without a record', () =>
  JumpCapture.with(options({records: {Deals: 0}}), async (capture) => {
    capture.start();
    await capture.catchUp();
    const captured = capture.sandbox.org.module('Deals').fields.map(({name}) => name);
    assert.deepEqual(described(capture).sort(), ['_meta', 'id', ...captured].sort());
  }),
);

fields('a restarted session describes the fields that its sweeps request again', () =>
  JumpCapture.with(options(), async (capture) => {
    capture.start();
    await capture.catchUp();
    const before = described(capture);
    await capture.kill();
    capture.schemas.clear();
    capture.start();
    await capture.catchUp();
    assert.deepEqual(described(capture), before);
  }),
);

fields.run();
