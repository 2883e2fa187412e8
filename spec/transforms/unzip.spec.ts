import assert from 'node:assert/strict';
import {randomFillSync} from 'node:crypto';
import {zipSync} from 'fflate';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {type UnzipOptions, unzip} from '../../lib/transforms/unzip.ts';
import {stageLaws} from '../harness/laws.ts';
import {type ArchiveOptions, archive, inPieces} from './archive.ts';

const test = suite('unzip');

async function contentOf(bytes: Uint8Array, pieceLength?: number, options?: UnzipOptions): Promise<Buffer> {
  const blocks: Uint8Array[] = [];
  for await (const block of unzip(inPieces(bytes, pieceLength), options)) blocks.push(block);
  return Buffer.concat(blocks);
}

/** What becomes of an archive: its content, or the kind of error. */
async function outcome(bytes: Uint8Array, pieceLength?: number): Promise<string | Buffer> {
  try {
    return await contentOf(bytes, pieceLength);
  } catch (error) {
    assert.ok(error instanceof ZohoError, String(error));
    return error.kind;
  }
}

const refused = (bytes: Uint8Array, message: RegExp, options?: UnzipOptions, kind = 'damaged') =>
  assert.rejects(contentOf(bytes, undefined, options), (error) => {
    assert.ok(error instanceof ZohoError, String(error));
    assert.match(error.message, message);
    assert.equal(error.kind, kind);
    return true;
  });

const csv = Buffer.from('Id,Name,Modified_Time\r\n5725767000000524157,Zoë,2026-10-01T10:00:00+05:30\r\n');
const large = Buffer.from('5725767000000524157,"Zoë, ""Ltd"""\r\n'.repeat(100_000));

/** Longer than any record. */
const long = randomContent(300 << 10);

const kinds: [string, ArchiveOptions][] = [
  ['sizes in its local record', {}],
  ['a signed descriptor', {descriptor: 'signed'}],
  ['a bare descriptor', {descriptor: 'bare'}],
  ['ZIP64 sizes', {zip64: true}],
  ['a ZIP64 descriptor', {zip64: true, descriptor: 'signed'}],
  ['a bare ZIP64 descriptor', {zip64: true, descriptor: 'bare'}],
  ['stored data', {stored: true}],
  ['stored data and ZIP64 sizes', {stored: true, zip64: true}],
  ['stored data and a signed descriptor', {stored: true, descriptor: 'signed'}],
  ['stored data and a bare descriptor', {stored: true, descriptor: 'bare'}],
  ['stored data and a ZIP64 descriptor', {stored: true, zip64: true, descriptor: 'signed'}],
  ['stored data and a bare ZIP64 descriptor', {stored: true, zip64: true, descriptor: 'bare'}],
  ['a comment', {comment: 'made for a test'}],
];

for (const [what, options] of kinds) {
  test(`reads an archive with ${what}, cut anywhere, also one of an empty file`, async () => {
    for (const content of [csv, Buffer.alloc(0)]) {
      const small = archive(content, options);
      for (const length of [1, 2, 3, 7, 29, 30, 31, small.length]) assert.deepEqual(await contentOf(small, length), content);
    }
  });

  test(`takes an archive with ${what} that ends anywhere before its end for short`, async () => {
    const whole = archive(csv, options);
    for (let length = 0; length < whole.length; length++) {
      assert.equal(await outcome(whole.subarray(0, length)), 'short', `after ${length} of ${whole.length} bytes`);
    }
  });

  test(`gives the right content or an error when a bit of an archive with ${what} is flipped`, async () => {
    const whole = archive(csv, options);
    let errors = 0;
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << (at % 8);
      const found = await outcome(flipped);
      if (typeof found === 'string') errors++;
      else assert.ok(found.equals(csv), `byte ${at}`);
    }
    assert.ok(errors > csv.length / 2);
  });
}

test('reads large archives of every kind', async () => {
  for (const [, options] of kinds) assert.ok((await contentOf(archive(large, options))).equals(large));
});

test('reads an entry without any compressed data', async () => {
  for (const method of [0, 8]) assert.equal((await contentOf(archive(Buffer.alloc(0), {stored: true, method}))).length, 0);
});

test('reads stored data to their descriptor, though their size is stated before, whatever they look like', async () => {
  const inner = archive(csv, {stored: true, descriptor: 'signed'});
  const local = archive(inner, {stored: true, flags: 8});
  const described = archive(inner, {stored: true, descriptor: 'signed'});
  const data = local.indexOf(inner) + inner.length;
  const tail = described.subarray(described.indexOf(inner) + inner.length);
  assert.deepEqual(await contentOf(Buffer.concat([local.subarray(0, data), tail])), inner);
});

