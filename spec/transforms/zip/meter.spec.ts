import assert from 'node:assert/strict';
import {crc32} from 'node:zlib';
import {suite} from 'uvu';
import {inflateRatioFromBytes, inflateRatioMax} from '../../../lib/limits.ts';
import {Meter, sizeFault} from '../../../lib/transforms/zip/meter.ts';

const meter = suite('Meter');

meter('measures all blocks together, and the compressed bytes that were used for them', () => {
  const of = new Meter(100);
  assert.deepEqual(of.measure, {crc: 0, compressed: 0, inflated: 0});
  of.consumed(3);
  of.add(Buffer.from('ab'));
  of.consumed(5);
  of.add(Buffer.from('c'));
  assert.deepEqual(of.measure, {crc: crc32('abc'), compressed: 5, inflated: 3});
});

meter('refuses the first block that makes an entry too large', () => {
  const of = new Meter(3);
  of.add(Buffer.from('ab'));
  of.add(Buffer.from('c'));
  assert.throws(() => of.add(Buffer.from('d')), {
    kind: 'damaged',
    message: 'Cannot unzip the file: its entry has more than 3 bytes',
  });
});

meter('finds a size at fault above its bound, or where a large entry came out of far too little', () => {
  const ratio = `its entry is more than ${inflateRatioMax} times as large as the archive`;
  const least = inflateRatioFromBytes;
  const most = Number.POSITIVE_INFINITY;
  for (const [inflated, compressed, bytesMax, fault] of [
    [10, 0, 10, undefined],
    [11, 0, 10, 'its entry has more than 10 bytes'],
    [least, 0, most, undefined],
    [least + 1, 0, most, ratio],
    [10 * inflateRatioMax * least, 10 * least, most, undefined],
    [10 * inflateRatioMax * least + 1, 10 * least, most, ratio],
  ] as const)
    assert.equal(sizeFault(inflated, compressed, bytesMax), fault, `${inflated} ${compressed}`);
});

meter.run();
