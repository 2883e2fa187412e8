import assert from 'node:assert/strict';
import {mock} from 'node:test';
import {brotliCompressSync, gzipSync} from 'node:zlib';
import {suite} from 'uvu';
import {ConnectionLost} from '../../lib/zoho/connection-lost.ts';
import {type Answer, Http, isEmpty, usualTimeouts, within} from '../../lib/zoho/http.ts';
import {errorBytesMax} from '../../lib/zoho/limits.ts';
import {settled} from '../harness/clocks.ts';
import {cut, failure, type Reply, ScriptedNetwork} from '../harness/scripted-network.ts';

const http = suite('Http');
const origin = 'https://www.zohoapis.eu';
const host = 'www.zohoapis.eu';
const {signal} = new AbortController();
const get = {origin, path: '/p', method: 'GET' as const, headers: {}};

function client(reply: Reply): {network: ScriptedNetwork; http: Http} {
  const network = new ScriptedNetwork(() => reply);
  return {network, http: new Http(origin, usualTimeouts, network)};
}

/** A body of which more is to come. */
const unending = async function* () {
  yield 'body';
  await new Promise(() => {});
};

const answerTo = (reply: Reply, stop = signal): Promise<Answer> => client(reply).http.send(get, stop);

http('sends what it is given, asks for no compression, and bounds every wait', async () => {
  const {network, http} = client([200]);
  await http.send({origin, path: '/p?x=1', method: 'POST', headers: {'x-own': 'y'}, body: '{}'}, signal);
  await http.send(get, signal);
  const headers = {'accept-encoding': 'identity', 'user-agent': 'source-zoho'};
  assert.deepEqual(network.sent, [
    {method: 'POST', origin, path: '/p?x=1', headers: {'x-own': 'y', ...headers}, body: '{}'},
    {method: 'GET', origin, path: '/p', headers, body: ''},
  ]);
  const {headersTimeout, bodyTimeout} = network.options[0]!;
  assert.deepEqual([headersTimeout, bodyTimeout], [60_000, 60_000]);
  assert.equal(network.options[1]?.body, null);
});

http('gives an answer its status and headers, the first of several values', async () => {
  const answer = await answerTo([418, '', {'x-one': 'a', 'x-two': ['b', 'c']}]);
  assert.equal(answer.status, 418);
  assert.deepEqual(
    ['x-one', 'x-two', 'x-none'].map((name) => answer.header(name)),
    ['a', 'b', undefined],
  );
});

http('follows no redirect', async () => {
  const answer = await answerTo([302, '', {location: '/elsewhere'}]);
  assert.deepEqual([answer.status, answer.header('location')], [302, '/elsewhere']);
});

http('reads a body as text, decompressed where a gateway has compressed it', async () => {
  const text = 'žluť 🦉 '.repeat(50);
  const bytes = Buffer.from(text);
  const odd = () => [bytes.subarray(0, 3), bytes.subarray(3)];
  assert.equal(await (await answerTo([200, odd])).text(1 << 20), text);
  assert.equal(await (await answerTo([200, gzipSync(text), {'content-encoding': 'gzip'}])).text(1 << 20), text);
  assert.equal(await (await answerTo([200, brotliCompressSync(text), {'content-encoding': 'br'}])).text(1 << 20), text);
});

http('reads no more of a body than it is allowed to: neither of its bytes nor of what they expand to', async () => {
  const read = async (body: string | Uint8Array, max: number): Promise<number> =>
    (await (await answerTo([200, body])).text(max)).length;
  assert.equal(await read('x'.repeat(1_000), 1_000), 1_000);
  const tooLong = {kind: 'damaged', message: `The answer of ${host} has more than 999 bytes`};
  await assert.rejects(read('x'.repeat(1_000), 999), tooLong);
  await assert.rejects(read(gzipSync('x'.repeat(1_000)), 999), tooLong);
  // Empty members are valid gzip, and expand to nothing.
  await assert.rejects(read(Buffer.concat(Array.from({length: 50}, () => gzipSync(''))), 999), tooLong);
});

http('calls a connection lost that fails before the answer or in its body, and says why', async () => {
  await assert.rejects(answerTo(failure('ECONNREFUSED')), {
    name: 'ConnectionLost',
    message: `cannot reach ${host}: nothing listens there (ECONNREFUSED)`,
    mayHaveArrived: false,
  });
  const answer = await answerTo([200, cut('{"data":[', 'UND_ERR_BODY_TIMEOUT')]);
  await assert.rejects(answer.text(100), {
    name: 'ConnectionLost',
    message: `no complete answer from ${host}: it stopped in the middle of its answer (UND_ERR_BODY_TIMEOUT)`,
    mayHaveArrived: true,
    isTimeout: true,
  });
});

