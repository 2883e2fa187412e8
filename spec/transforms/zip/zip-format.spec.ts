import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../../lib/errors/errors.ts';
import * as zip from '../../../lib/transforms/zip/zip-format.ts';

const format = suite('ZIP records');

/** Numbers and texts of given widths at given places, in a block that does not begin with them. */
function bytesOf(length: number, ...parts: readonly (readonly [at: number, width: number, value: number | string])[]): Buffer {
  const bytes = Buffer.alloc(length + 7, 0xee)
    .subarray(7)
    .fill(0);
  for (const [at, width, value] of parts) {
    if (typeof value === 'string') bytes.write(value, at, width, 'latin1');
    else if (width === 8) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUIntLE(value, at, width);
  }
  return bytes;
}

const in64 = 0xffff_ffff;

/** A ZIP64 field: the inflated size, then the compressed one, as far as they are given. */
const wide = (...sizes: number[]) =>
  bytesOf(4 + 8 * sizes.length, [0, 2, 1], [2, 2, 8 * sizes.length], ...sizes.map((size, i) => [4 + 8 * i, 8, size] as const));

function local({flags = 0, method = 8, crc = 7, compressed = 8, inflated = 9, name = '1.csv', extra = bytesOf(0)}): Buffer {
  const fixed = bytesOf(
    zip.entryBytes + name.length,
    [6, 2, flags],
    [8, 2, method],
    [14, 4, crc],
    [18, 4, compressed],
    [22, 4, inflated],
    [26, 2, name.length],
    [28, 2, extra.length],
    [zip.entryBytes, name.length, name],
  );
  return Buffer.concat([fixed, extra]);
}

function directory({crc = 7, compressed = 8, inflated = 9, extra = bytesOf(0), comment = bytesOf(0)}): Buffer {
  const name = '1.csv';
  const fixed = bytesOf(
    zip.directoryBytes + name.length,
    [16, 4, crc],
    [20, 4, compressed],
    [24, 4, inflated],
    [28, 2, name.length],
    [30, 2, extra.length],
    [32, 2, comment.length],
    [zip.directoryBytes, name.length, name],
  );
  return Buffer.concat([fixed, extra, comment]);
}

const isDamaged = (message: RegExp) => (error: unknown) =>
  error instanceof ZohoError && error.kind === 'damaged' && message.test(error.message);

format('have a fixed part that states their length', () => {
  assert.equal(zip.entryLength(bytesOf(30, [26, 2, 300], [28, 2, 5])), 335);
  assert.equal(zip.directoryLength(bytesOf(46, [28, 2, 300], [30, 2, 5], [32, 2, 700])), 1_051);
  assert.equal(zip.endLength(bytesOf(22, [20, 2, 300])), 322);
  assert.equal(zip.end64Length(bytesOf(56, [4, 8, 44])), 56);
  assert.equal(zip.end64Length(bytesOf(56, [4, 8, 3 * 2 ** 32 + 1])), 3 * 2 ** 32 + 13);
});

format('have a signature at their start', () => {
  for (const [text, signature] of [
    ['PK\x03\x04', zip.entrySignature],
    ['PK\x07\x08', zip.descriptorSignature],
    ['PK\x01\x02', zip.directorySignature],
    ['PK\x05\x06', zip.endSignature],
    ['PK\x06\x06', zip.end64Signature],
    ['PK\x06\x07', zip.locator64Signature],
  ] as const)
    assert.equal(zip.signatureOf(bytesOf(9, [0, 4, text])), signature);
});

format('are unsupported where an entry is encrypted, or neither stored nor deflated', () => {
  for (const flags of [0, 8, 0x800, 0xffbe]) assert.equal(zip.unsupported(local({flags})), undefined);
  for (const flags of [1, 0x40, 0x41, 0xffff]) assert.equal(zip.unsupported(local({flags})), 'its entry is encrypted');
  for (const method of [0, 8]) assert.equal(zip.unsupported(local({method})), undefined);
  for (const method of [1, 9, 93, 0x800])
    assert.equal(zip.unsupported(local({method})), `its entry is compressed by method ${method}, which is not Deflate`);
});