test('reads what fflate writes', async () => {
  assert.ok((await contentOf(zipSync({'7.csv': large}))).equals(large));
  assert.ok((await contentOf(zipSync({'7.csv': large}, {level: 0}))).equals(large));
});

test('is not misled by data that looks like records of an archive', async () => {
  const traps = ['PK\x03\x04', 'PK\x07\x08', 'PK\x01\x02', 'PK\x05\x06'].join('...').repeat(50);
  const content = Buffer.from(`Id,Name\r\n1,${traps}\r\n`, 'latin1');
  for (const descriptor of [undefined, 'signed', 'bare'] as const) {
    for (const zip64 of [false, true]) {
      const whole = archive(content, {descriptor, zip64, level: 0});
      assert.ok(whole.includes(traps), 'the data stands in the archive as it is');
      for (const length of [1, 5, 1 << 16]) assert.ok((await contentOf(whole, length)).equals(content));
    }
  }
});

test('finds the end of stored data by checksum and size alone, whatever the data look like', async () => {
  const inner = archive(csv, {stored: true, descriptor: 'signed'});
  const traps = ['PK\x03\x04', 'PK\x07\x08', 'PK\x01\x02', 'PK\x05\x06', 'PKPK\x01\x02'].join('...').repeat(50);
  for (const content of [
    inner,
    Buffer.concat([inner, csv, inner]),
    Buffer.from(traps, 'latin1'),
    Buffer.from('PK'),
    randomContent(1 << 20),
  ]) {
    for (const descriptor of ['signed', 'bare'] as const) {
      for (const zip64 of [false, true]) {
        const whole = archive(content, {stored: true, descriptor, zip64});
        for (const length of content.length > 1 << 16 ? [1 << 14] : [1, 3, 28, 1 << 16])
          assert.ok((await contentOf(whole, length)).equals(content));
      }
    }
  }
});

test('gives everything that arrived before a failure of the source, and then that failure', async () => {
  for (const descriptor of [undefined, 'signed'] as const) {
    const whole = archive(randomContent(3 << 20), {descriptor, level: 1});
    const failure = new Error('The connection was reset');
    async function* source() {
      yield* inPieces(whole.subarray(0, whole.length >> 1), 10_000);
      throw failure;
    }
    let bytes = 0;
    const read = async () => {
      for await (const block of unzip(source())) bytes += block.length;
    };
    await assert.rejects(read, failure);
    assert.ok(bytes > (3 << 20) * 0.49 && bytes < (3 << 20) * 0.51, `${bytes} bytes`);
  }
});

test('refuses a checksum or a size that is not true, wherever it stands', async () => {
  for (const [, options] of kinds) {
    await refused(archive(csv, {...options, crc: 1}), /checksum or size/);
    await refused(archive(csv, {...options, size: csv.length + 1}), /checksum or size/);
  }
});

test('refuses more than one entry, and none', async () => {
  for (const descriptor of [undefined, 'signed', 'bare'] as const) {
    await refused(archive(csv, {entries: 2, descriptor}), /more than one entry/);
  }
  await refused(archive(csv, {entries: 0}), /no entry/);
  const two = archive(csv, {entries: 2});
  const localBytes = archive(csv, {entries: 2}).indexOf('PK\x01\x02') / 2;
  await refused(Buffer.concat([two.subarray(0, localBytes), two.subarray(2 * localBytes)]), /more than one entry/);
});

/** An archive with one of its bytes changed, `at` bytes after the last occurrence of a signature. */
function altered(whole: Buffer, signature: string, at: number, value: number): Buffer {
  const changed = Buffer.from(whole);
  changed[whole.lastIndexOf(Buffer.from(signature, 'latin1')) + at] = value;
  return changed;
}

const [plain, wide] = [archive(csv), archive(csv, {zip64: true})];

test('refuses an archive without a directory', async () => {
  for (const whole of [plain, wide]) await refused(altered(whole, 'PK\x01\x02', 3, 9), /file: its directory is missing$/);
});

test('refuses a directory that states another checksum or size', async () => {
  for (const [at, value] of [
    [16, 9],
    [20, 1],
    [24, 1],
  ] as const)
    await refused(altered(plain, 'PK\x01\x02', at, value), /file: the checksum or size of its data does not match$/);
});

test('refuses an archive whose end is no end', async () => {
  for (const [whole, signature] of [
    [plain, 'PK\x05\x06'],
    [wide, 'PK\x05\x06'],
    [wide, 'PK\x06\x06'],
    [wide, 'PK\x06\x07'],
  ] as const)
    await refused(altered(whole, signature, 3, 9), /file: its end is damaged$/);
});

