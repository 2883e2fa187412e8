import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {integer, text} from '../../lib/sandbox/schema/kinds.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {computed, narrow} from './modules.ts';

/** Fields that come, go and are refused while a capture runs, and what Flow is told of them. */
const fields = suite('fields while running');

const hourMs = 3_600_000;
const options = (more: Partial<JumpOptions> = {}): JumpOptions => ({
  modules: [narrow('Deals', [text('Extra'), ...computed])],
  records: {Deals: 80},
  bindings: [{module: 'Deals', schedule: '0 * * * *'}],
  ...more,
});
const described = (capture: JumpCapture) => Object.keys(capture.schemas.get('Deals')!.properties);
/** Every object schema that names properties is closed; the runtime's stand-in checks that of each one it reads. */
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

fields('a field that vanishes stops nothing, and is described no more', () =>
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
    assert.equal(capture.logs.filter((line) => line.includes('set aside')).length, 0);
  }),
);

fields('a computed field that vanishes while its refresh is due stops nothing', () =>
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
    fields(`a field that ${api} refuses ${how} is left out there, reported, and the rest is captured`, () =>
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

fields('a field that both refuse is described no more', () =>
  JumpCapture.with(options(), async (capture) => {
    const deals = capture.sandbox.org.module('Deals');
    deals.refuseField('Extra', 'coql');
    deals.refuseField('Extra', 'bulk');
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
    assert.ok(!described(capture).includes('Extra'));
    assert.ok(captured(capture).every((doc) => !('Extra' in doc)));
  }),
);

fields.run();
