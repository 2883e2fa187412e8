import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {reportUnexpected, unexpectedOf} from '../../lib/capture/unexpected.ts';
import {WatchedSink} from '../../lib/capture/watched-sink.ts';
import {ConfigError, ZohoError} from '../../lib/errors/errors.ts';
import type {Sink} from '../../lib/sinks/sink.ts';

/** Unexpected failures. */
const unexpected = suite('an unexpected failure');

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
  assert.equal(fault, 'an unexpected TypeError in the connector; please report it');
  assert.deepEqual([level, message], ['error', `Module Leads: ${fault}`]);
  const {stack} = fields as {stack: string[]};
  assert.equal(stack[0], 'TypeError');
  assert.ok(stack.includes('caused by') && stack.includes('RangeError'));
  assert.ok(stack.filter((line) => line.includes('unexpected.spec.ts')).length >= 2, 'frames of both');
  assert.deepEqual(
    stack.filter((line) => !/^at \S/.test(line)),
    ['TypeError', 'caused by', 'RangeError'],
  );
  assert.ok(!JSON.stringify(logged).includes('secret'));
});

unexpected('is reported by its name where it has no stack', () => {
  const logged: unknown[] = [];
  reportUnexpected(Object.assign(new TypeError('secret'), {stack: undefined}), 'Leads', (_, __, named) => logged.push(named));
  assert.deepEqual(logged, [{module: 'Leads', stack: ['TypeError']}]);
});

unexpected.run();
