import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {narrow} from './modules.ts';

/** Zoho out of reach during a capture. */
const outage = suite('outage');

const minuteMs = 60_000;
const two: JumpOptions = {
  modules: [narrow('Deals'), narrow('Leads')],
  records: {Deals: 50, Leads: 50},
  bindings: [
    {module: 'Deals', intervalMs: 10_000},
    {module: 'Leads', intervalMs: 10_000},
  ],
};

for (const fault of ['html-502', 'reset', 'error-500']) {
  outage(`of four minutes (${fault}) is survived, and everything arrives soon after it`, () =>
    JumpCapture.with(two, async (capture) => {
      const {faults, org} = capture.sandbox;
      capture.start();
      await capture.catchUp();
      faults.add(`${fault}@1`);
      await capture.pass(2 * minuteMs);
      org.module('Deals').massEdit(org.module('Deals').ids());
      await capture.pass(2 * minuteMs);
      faults.clear();
      await capture.catchUp(minuteMs);
      assert.deepEqual(capture.differences(), []);
      assert.ok(capture.logs.some((line) => line.startsWith('warn: Module Deals is paused: ')));
    }),
  );
}

outage('of field metadata alone neither stops a capture nor changes its requests', () =>
  JumpCapture.with(two, async (capture) => {
    const {faults, org} = capture.sandbox;
    capture.start();
    await capture.catchUp();
    const described = JSON.stringify([...capture.schemas]);
    faults.add('empty-fields@1');
    await capture.pass(90 * minuteMs);
    org.module('Deals').massEdit(org.module('Deals').ids());
    await capture.until(() => capture.differences().length === 0, minuteMs);
    assert.equal(JSON.stringify([...capture.schemas]), described);
    assert.ok(capture.logs.some((line) => /^warn: Module Deals: Zoho gave an empty answer about its fields/.test(line)));
    assert.ok(!capture.logs.some((line) => /paused/.test(line)));
  }),
);

outage('of field metadata at a restart is survived, and is no fault of the module', () =>
  JumpCapture.with(two, async (capture) => {
    const {faults, org} = capture.sandbox;
    capture.start();
    await capture.catchUp();
    await capture.kill();
    faults.add('empty-fields@1');
    capture.start();
    await capture.pass(2 * minuteMs);
    org.module('Deals').massEdit(org.module('Deals').ids());
    faults.clear();
    await capture.catchUp(2 * minuteMs);
    assert.deepEqual(capture.differences(), []);
    assert.ok(capture.logs.some((line) => /Module Deals is paused: Zoho gave an empty answer/.test(line)));
  }),
);

outage('is not assumed for a module that never had field metadata', () =>
  JumpCapture.with(two, async (capture) => {
    capture.sandbox.faults.add('empty-fields@1');
    capture.start();
    await capture.pass(10 * minuteMs);
    assert.ok(capture.logs.some((line) => /Module Deals is paused: Zoho has no field metadata for it/.test(line)));
    assert.ok(!capture.logs.some((line) => /although it had some/.test(line)));
  }),
);

outage('at the start is survived, too', () =>
  JumpCapture.with(two, async (capture) => {
    capture.sandbox.faults.add('html-502@1');
    capture.start();
    await capture.pass(3 * minuteMs);
    capture.sandbox.faults.clear();
    await capture.catchUp(minuteMs);
    assert.deepEqual(capture.differences(), []);
  }),
);

outage('that lasts ends the capture with its reason, and the next one continues from there', () =>
  JumpCapture.with(two, async (capture) => {
    const {faults} = capture.sandbox;
    capture.start();
    await capture.catchUp();
    faults.add('html-502@1');
    const beganMs = capture.clock.nowMs();
    await assert.rejects(capture.pass(20 * minuteMs), {kind: 'unavailable', message: /HTTP status 502/});
    assert.ok(capture.clock.nowMs() - beganMs >= 5 * minuteMs);
    faults.clear();
    await capture.kill();
    capture.start();
    await capture.catchUp();
    assert.deepEqual(capture.differences(), []);
  }),
);

outage('of one module for an hour does not affect the other, and both recover separately', () =>
  JumpCapture.with(two, async (capture) => {
    const {faults, org} = capture.sandbox;
    capture.start();
    await capture.catchUp();
    faults.add('html-502:coql/Leads@1');
    const before = capture.documents;
    for (let i = 0; i < 6; i++) {
      org.module('Deals').massEdit(org.module('Deals').ids());
      await capture.pass(10 * minuteMs);
    }
    assert.equal(capture.documents - before, 6 * 50);
    org.module('Leads').massEdit(org.module('Leads').ids());
    faults.clear();
    await capture.until(() => capture.differences().length === 0, minuteMs);
  }),
);

outage.run();