format('confirm an entry where the last directory record has the same flags and method', () => {
  const record = local({flags: 0x801, method: 9});
  const tail = (flags: number, method: number) => bytesOf(70, [20, 4, 'PK\x01\x02'], [28, 2, flags], [30, 2, method]);
  assert.equal(zip.confirms(tail(0x801, 9), record), true);
  for (const [flags, method] of [
    [0x800, 9],
    [1, 9],
    [0x801, 8],
    [0x801, 0x109],
  ] as const)
    assert.equal(zip.confirms(tail(flags, method), record), false);
  for (const at of [7, 28])
    assert.equal(zip.confirms(bytesOf(70, [at, 2, 0x801], [at + 2, 2, 9]), record), false, 'no directory');
  assert.equal(zip.confirms(Buffer.concat([tail(0, 8), tail(0x801, 9)]), record), true);
  assert.equal(zip.confirms(Buffer.concat([tail(0x801, 9), tail(0, 8)]), record), false);
  assert.equal(zip.confirms(tail(0x801, 9).subarray(20), record), true, 'at the very start');
});

format('describe an entry by its method, and where its checksum and sizes are', () => {
  const measure = {crc: 7, compressed: 8, inflated: 9};
  const none = {crc: 0, compressed: 0, inflated: 0};
  assert.deepEqual(zip.localEntry(local({})), {method: zip.deflated, described: false, measure});
  assert.deepEqual(zip.localEntry(local({method: 0})), {method: zip.stored, described: false, measure});
  assert.deepEqual(zip.localEntry(local({method: 0, flags: 0x808})), {method: zip.stored, described: true, measure: none});
  assert.deepEqual(zip.localEntry(local({flags: 8})), {method: zip.deflated, described: true, measure: none});
  assert.deepEqual(zip.localEntry(local({flags: 0xfff7})).described, false);
  assert.deepEqual(zip.localEntry(local({crc: in64})).measure, {...measure, crc: in64});
});

format('are of .csv files alone', () => {
  for (const name of ['1.csv', 'a/B.CSV', '.csv']) assert.ok(zip.localEntry(local({name})));
  for (const name of ['', 'csv', '1.csv.zip', '1.csv/', '1csv'])
    assert.throws(() => zip.localEntry(local({name})), isDamaged(/^Cannot unzip the file: its entry is not a \.csv file$/), name);
  const named = local({name: '1.ics', extra: Buffer.from('1.csv')});
  assert.throws(() => zip.localEntry(named), isDamaged(/not a \.csv/), 'what follows is not the name');
});

/** A field of another kind, which stands before the one with the sizes. */
const other = bytesOf(9, [0, 2, 0x5455], [2, 2, 5], [4, 5, '\x01\x00\x08\x00\x00']);
const huge = 5 * 2 ** 32 + 6;

format('state sizes of 64 bits in an extra field, the inflated one first', () => {
  for (const [compressed, inflated, extra, sizes] of [
    [in64, in64, wide(huge, 3), {compressed: 3, inflated: huge}],
    [in64, in64, wide(3, huge), {compressed: huge, inflated: 3}],
    [8, in64, wide(huge), {compressed: 8, inflated: huge}],
    [in64, 9, wide(huge), {compressed: huge, inflated: 9}],
    [8, in64, wide(huge, 3), {compressed: 8, inflated: huge}],
    [in64, in64, Buffer.concat([other, other, wide(huge, 3)]), {compressed: 3, inflated: huge}],
    [in64, in64, Buffer.concat([wide(huge, 3), other]), {compressed: 3, inflated: huge}],
    [8, 9, wide(huge, huge), {compressed: 8, inflated: 9}],
    [8, 9, bytesOf(0), {compressed: 8, inflated: 9}],
  ] as const) {
    const record = {compressed, inflated, extra};
    assert.deepEqual(zip.localEntry(local(record)).measure, {crc: 7, ...sizes});
    assert.deepEqual(zip.directoryMeasure(directory({...record, comment: wide(1, 1)})), {crc: 7, ...sizes});
  }
});

format('are damaged where an extra field does not have the sizes that it should', () => {
  for (const [compressed, inflated, extra] of [
    [in64, in64, bytesOf(0)],
    [in64, in64, bytesOf(3)],
    [in64, 9, other],
    [8, in64, wide()],
    [in64, in64, wide(huge)],
    [in64, 9, wide(huge).subarray(0, -1)],
    [in64, in64, wide(huge, 3).subarray(0, 4)],
    [in64, in64, Buffer.concat([wide(huge), wide(huge, 3)])],
  ] as const) {
    const record = {compressed, inflated, extra};
    const missing = isDamaged(/^Cannot unzip the file: its ZIP64 sizes are missing$/);
    assert.throws(() => zip.localEntry(local(record)), missing);
    assert.throws(() => zip.directoryMeasure(directory({...record, comment: wide(1, 1)})), missing);
  }
});

