import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {reportUnexpected, unexpectedOf} from '../../lib/capture/unexpected.ts';
import {WatchedSink} from '../../lib/capture/watched-sink.ts';
import {ConfigError, ZohoError} from '../../lib/errors/errors.ts';
import type {Sink} from '../../lib/sinks/sink.ts';
import {JumpCapture} from '../system/consistency/jump-capture.ts';
import {narrow} from '../system/consistency/modules.ts';

/** Unexpected failures. */
const unexpected = suite('an unexpected failure');

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

unexpected('is not one of Zoho, the configuration or the output, which concern other modules, too', async () => {
  const full = new Error('No space left on device');
  const refusing = (): Promise<never> => Promise.reject(full);
  const sink = new WatchedSink({write: refusing, describe: refusing, close: refusing} as Sink);
  const target = {index: 0, stateKey: 'Leads', collection: 'acme/leads'};
  assert.equal(unexpectedOf(full, sink), full);
  await assert.rejects(sink.write({target}), full);
  for (const known of [full, new ZohoError('damaged', 'no'), new ConfigError('no'), 'no', undefined])
    assert.equal(unexpectedOf(known, sink), undefined);
  const other = new TypeError('no');
  assert.equal(unexpectedOf(other, sink), other);
});

unexpected('is reported with its stack, and without its message, which may quote a value', () => {
  const logged: [string, string, unknown?][] = [];
  const cause = new RangeError('secret');
  const fault = reportUnexpected(new TypeError('secret\n    at secret', {cause}), 'Leads', (...line) => logged.push(line));
  assert.equal(logged.length, 1);
  const [level, message, fields] = logged[0]!;
  assert.deepEqual([level, message], ['error', `Module Leads: ${fault}`]);
  const {stack} = fields as {stack: string[]};
  assert.equal(stack[0], 'TypeError');
  assert.ok(stack.includes('caused by') && stack.includes('RangeError'));
  assert.ok(stack.some((line) => line.includes('unexpected.spec.ts')));
  assert.ok(!JSON.stringify(logged).includes('secret'));
});

unexpected.run();