test('refuses an end that counts other than one entry, or none at all', async () => {
  for (const whole of [
    altered(plain, 'PK\x05\x06', 10, 2),
    altered(plain, 'PK\x05\x06', 11, 1),
    altered(altered(plain, 'PK\x05\x06', 10, 0xff), 'PK\x05\x06', 11, 0xff),
    altered(wide, 'PK\x06\x06', 32, 2),
  ])
    await refused(whole, /file: it does not have exactly one entry$/);
});

test('refuses a record that is shorter than its fixed part, or longer than three texts', async () => {
  const impossible = /file: one of its records has an impossible length$/;
  await refused(altered(wide, 'PK\x06\x06', 4, 43), impossible);
  const lengthBytes = (bytes: number) => {
    const at = wide.indexOf('PK\x06\x06');
    const longer = Buffer.concat([wide.subarray(0, at + 56), Buffer.alloc(bytes - 56), wide.subarray(at + 56)]);
    longer.writeBigUInt64LE(BigInt(bytes - 12), at + 4);
    return longer;
  };
  assert.deepEqual(await contentOf(lengthBytes(1 << 18)), csv);
  await refused(lengthBytes((1 << 18) + 1), impossible);
});

test('refuses what it cannot read, and says why', async () => {
  for (const text of ['<html>Bad gateway</html>', '<', 'PK\x05', 'PK\x01\x02'])
    await refused(Buffer.from(text, 'latin1'), /file: it is not a ZIP archive$/);
  await refused(archive(csv, {name: '1.ics'}), /not a \.csv/);
  await refused(Buffer.concat([archive(csv), Buffer.from('more')]), /follows its end/);
  await refused(Buffer.concat([archive(csv), archive(csv)]), /follows its end/);
});

for (const [what, options, message] of [
  ['an encrypted entry', {flags: 1}, /its entry is encrypted; this connector does not read such files$/],
  ['another compression', {method: 9}, /compressed by method 9, which is not Deflate; this connector/],
  ['another compression and ZIP64 sizes', {method: 93, stored: true, zip64: true}, /compressed by method 93/],
] as const)
  test(`takes ${what} for another kind of archive, unless the directory does not confirm it`, async () => {
    for (const content of [csv, long]) {
      const whole = archive(content, {level: 0, ...options});
      await refused(whole, message, {}, 'module');
      await refused(whole.subarray(0, whole.lastIndexOf('PK\x01\x02') + 9), /./, {}, 'damaged');
      const repaired = archive(content, {level: 0});
      whole.copy(repaired, 6, 6, 10);
      await refused(repaired, /its entry is/, {}, 'damaged');
    }
  });

test('stops a bomb long before it is inflated', async () => {
  const zeros = Buffer.alloc(200 << 20);
  for (const descriptor of [undefined, 'signed'] as const) {
    let bytes = 0;
    const read = async () => {
      for await (const block of unzip(inPieces(archive(zeros, {descriptor, level: 9})))) bytes += block.length;
    };
    await assert.rejects(read, /more than 250 times/);
    assert.ok(bytes <= 64 << 20, `${bytes} bytes`);
  }
});

test('stops at the bound for its content', async () => {
  await refused(archive(csv), /more than 10 bytes/, {bytesMax: 10});
  assert.deepEqual(await contentOf(archive(csv), undefined, {bytesMax: csv.length}), csv);
});

test('closes its source in any case, if it can be closed', async () => {
  const whole = archive(csv);
  let closed = 0;
  const sourceOf = (bytes: Uint8Array, close: object): AsyncIterable<Uint8Array> => {
    const pieces = inPieces(bytes, 20);
    return {[Symbol.asyncIterator]: () => ({next: () => pieces.next(), ...close})};
  };
  const close = {
    return: async () => {
      closed++;
      return {done: true as const, value: undefined};
    },
  };
  const drain = async (source: AsyncIterable<Uint8Array>) => Array.fromAsync(unzip(source));
  assert.deepEqual(Buffer.concat(await drain(sourceOf(whole, {}))), csv);
  await drain(sourceOf(whole, close));
  await assert.rejects(drain(sourceOf(whole.subarray(0, 60), close)));
  for await (const _ of unzip(sourceOf(whole, close))) break;
  assert.equal(closed, 3);
});

function randomContent(length: number): Buffer {
  return randomFillSync(Buffer.alloc(length));
}

const piece = 16 << 10;
const incompressible = archive(randomContent(8 << 20), {level: 0});
stageLaws(test, 'unzip', unzip, {
  chunks: Array.from({length: Math.ceil(incompressible.length / piece)}, (_, i) =>
    incompressible.subarray(i * piece, (i + 1) * piece),
  ),
  // What zlib has been given, what waits for it, and what it makes of it.
  readAheadMax: (4 << 20) / piece,
});

test.run();