http('takes compressed data that end early for a cut, and malformed ones for damage', async () => {
  const zipped = gzipSync('{"data":[]}'.repeat(9));
  const read = async (body: Uint8Array): Promise<string> => (await answerTo([200, body])).text(1_000);
  await assert.rejects(read(zipped.subarray(0, -9)), (error: ConnectionLost) => {
    assert.equal(error.message, `no complete answer from ${host}: its gzip data end early`);
    assert.deepEqual([error.name, error.mayHaveArrived, error.isTimeout], ['ConnectionLost', true, false]);
    return (error.cause as Error).name === 'EncodingError';
  });
  await assert.rejects(read(Buffer.from(zipped).fill(0xff, 10)), (error: Error) => {
    assert.equal(error.message, `Cannot read the answer of ${host}: its gzip data are malformed`);
    return (error.cause as Error).name === 'EncodingError';
  });
});

http('ends with the reason of the signal: before the answer, and in the middle of its body', async () => {
  const enough = new Error('enough');
  await assert.rejects(answerTo('silent', AbortSignal.abort(enough)), (error) => error === enough);
  const [early, late] = [new AbortController(), new AbortController()];
  const waiting = answerTo('silent', early.signal);
  early.abort(enough);
  await assert.rejects(waiting, (error) => error === enough);
  const answer = await answerTo([200, unending], late.signal);
  const reading = answer.text(100);
  await settled();
  late.abort(enough);
  await assert.rejects(reading, (error) => error === enough);
});

http('drops the connection of a body that is not read to its end', async () => {
  const left = client([200, unending]);
  for await (const chunk of (await left.http.send(get, signal)).bytes(100)) {
    assert.equal(String(chunk), 'body');
    break;
  }
  assert.equal(left.network.dropped, 1);
  for (const encodings of ['compress', 'br, br, br, br']) {
    const {network, http} = client([200, unending, {'content-encoding': encodings}]);
    await assert.rejects((await http.send(get, signal)).text(100), {kind: 'damaged'});
    assert.equal(network.dropped, 1, encodings);
    await settled();
  }
});

http('keeps a connection over a short body that nobody reads, and drops it over a long one', async () => {
  for (const [bytes, dropped] of [
    [errorBytesMax, 0],
    [errorBytesMax + 1, 1],
  ] as const) {
    const {network, http} = client([200, () => ['x'.repeat(bytes), 'x'].slice(0, dropped + 1)]);
    (await http.send(get, signal)).discard();
    await settled();
    assert.equal(network.dropped, dropped, `${bytes} bytes`);
  }
});

http('survives a body that fails while nobody reads it, and tells the reader that comes later', async () => {
  (await answerTo([200, cut('x')])).discard();
  const answer = await answerTo([200, cut('x')]);
  await settled();
  await assert.rejects(answer.text(100), ConnectionLost);
});

http('closes its connections', async () => {
  const {network, http} = client([200]);
  await http.close();
  assert.equal(network.isClosed, true);
});

http('knows by the status that an answer has no body, and discards it', () => {
  for (const [status, empty] of [
    [204, true],
    [304, true],
    [200, false],
    [404, false],
  ] as const) {
    let discarded = 0;
    const answer = {status, discard: () => discarded++} as unknown as Answer;
    assert.equal(isEmpty(answer), empty, `${status}`);
    assert.equal(discarded, empty ? 1 : 0, `${status}`);
  }
});

const limit = suite('a limit in real time');

limit.before.each(() => mock.timers.enable({apis: ['setTimeout']}));
limit.after.each(() => mock.timers.reset());

/** Work that only its signal ends, with the signal's reason or with an error of its own. */
const endless =
  (own?: Error) =>
  (stop: AbortSignal): Promise<never> =>
    new Promise((_, reject) => stop.addEventListener('abort', () => reject(own ?? stop.reason)));

limit('ends work that takes longer, and calls its connection lost by a timeout', async () => {
  const own = new Error('own');
  const running = within(1_500, host, signal, endless(own));
  mock.timers.tick(1_499);
  mock.timers.tick(1);
  await assert.rejects(running, {
    name: 'ConnectionLost',
    message: `no complete answer from ${host} within 1.5 s`,
    mayHaveArrived: true,
    isTimeout: true,
    cause: own,
  });
});

limit('leaves alone what work gives or throws in time', async () => {
  const own = new Error('own');
  assert.equal(await within(10, host, signal, async () => 'done'), 'done');
  await assert.rejects(
    within(10, host, signal, async () => Promise.reject(own)),
    (error) => error === own,
  );
});

limit('passes on the reason of its signal, and begins nothing after it', async () => {
  const [stop, enough] = [new AbortController(), new Error('enough')];
  const running = within(10, host, stop.signal, endless());
  stop.abort(enough);
  await assert.rejects(running, (error) => error === enough);
  let begun = false;
  const late = within(10, host, stop.signal, async () => (begun = true));
  await assert.rejects(late, (error) => error === enough);
  assert.equal(begun, false);
});

limit('is over with the work: neither the time nor the signal reaches it any more', async () => {
  const stop = new AbortController();
  let own: AbortSignal | undefined;
  await within(10, host, stop.signal, async (limited) => (own = limited));
  mock.timers.tick(10);
  stop.abort();
  assert.equal(own?.aborted, false);
});

http.run();
limit.run();
