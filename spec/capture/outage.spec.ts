/** Single actions, such as the start of a capture, while Zoho cannot be reached. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {isOutage, outagePauseMs, retryInOutage} from '../../lib/capture/outage.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {outageDelayMaxMs, outageDelayMs, outageMaxMs} from '../../lib/limits.ts';
import {bench} from '../harness/binding-zoho.ts';

const error = (kind: ZohoError['kind'], message = `it is ${kind}`) => new ZohoError(kind, message);

const outage = suite('an outage');

outage('is ridden out with pauses that grow, and told until it is over', async () => {
  const it = bench();
  const [told, logged]: [unknown[], string[]] = [[], []];
  let tries = 0;
  const options = {
    clock: it.clock,
    log: (level: string, message: string) => void logged.push(`${level} ${message}`),
    onWait: (reason: unknown) => void told.push(reason),
  };
  const result = await retryInOutage(
    async () => {
      if (++tries <= 2) throw error('unavailable', 'Zoho is down');
      return 'up';
    },
    options,
    it.signal,
  );
  assert.equal(result, 'up');
  assert.deepEqual(it.clock.slept, [outagePauseMs(0), outagePauseMs(1)]);
  assert.deepEqual(told, ['Waiting for Zoho: Zoho is down', 'Waiting for Zoho: Zoho is down', undefined]);
  assert.equal(logged[0], `warn Zoho is down; trying again in ${outageDelayMs / 1_000} s`);
  told.length = 0;
  assert.equal(await retryInOutage(async () => 'up', options, it.signal), 'up');
  assert.deepEqual(told, []);
});

outage('ends with its failure after as long as it may last; any other failure is none', async () => {
  const it = bench();
  const options = {clock: it.clock, log: () => {}};
  await assert.rejects(
    retryInOutage(() => Promise.reject(error('unavailable')), options, it.signal),
    {kind: 'unavailable'},
  );
  const slept = it.clock.slept.reduce((sum, ms) => sum + ms, 0);
  assert.ok(slept >= outageMaxMs && slept < outageMaxMs + 2 * outageDelayMaxMs, `${slept}`);
  const {length} = it.clock.slept;
  for (const other of [error('refused'), new Error('bug')])
    await assert.rejects(
      retryInOutage(() => Promise.reject(other), options, it.signal),
      (thrown) => thrown === other,
    );
  assert.equal(it.clock.slept.length, length);
  assert.deepEqual([isOutage(error('unavailable')), isOutage(error('module')), isOutage(new Error('x'))], [true, false, false]);
  assert.deepEqual(
    [outagePauseMs(0), outagePauseMs(1), outagePauseMs(100)],
    [outageDelayMs, 2 * outageDelayMs, outageDelayMaxMs],
  );
});

outage('lasts from the first try on: one that fails later than that is the last', async () => {
  for (const [takesMs, tries] of [
    [outageMaxMs - 1, 2],
    [outageMaxMs, 1],
  ] as const) {
    const {clock, signal} = bench();
    let made = 0;
    const attempt = async () => {
      made++;
      await clock.sleep(takesMs);
      throw error('unavailable');
    };
    await assert.rejects(retryInOutage(attempt, {clock, log: () => {}}, signal), {kind: 'unavailable'});
    assert.equal(made, tries);
  }
});

outage('is not ridden out by whoever has stopped, and not spoken of', async () => {
  const it = bench();
  const abort = new AbortController();
  const stopping = retryInOutage(
    async () => {
      abort.abort(new Error('stop'));
      throw error('unavailable');
    },
    {clock: it.clock, log: () => assert.fail('nothing is tried again')},
    abort.signal,
  );
  await assert.rejects(stopping, /stop/);
});

outage.run();
