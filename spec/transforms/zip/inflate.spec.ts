import assert from 'node:assert/strict';
import {setImmediate as turn} from 'node:timers/promises';
import {constants, deflateRawSync} from 'node:zlib';
import {suite} from 'uvu';
import {deflatedPieceBytes, inflateBlockBytes} from '../../../lib/limits.ts';
import {inflate} from '../../../lib/transforms/zip/inflate.ts';

const test = suite('inflate');

/** Gives bytes in pieces of some length, and notes how many were asked for each time. */
function pullOf(bytes: Uint8Array, pieceLength = bytes.length) {
  const asked: number[] = [];
  let at = 0;
  const pull = async (bytesMax: number): Promise<Uint8Array> => {
    asked.push(bytesMax);
    const piece = bytes.subarray(at, at + Math.min(bytesMax, pieceLength));
    at += piece.length;
    return piece;
  };
  return {pull, asked, unread: () => bytes.subarray(at)};
}

/** What comes out: the blocks, the compressed bytes used by then, and what was pulled beyond the end. */
async function inflated(pull: (bytesMax: number) => Promise<Uint8Array>) {
  const blocks: Uint8Array[] = [];
  const used: number[] = [];
  let consumed = 0;
  const blocksOf = inflate(pull, (bytes) => {
    consumed = bytes;
  });
  let next = await blocksOf.next();
  for (; !next.done; next = await blocksOf.next()) {
    blocks.push(next.value);
    used.push(consumed);
  }
  return {blocks, used, consumed, rest: Buffer.from(next.value), content: Buffer.concat(blocks)};
}

/** Content that Deflate leaves as it is, and its stream: as many bytes go in as come out. */
const plain = (bytes: number) => Buffer.alloc(bytes, 'Id,Name\r\n1,Zoë\r\n');
const streamOf = (content: Uint8Array, level = 0) => deflateRawSync(content, {level});

test('gives the content, the compressed bytes it took, and what was pulled beyond them', async () => {
  const tail = Buffer.from('PK\x07\x08 and what follows');
  for (const content of [Buffer.alloc(0), Buffer.from('x'), plain(10_000)]) {
    for (const level of [0, 9]) {
      const stream = streamOf(content, level);
      for (const pieceLength of [1, 7, stream.length, 1 << 20]) {
        const {pull, unread} = pullOf(Buffer.concat([stream, tail]), pieceLength);
        const out = await inflated(pull);
        assert.ok(out.content.equals(content));
        assert.equal(out.consumed, stream.length);
        assert.ok(Buffer.concat([out.rest, unread()]).equals(tail));
        assert.ok(out.blocks.every(({length}) => length > 0));
      }
    }
  }
});

test('finds what follows a stream of many pieces, and leaves most of it where it is', async () => {
  const content = plain(5 * deflatedPieceBytes);
  const tail = Buffer.alloc(9 * deflatedPieceBytes, 'tail');
  const {pull, unread} = pullOf(Buffer.concat([streamOf(content), tail]));
  const {content: found, rest} = await inflated(pull);
  assert.ok(found.equals(content));
  assert.ok(Buffer.concat([rest, unread()]).equals(tail));
  assert.ok(unread().length > 2 * deflatedPieceBytes);
});

test('tells with each block how much was used for it', async () => {
  const {used, blocks} = await inflated(pullOf(streamOf(plain(3 * inflateBlockBytes))).pull);
  let length = 0;
  for (const [i, block] of blocks.entries()) {
    length += block.length;
    assert.ok(used[i]! >= length, `${used[i]} bytes for ${length}`);
  }
  assert.ok(used[0]! < length);
});

test('joins what zlib gives in parts to blocks, none of which is used again', async () => {
  const content = Buffer.concat([plain(inflateBlockBytes), Buffer.alloc(inflateBlockBytes, 'x'), plain(10)]);
  const {blocks} = await inflated(pullOf(streamOf(content)).pull);
  assert.deepEqual(
    blocks.map(({length}) => length),
    [inflateBlockBytes, inflateBlockBytes, 10],
  );
  assert.ok(Buffer.concat(blocks).equals(content));
});

