import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {narrow} from './modules.ts';

/** How soon changes flow again after Zoho recovers, and what it costs to notice that. */
const catching = suite('catching up');

const names = ['Deals', 'Leads', 'Notes', 'Cases', 'Tasks'];
const five: JumpOptions = {
  modules: names.map((name) => narrow(name)),
  records: Object.fromEntries(names.map((name) => [name, 20])),
  bindings: names.map((module) => ({module, intervalMs: 10_000})),
};

for (const fault of ['html-502', 'reset', 'error-500', 'throttle']) {
  for (const seconds of [20, 100, 230]) {
    catching(`changes of five modules flow within 15 s after ${seconds} s of ${fault}, without a storm`, () =>
      JumpCapture.with(five, async (capture) => {
        const {faults, org, meters} = capture.sandbox;
        const calls = () => Object.values(meters.reading().kinds).reduce((sum, kind) => sum + kind.calls, 0);
        capture.start();
        await capture.catchUp();
        const before = calls();
        faults.add(`${fault}@1`);
        await capture.pass(seconds * 1_000);
        const tried = calls() - before;
        for (const name of names) org.module(name).massEdit(org.module(name).ids());
        faults.clear();
        await capture.until(() => capture.differences().length === 0, 15_000);
        // Each binding notices by itself. From then on, they call one after another.
        assert.ok(tried <= 60 + seconds, `${tried} calls`);
      }),
    );
  }
}

catching.run();
