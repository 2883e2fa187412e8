import assert from 'node:assert/strict';
import {Writable} from 'node:stream';
import {suite} from 'uvu';
import {OutputQueue} from '../../lib/sinks/output-queue.ts';
import {settled} from '../harness/clocks.ts';

const queue = suite('OutputQueue');

/** A stream that takes a block on request, and has no room beyond one byte. */
function slow() {
  const taken: string[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write(chunk, _encoding, done) {
      waiting.push((error) => {
        if (error === undefined) taken.push(String(chunk));
        done(error);
      });
    },
  });
  return {stream, taken, waiting, next: (error?: Error) => waiting.shift()?.(error)};
}

const lines = (text: string, block?: Uint8Array) => () => ({bytes: Buffer.from(text), block, result: text});

queue('builds a block only when the stream has room', async () => {
  const {stream, taken, next} = slow();
  const output = new OutputQueue(stream);
  const built: string[] = [];
  const write = (text: string) =>
    output.write(() => {
      built.push(text);
      return {bytes: Buffer.from(text), result: text};
    });
  const writes = ['a', 'b', 'c'].map(write);
  assert.equal(await writes[0], 'a');
  await settled();
  assert.deepEqual([built, taken], [['a'], []]);
  next();
  assert.equal(await writes[1], 'b');
  assert.deepEqual([built, taken], [['a', 'b'], ['a']]);
  next();
  await writes[2];
  next();
  await output.flushed();
  assert.deepEqual(taken, ['a', 'b', 'c']);
});

queue('releases a block only when the stream has taken it, and writes nothing for no bytes', async () => {
  const {stream, waiting, next} = slow();
  const output = new OutputQueue(stream);
  const block = output.blocks.acquire(10);
  await output.write(lines('a', block));
  assert.notEqual(output.blocks.acquire(10).buffer, block.buffer);
  next();
  await settled();
  assert.equal(output.blocks.acquire(10).buffer, block.buffer);
  assert.equal(await output.write(lines('')), '');
  assert.equal(waiting.length, 0);
});

queue('is flushed when everything was taken, and at once if nothing waits', async () => {
  const {stream, taken, next} = slow();
  const output = new OutputQueue(stream);
  await output.flushed();
  await output.write(lines('a'));
  let isFlushed = false;
  const flushed = output.flushed().then(() => {
    isFlushed = true;
  });
  await settled();
  assert.equal(isFlushed, false);
  next();
  await settled();
  next();
  await flushed;
  assert.equal(taken.join(''), 'a', 'nothing is written to find that out');
});

queue('rejects writes after the stream failed, and pending waits', async () => {
  const {stream, next} = slow();
  const output = new OutputQueue(stream);
  await output.write(lines('a'));
  const waiting = output.write(lines('b'));
  const flushed = output.flushed();
  next(new Error('EPIPE'));
  await assert.rejects(waiting, /EPIPE/);
  await assert.rejects(flushed, /EPIPE/);
  await assert.rejects(output.write(lines('c')), /EPIPE/);
  await assert.rejects(output.flushed(), /EPIPE/);
});

queue('rejects a pending flush when the stream fails', async () => {
  const {stream, next} = slow();
  const output = new OutputQueue(stream);
  await output.write(lines('a'));
  const flushed = output.flushed();
  await settled();
  next(new Error('ENOSPC'));
  await assert.rejects(flushed, /ENOSPC/);
});

queue('continues after a block that could not be built', async () => {
  const {stream, taken, next} = slow();
  const output = new OutputQueue(stream);
  await assert.rejects(
    output.write(() => {
      throw new Error('cannot');
    }),
    /cannot/,
  );
  await output.write(lines('a'));
  next();
  await settled();
  assert.deepEqual(taken, ['a']);
});

queue('ends waits with the signal, and builds nothing more', async () => {
  const {stream} = slow();
  const abort = new AbortController();
  const output = new OutputQueue(stream, abort.signal);
  await output.write(lines('a'));
  const waiting = output.write(lines('b'));
  await settled();
  abort.abort(new Error('enough'));
  await assert.rejects(waiting, {name: 'AbortError'});
  await assert.rejects(output.write(lines('c')), /enough/);
});

queue.run();
