import assert from 'node:assert/strict';
import {crc32} from 'node:zlib';
import fc from 'fast-check';
import {suite} from 'uvu';
import {untilDescriptor} from '../../../lib/transforms/zip/stored.ts';

const stored = suite('untilDescriptor');

const directory = 'PK\x01\x02';

/** What describes stored data, and the record after it. */
function descriptor(data: Uint8Array, {isSigned = true, width = 4, crc = crc32(data), next = directory} = {}): Buffer {
  const bytes = Buffer.alloc(4 + 2 * width);
  bytes.writeUInt32LE(crc, 0);
  for (const at of [4, 4 + width]) bytes.writeUInt32LE(data.length, at);
  return Buffer.concat([Buffer.from(isSigned ? 'PK\x07\x08' : ''), bytes, Buffer.from(next)]);
}

const forms = [4, 8].flatMap((width) => [true, false].map((isSigned) => ({width, isSigned})));

/** What comes out of bytes that arrive in pieces of some length: the data, how much was used after each block, and the rest. */
async function read(bytes: Uint8Array, pieceLength = bytes.length) {
  let at = 0;
  let used = 0;
  const blocks: Uint8Array[] = [];
  const pull = async (bytesMax: number) => {
    const piece = bytes.subarray(at, at + Math.min(bytesMax, pieceLength));
    at += piece.length;
    return piece;
  };
  const data = untilDescriptor(pull, (count) => {
    used = count;
  });
  let next = await data.next();
  for (; !next.done; next = await data.next()) {
    blocks.push(next.value);
    assert.ok(next.value.length > 0);
    assert.equal(used, Buffer.concat(blocks).length);
  }
  return {data: Buffer.concat(blocks), rest: Buffer.concat([next.value, bytes.subarray(at)])};
}

stored('ends where a descriptor of the data stands before another record, however it is written and arrives', async () => {
  for (const form of forms) {
    for (const text of ['', 'x', 'Id,Name\r\n1,Zoë\r\n', 'x'.repeat(100), 'PKPK', `${directory}${directory}`]) {
      const data = Buffer.from(text);
      for (const next of [directory, 'PK\x03\x04', `${directory} and more`]) {
        const tail = descriptor(data, {...form, next});
        for (const pieceLength of [1, 2, 3, 4, 5, 27, 28, 1_000]) {
          const found = await read(Buffer.concat([data, tail]), pieceLength);
          assert.deepEqual([found.data, found.rest], [data, tail]);
        }
      }
    }
  }
});

stored('passes whatever looks like a descriptor, but describes other data', async () => {
  const before = Buffer.from('Id,Name\r\n');
  for (const form of forms) {
    const lures = [
      descriptor(before, {...form, crc: 1}),
      descriptor(before, {...form, next: 'PK\x05\x06'}),
      descriptor(Buffer.from('x'), form),
      descriptor(Buffer.concat([before, before]), form),
    ];
    for (const lure of [...lures, Buffer.concat(lures)]) {
      const data = Buffer.concat([before, lure]);
      const tail = descriptor(data, form);
      for (const pieceLength of [1, 30, 1_000]) {
        const found = await read(Buffer.concat([data, tail]), pieceLength);
        assert.deepEqual([found.data, found.rest], [data, tail]);
      }
    }
  }
});

stored('finds the end of any data, cut anywhere', async () => {
  const part = fc.constantFrom('PK', 'PK\x07\x08', directory, 'PK\x05\x06', '\0\0\0\0', 'P', 'x');
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, {maxLength: 12}),
      fc.constantFrom(...forms),
      fc.integer({min: 1, max: 40}),
      async (parts, form, cut) => {
        const data = Buffer.from(parts.join(''), 'latin1');
        const found = await read(Buffer.concat([data, descriptor(data, form)]), cut);
        assert.ok(found.data.equals(data));
      },
    ),
  );
});

stored('gives what there is of an archive that is cut, and holds back no more than may describe it', async () => {
  const data = Buffer.alloc(100, 'Id,Name\r\n');
  const {data: found, rest} = await read(data, 10);
  assert.deepEqual(Buffer.concat([found, rest]), data);
  assert.equal(rest.length, 24 + 3);
  const short = await read(Buffer.from('abc'));
  assert.deepEqual([short.data.length, short.rest.toString()], [0, 'abc']);
});

stored('is damaged where an archive ends without a descriptor of the data', async () => {
  const data = Buffer.from('Id,Name\r\n');
  const end = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);
  for (const tail of [descriptor(data, {crc: 1}), descriptor(Buffer.from('x')), Buffer.alloc(0)])
    await assert.rejects(read(Buffer.concat([data, tail, end]), 7), {
      kind: 'damaged',
      message: 'Cannot unzip the file: the checksum or size of its data does not match',
    });
});

stored('is damaged, too, where nothing was stored and nothing follows but the end', async () => {
  for (const form of forms) {
    const bytes = Buffer.concat([descriptor(Buffer.alloc(0), {...form, next: 'PK\x05\x06'}), Buffer.alloc(18)]);
    for (const pieceLength of [1, 1_000]) await assert.rejects(read(bytes, pieceLength), {kind: 'damaged'});
  }
});

stored.run();
