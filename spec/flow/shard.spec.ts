import assert from 'node:assert/strict';
import fc from 'fast-check';
import {suite} from 'uvu';
import {fnv1a32, fullRange, inRange} from '../../lib/flow/shard.ts';

const shard = suite('shard');

shard('hashes as FNV-1a does, with its published examples', () => {
  assert.equal(fnv1a32(''), 0x811c9dc5);
  assert.equal(fnv1a32('a'), 0xe40c292c);
  assert.equal(fnv1a32('foobar'), 0xbf9cf968);
});

shard('hashes UTF-8, in agreement with exact arithmetic', () => {
  fc.assert(
    fc.property(fc.string({unit: 'binary'}), (text) => {
      let exact = 0x811c9dc5n;
      for (const byte of new TextEncoder().encode(text)) exact = ((exact ^ BigInt(byte)) * 0x01000193n) & 0xffff_ffffn;
      assert.equal(fnv1a32(text), Number(exact));
    }),
  );
});

shard('loses and repeats no binding, however the range is split', () => {
  const cuts = fc.uniqueArray(fc.integer({min: 1, max: 0xffff_ffff}), {maxLength: 8});
  fc.assert(
    fc.property(cuts, fc.array(fc.string(), {maxLength: 20}), (at, stateKeys) => {
      const begins = [0, ...at.sort((a, b) => a - b)];
      const ranges = begins.map((keyBegin, i) => ({keyBegin, keyEnd: (begins[i + 1] ?? 0x1_0000_0000) - 1}));
      for (const stateKey of stateKeys) assert.equal(ranges.filter((range) => inRange(range, stateKey)).length, 1, stateKey);
    }),
  );
});

shard('includes both ends of a range', () => {
  const key = fnv1a32('Leads');
  assert.ok(inRange({keyBegin: key, keyEnd: key}, 'Leads'));
  assert.equal(inRange({keyBegin: key + 1, keyEnd: 0xffff_ffff}, 'Leads'), false);
  assert.equal(inRange({keyBegin: 0, keyEnd: key - 1}, 'Leads'), false);
  assert.ok(inRange(fullRange, 'Leads'));
});

shard.run();