test('joins small pieces before zlib gets them', async () => {
  const stream = streamOf(plain(100));
  const {pull, asked} = pullOf(stream, 50);
  await inflated(pull);
  assert.deepEqual(
    asked,
    [0, 50, 100, stream.length, 0].map((had) => deflatedPieceBytes - had),
  );
});

test('asks for no more than fits, and for nothing once it is full', async () => {
  const {pull, asked} = pullOf(streamOf(plain(deflatedPieceBytes + 100)), deflatedPieceBytes - 10);
  await inflated(pull);
  assert.deepEqual(asked.slice(0, 3), [deflatedPieceBytes, 10, deflatedPieceBytes]);
});

test('gives what can be had of a stream that is cut, without an error', async () => {
  const stream = streamOf(plain(1_000));
  for (const length of [0, 1, 5, 6, 500, stream.length - 1]) {
    const {content, rest, consumed} = await inflated(pullOf(stream.subarray(0, length)).pull);
    assert.ok(content.equals(plain(1_000).subarray(0, Math.max(0, length - 5))), `${length} bytes`);
    assert.deepEqual([rest.length, consumed], [0, length]);
  }
});

test('refuses what is no Deflate stream, in words that hold nothing of it', async () => {
  for (const bytes of [Buffer.from([0xff]), Buffer.concat([streamOf(plain(9)).subarray(0, 3), Buffer.from('secret')])])
    await assert.rejects(inflated(pullOf(bytes).pull), {
      name: 'ZohoError',
      kind: 'damaged',
      message: 'Cannot inflate the data: it is not a valid Deflate stream',
    });
});

test('gives everything that arrived before a failure of the source, then that failure, and asks no more', async () => {
  const stream = streamOf(plain(1_000));
  const failed = new Error('The connection was reset');
  for (const given of [0, 300]) {
    let asked = 0;
    const blocks: Uint8Array[] = [];
    const pull = async () => {
      if (asked++ === 0 && given > 0) return stream.subarray(0, given);
      throw failed;
    };
    const read = async () => {
      for await (const block of inflate(pull, () => {})) blocks.push(block);
    };
    const reading = read();
    await assert.rejects(reading, (error) => error === failed);
    assert.equal(Buffer.concat(blocks).length, Math.max(0, given - 5));
    assert.equal(asked, given > 0 ? 2 : 1);
  }
});

test('stops asking once its reader leaves, though zlib takes no more', async () => {
  // A megabyte of zeros in a thousand bytes: zlib makes more of the first piece than anybody reads.
  const flushed = deflateRawSync(Buffer.alloc(1 << 20), {finishFlush: constants.Z_FULL_FLUSH});
  const endless = Buffer.concat(Array(Math.ceil((16 * deflatedPieceBytes) / flushed.length)).fill(flushed));
  const {pull, asked} = pullOf(endless);
  for await (const block of inflate(pull, () => {})) {
    assert.equal(block.length, inflateBlockBytes);
    for (let i = 0; i < 5; i++) await turn();
    break;
  }
  const before = asked.length;
  assert.ok(before < 8, `${before} pieces`);
  for (let i = 0; i < 5; i++) await turn();
  assert.equal(asked.length, before);
});

test('waits for at most one more small piece once its reader has left', async () => {
  const stream = streamOf(plain(2 * inflateBlockBytes));
  const {pull} = pullOf(stream);
  let [given, hasLeft, after] = [0, false, 0];
  const dripping = async (bytesMax: number) => {
    await turn();
    if (hasLeft) after++;
    const piece = await pull(given < 1.5 * inflateBlockBytes ? bytesMax : 1);
    given += piece.length;
    return piece;
  };
  for await (const _ of inflate(dripping, () => {})) {
    hasLeft = true;
    break;
  }
  assert.ok(after <= 1, `${after} pieces`);
});

test.run();
