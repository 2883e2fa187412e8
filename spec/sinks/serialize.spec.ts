import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {BufferPool} from '../../lib/platform/buffer-pool.ts';
import type {DocBlock} from '../../lib/records/batch.ts';
import {serialize} from '../../lib/sinks/serialize.ts';
import {docsOf} from '../harness/blocks.ts';

const test = suite('serialize');

const target = {index: 0, stateKey: 'Leads', collection: 'acme/Leads'};
const before = Buffer.from('<');
const after = Buffer.from('>\n');

const textOf = ({bytes}: {bytes: Uint8Array}): string => Buffer.from(bytes).toString();

test('wraps the admitted documents in the envelope, and asks once for each, in order', () => {
  const texts = fc.array(fc.string({unit: 'grapheme', minLength: 1, maxLength: 6}), {minLength: 1, maxLength: 8});
  const last = fc.constantFrom('', 'checkpoint\n');
  fc.assert(
    fc.property(texts, fc.nat({max: 5}), last, fc.nat(), (documents, room, end, mask) => {
      const asked: number[] = [];
      const admitted = (i: number) => (mask & (1 << i)) === 0;
      const admit = (_: DocBlock, i: number) => {
        asked.push(i);
        return admitted(i);
      };
      const docs = docsOf(documents, room);
      const framed = serialize(new BufferPool(), {target, docs, admit}, before, after, () => Buffer.from(end));
      const wanted = documents.filter((_, i) => admitted(i));
      assert.equal(textOf(framed), wanted.map((text) => `<${text}>\n`).join('') + end);
      assert.equal(framed.count, wanted.length);
      assert.deepEqual(asked, [...documents.keys()]);
    }),
    {numRuns: 200},
  );
});

test('takes no block for a transaction without documents', () => {
  for (const docs of [undefined, docsOf([])]) {
    const transaction = {target, ...(docs && {docs})};
    const end = Buffer.from('end');
    assert.deepEqual(
      serialize(new BufferPool(), transaction, before, after, () => end),
      {bytes: end, count: 0},
    );
    assert.equal(serialize(new BufferPool(), transaction, before, after).bytes.length, 0);
  }
});

test('has room for long envelopes as well as for long documents, and little more', () => {
  const [long, short] = ['x'.repeat(300), 'y'];
  for (const [envelope, document] of [
    [long, short],
    [short, long],
  ] as const) {
    const [begin, end] = [Buffer.from(`<${envelope}`), Buffer.from(`${envelope}>`)];
    const documents = Array.from({length: 500}, (_, i) => document + i);
    const framed = serialize(new BufferPool(), {target, docs: docsOf(documents)}, begin, end);
    const wanted = documents.map((text) => `<${envelope}${text}${envelope}>`).join('');
    assert.equal(textOf(framed), wanted);
    assert.ok(framed.block !== undefined && framed.block.length < wanted.length + (128 << 10));
  }
});

test('keeps to its block while the closing bytes fit, and copies into another when they do not', () => {
  const blockBytes = 64 << 10;
  const free = blockBytes - '<a>\n'.length;
  for (const [bytes, isKept] of [
    [free, true],
    [free + 1, false],
  ] as const) {
    const last = 'x'.repeat(bytes);
    const framed = serialize(new BufferPool(), {target, docs: docsOf(['a'])}, before, after, () => Buffer.from(last));
    assert.equal(textOf(framed), `<a>\n${last}`);
    assert.deepEqual([framed.count, framed.block?.length], [1, isKept ? blockBytes : undefined]);
  }
});

test.run();