const measure = {crc: 0xdead_beef, compressed: 8, inflated: 9};

function descriptor(isSigned: boolean, width: 4 | 8, next: string, {crc, compressed, inflated} = measure): Buffer {
  const signed = isSigned ? 4 : 0;
  return bytesOf(
    signed + 4 + 2 * width + next.length,
    ...(isSigned ? [[0, 4, 'PK\x07\x08'] as const] : []),
    [signed, 4, crc],
    [signed + 4, width, compressed],
    [signed + 4 + width, width, inflated],
    [signed + 4 + 2 * width, next.length, next],
  );
}

const descriptors = [
  [false, 4, 12],
  [true, 4, 16],
  [false, 8, 20],
  [true, 8, 24],
] as const;

format('describe the data before them, with or without a signature, in sizes of either width', () => {
  assert.deepEqual(
    zip.descriptorLengths,
    descriptors.map(([, , length]) => length),
  );
  for (const [isSigned, width, length] of descriptors) {
    for (const next of ['PK\x01\x02', 'PK\x03\x04', 'PK\x01\x02 and more']) {
      assert.equal(zip.descriptorLength(descriptor(isSigned, width, next), measure), length);
      for (const different of [{crc: 1}, {compressed: 9}, {inflated: 8}])
        assert.equal(zip.descriptorLength(descriptor(isSigned, width, next), {...measure, ...different}), undefined);
    }
  }
});

format('describe data only where another record follows, whatever the data and the checksum look like', () => {
  for (const [isSigned, width, length] of descriptors) {
    for (const next of ['', 'PK', 'PK\x05\x06', 'PK\x07\x08', 'PK\x01\x03', 'QK\x01\x02'])
      assert.equal(zip.descriptorLength(descriptor(isSigned, width, next), measure), undefined, next);
    const nothing = {crc: 0, compressed: 0, inflated: 0};
    assert.equal(zip.descriptorLength(descriptor(isSigned, width, 'PK\x01\x02', nothing), nothing), length);
    assert.equal(zip.descriptorLength(descriptor(isSigned, width, 'PK\x05\x06', nothing), nothing), undefined);
  }
  for (const width of [4, 8] as const) {
    const misspelt = descriptor(true, width, 'PK\x01\x02').fill('Q', 0, 1);
    assert.equal(zip.descriptorLength(misspelt, measure), undefined);
  }
  const unlucky = {...measure, crc: zip.descriptorSignature};
  assert.equal(zip.descriptorLength(descriptor(false, 4, 'PK\x01\x02', unlucky), unlucky), 12, 'a checksum like a signature');
});

format('may describe stored data where both sizes are theirs', () => {
  for (const [isSigned, width] of descriptors) {
    const of = (compressed: number, inflated: number) =>
      zip.mayDescribe(descriptor(isSigned, width, '', {crc: 1, compressed, inflated}), 8);
    assert.deepEqual([of(8, 8), of(8, 9), of(9, 8)], [true, false, false]);
  }
  const large = {crc: 1, compressed: huge, inflated: huge};
  assert.equal(zip.mayDescribe(descriptor(true, 8, '', large), huge), true);
});

format('end an archive with a record of 22 bytes, which counts the entries', () => {
  const end = bytesOf(22, [0, 4, 'PK\x05\x06'], [8, 2, 4], [10, 2, 3]);
  assert.equal(zip.endsArchive(end), true);
  assert.equal(zip.endsArchive(Buffer.concat([Buffer.from('data'), end])), true);
  for (const bytes of [end.subarray(1), Buffer.concat([end, Buffer.from('x')]), bytesOf(22), bytesOf(3)])
    assert.equal(zip.endsArchive(bytes), false);
  assert.equal(zip.entriesCounted(end), 3);
  assert.equal(zip.entriesCounted(bytesOf(22, [10, 2, 0xffff])), undefined);
  assert.equal(zip.entriesCounted64(bytesOf(56, [24, 8, 4], [32, 8, huge])), huge);
});

format.run();
