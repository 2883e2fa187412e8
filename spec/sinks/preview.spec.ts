import assert from 'node:assert/strict';
import {Writable} from 'node:stream';
import {suite} from 'uvu';
import {PreviewSink} from '../../lib/sinks/preview.ts';
import type {Target} from '../../lib/sinks/sink.ts';
import {docsOf} from '../harness/blocks.ts';
import {settled} from '../harness/clocks.ts';

const preview = suite('PreviewSink');

const leads: Target = {index: 0, stateKey: 'Leads', collection: 'acme/"Leads"'};
const deals: Target = {index: 1, stateKey: 'Deals', collection: 'acme/Deals'};

function output(): {stream: Writable; text(): string} {
  const taken: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      taken.push(Buffer.from(chunk));
      done();
    },
  });
  return {stream, text: () => Buffer.concat(taken).toString()};
}

preview('writes one line per document, with its collection', async () => {
  const {stream, text} = output();
  const sink = new PreviewSink(stream, {state: {}, showState: false});
  assert.equal(await sink.write({target: leads, docs: docsOf(['{"id":1}', '{"id":2}']), patch: {a: 1}}), 2);
  assert.equal(await sink.write({target: deals, docs: docsOf(['{"id":3}'])}), 1);
  assert.equal(await sink.write({target: leads, docs: docsOf(['{"id":4}'])}), 1);
  await sink.describe();
  await sink.close();
  assert.equal(
    text(),
    '["acme/\\"Leads\\"",{"id":1}]\n["acme/\\"Leads\\"",{"id":2}]\n["acme/Deals",{"id":3}]\n["acme/\\"Leads\\"",{"id":4}]\n',
  );
});

preview('keeps the state for the next run', async () => {
  const {stream} = output();
  const sink = new PreviewSink(stream, {state: {a: {b: 1, c: 2}}, showState: false});
  await sink.write({target: leads, patch: {a: {b: null}}});
  await sink.write({target: leads, patch: () => ({d: 3})});
  await sink.write({target: leads});
  assert.deepEqual(sink.state, {a: {c: 2}, d: 3});
});

preview('prints a checkpoint after its documents if requested, and no empty one', async () => {
  const {stream, text} = output();
  const sink = new PreviewSink(stream, {state: {}, showState: true});
  await sink.write({target: deals, docs: docsOf(['{"id":1}']), patch: {n: 1}});
  await sink.write({target: deals, docs: docsOf(['{"id":2}'])});
  await sink.write({target: deals, docs: docsOf(['{"id":3}']), patch: {}});
  await sink.write({target: deals, patch: {n: 2}});
  await sink.close();
  assert.equal(
    text(),
    [
      '["acme/Deals",{"id":1}]',
      '["connectorState",{"updated":{"n":1},"mergePatch":true}]',
      '["acme/Deals",{"id":2}]',
      '["acme/Deals",{"id":3}]',
      '["connectorState",{"updated":{"n":2},"mergePatch":true}]',
      '',
    ].join('\n'),
  );
});

preview('is closed when everything has been delivered', async () => {
  let deliver = (): void => {};
  const slow = new Writable({write: (_chunk, _encoding, done) => void (deliver = done)});
  const sink = new PreviewSink(slow, {state: {}, showState: false});
  await sink.write({target: deals, docs: docsOf(['{}'])});
  let isClosed = false;
  const closing = sink.close().then(() => {
    isClosed = true;
  });
  await settled();
  assert.equal(isClosed, false);
  deliver();
  await settled();
  deliver();
  await closing;
});

preview('ends its waits with the signal', async () => {
  const abort = new AbortController();
  const sink = new PreviewSink(output().stream, {state: {}, showState: false, signal: abort.signal});
  abort.abort(new Error('enough'));
  await assert.rejects(sink.write({target: deals, docs: docsOf(['{}'])}), /enough/);
});

preview.run();
