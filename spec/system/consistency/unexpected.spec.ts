import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {JumpCapture} from './jump-capture.ts';
import {narrow} from './modules.ts';

/** Failures that nobody foresaw, most likely bugs that the data of one module trigger. */
const unexpected = suite('an unexpected failure of a capture');

for (const when of ['sweeping', 'reading bulk rows', 'reading fields'] as const) {
  unexpected(`while ${when} pauses only its module, is logged with its stack, and ends once it is fixed`, async () => {
    let failing = true;
    const fail = (text: string): void => {
      if (failing && text.includes('Leads')) throw new SyntaxError('Cannot convert secret to a BigInt');
    };
    const hooks = {
      ...(when === 'sweeping' && {beforeCoql: fail}),
      ...(when === 'reading bulk rows' && {beforeCreate: fail}),
      ...(when === 'reading fields' && {beforeFields: fail}),
    };
    const modules = ['Leads', 'Deals'];
    await JumpCapture.with(
      {
        modules: modules.map((module) => narrow(module)),
        records: {Leads: 20, Deals: 20},
        bindings: modules.map((module) => ({module})),
        hooks,
        unexpected: true,
      },
      async (capture) => {
        capture.start();
        await capture.until(
          () => capture.logs.some((line) => line.includes('paused')) && capture.state('Deals').backfill === undefined,
        );
        const fault = 'Module Leads: an unexpected SyntaxError in the connector; please report it';
        assert.ok(capture.logs.includes(`error: ${fault}`), capture.logs.join('\n'));
        assert.ok(!capture.logs.some((line) => line.includes('secret') || line.includes('Module Deals is paused')));
        failing = false;
        await capture.catchUp();
        assert.deepEqual(capture.differences(), []);
      },
    );
  });
}

unexpected.run();
