import assert from 'node:assert/strict';
import {Writable} from 'node:stream';
import {suite} from 'uvu';
import type {DocBlock} from '../../lib/records/batch.ts';
import {FlowSink} from '../../lib/sinks/flow.ts';
import type {Target} from '../../lib/sinks/sink.ts';
import {docsOf} from '../harness/blocks.ts';

const flow = suite('FlowSink');

const leads: Target = {index: 0, stateKey: 'Leads', collection: 'acme/Leads'};
const deals: Target = {index: 1, stateKey: 'Deals.v2', collection: 'acme/Deals'};

const docs = (...texts: string[]): DocBlock => docsOf(texts, 2);

/** An output that takes one block at a time, on request. */
function slowOutput(): {output: Writable; text(): string; takeOne(): void; waiting(): boolean} {
  const taken: Buffer[] = [];
  let go: (() => void) | undefined;
  const output = new Writable({
    highWaterMark: 1,
    write(chunk, _encoding, done) {
      go = () => {
        taken.push(Buffer.from(chunk));
        go = undefined;
        done();
      };
    },
  });
  return {output, text: () => Buffer.concat(taken).toString(), takeOne: () => go?.(), waiting: () => go !== undefined};
}

function allOutput(): {output: Writable; text(): string} {
  const taken: Buffer[] = [];
  return {
    output: new Writable({
      write(chunk, _encoding, done) {
        taken.push(Buffer.from(chunk));
        done();
      },
    }),
    text: () => Buffer.concat(taken).toString(),
  };
}

flow('reuses a block only after the stream has taken it', async () => {
  const {output, text, takeOne} = slowOutput();
  const sink = new FlowSink(output);
  const documents = Array.from({length: 30}, (_, i) => `{"id":${i}}`);
  const writes = documents.map((doc) => sink.write({target: leads, docs: docs(doc)}));
  let open = true;
  const closed = sink.close().then(() => {
    open = false;
  });
  for (let turn = 0; turn < 1_000 && open; turn++) {
    takeOne();
    await settled();
  }
  await Promise.all([...writes, closed]);
  assert.deepEqual(text().match(/\{"id":\d+\}/g), documents);
});

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

flow('writes documents and their checkpoint as one sequence', async () => {
  const {output, text} = allOutput();
  const sink = new FlowSink(output);
  const written = await sink.write({
    target: deals,
    docs: docs('{"id":5725767000000524157}', '{"id":2,"Name":"Zoë"}'),
    patch: {bindingStateV1: {'Deals.v2': {backfill: {rows: 2}}}},
  });
  assert.equal(written, 2);
  assert.equal(
    text(),
    '{"captured":{"binding":1,"doc":{"id":5725767000000524157}}}\n' +
      '{"captured":{"binding":1,"doc":{"id":2,"Name":"Zoë"}}}\n' +
      '{"checkpoint":{"state":{"updated":{"bindingStateV1":{"Deals.v2":{"backfill":{"rows":2}}}},"mergePatch":true}}}\n',
  );
});

flow('commits documents that move no cursor with an empty checkpoint', async () => {
  const {output, text} = allOutput();
  await new FlowSink(output).write({target: leads, docs: docs('{"id":1}')});
  assert.equal(text(), '{"captured":{"binding":0,"doc":{"id":1}}}\n{"checkpoint":{"state":{"updated":{},"mergePatch":true}}}\n');
});

flow('describes a binding in a sequence of its own', async () => {
  const {output, text} = allOutput();
  await new FlowSink(output).describe(leads, {type: 'object'});
  assert.equal(
    text(),
    '{"sourcedSchema":{"binding":0,"documentSchema":{"type":"object"}}}\n{"checkpoint":{"state":{"updated":{},"mergePatch":true}}}\n',
  );
});

flow('asks for admission only when the output has room, once per document, in order', async () => {
  const {output, takeOne, text} = slowOutput();
  const sink = new FlowSink(output);
  const asked: string[] = [];
  const admit = (name: string) => (_: DocBlock, i: number) => {
    asked.push(`${name}${i}`);
    return i === 0;
  };
  const first = sink.write({target: leads, docs: docs('{"id":1}', '{"id":2}'), admit: admit('a')});
  const second = sink.write({target: deals, docs: docs('{"id":3}', '{"id":4}'), admit: admit('b')});
  assert.equal(await first, 1);
  await settled();
  assert.deepEqual(asked, ['a0', 'a1']);
  takeOne();
  assert.equal(await second, 1);
  assert.deepEqual(asked, ['a0', 'a1', 'b0', 'b1']);
  takeOne();
  assert.equal(text().includes('"id":2'), false);
  assert.equal(text().includes('"id":3'), true);
});

flow('stops waiting for a slow reader on abort, and writes nothing more', async () => {
  const {output, takeOne, text} = slowOutput();
  const ended = new AbortController();
  const sink = new FlowSink(output, ended.signal);
  await sink.write({target: leads, docs: docs('{"id":1}')});
  const stuck = sink.write({target: leads, docs: docs('{"id":2}')});
  await settled();
  ended.abort(new Error('stop'));
  await assert.rejects(stuck);
  await assert.rejects(sink.write({target: leads, docs: docs('{"id":3}')}), /stop/);
  takeOne();
  await settled();
  assert.equal(text().match(/captured/g)?.length, 1);
});

flow('resolves close when everything has been delivered', async () => {
  const {output, takeOne, waiting, text} = slowOutput();
  const sink = new FlowSink(output);
  await sink.write({target: leads, docs: docs('{"id":1}')});
  let closed = false;
  const closing = sink.close().then(() => {
    closed = true;
  });
  await settled();
  assert.equal(closed, false);
  while (waiting()) {
    takeOne();
    await settled();
  }
  await closing;
  assert.ok(text().endsWith('\n'));
});

flow.run();
