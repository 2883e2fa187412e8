import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {type ContentDigest, contentDigest, EmittedVersions} from '../../../lib/capture/seen/emitted-versions.ts';

const emittedVersions = suite('EmittedVersions');
const digest = (text: string): ContentDigest => contentDigest(Buffer.from(text));
const roomy = (): EmittedVersions => new EmittedVersions({ids: 1 << 12});

emittedVersions('admits the same version once', () => {
  const emitted = roomy();
  assert.equal(emitted.document(1n, 100, digest('a')), true);
  assert.equal(emitted.document(1n, 100, digest('a')), false);
});

emittedVersions('admits another content within the same second, and a change back to the first', () => {
  const emitted = roomy();
  assert.equal(emitted.document(1n, 100, digest('a')), true);
  assert.equal(emitted.document(1n, 100, digest('b')), true);
  assert.equal(emitted.document(1n, 100, digest('a')), true);
});

emittedVersions('takes two contents for equal only if every word of their digests is', () => {
  const digests: readonly ContentDigest[] = [
    [1, 2, 3],
    [9, 2, 3],
    [9, 8, 3],
    [9, 8, 7],
  ];
  const emitted = roomy();
  for (const digest of digests) assert.equal(emitted.document(1n, 100, digest), true, digest.join());
});

emittedVersions('admits a deletion once, an older one never, and the record again after it', () => {
  const emitted = roomy();
  emitted.document(1n, 100, digest('a'));
  assert.equal(emitted.deletion(1n, 110), true);
  assert.equal(emitted.deletion(1n, 110), false);
  assert.equal(emitted.deletion(1n, 105), false);
  assert.equal(emitted.holdsDeletion(1n, 110), true);
  assert.equal(emitted.document(1n, 100, digest('a')), true);
  assert.equal(emitted.holdsDeletion(1n, 110), false);
  assert.equal(emitted.deletion(1n, 110), true);
});

emittedVersions('forgets its older half when it is full, even when all share one second', () => {
  for (const second of [(i: number) => i, () => 7]) {
    const emitted = new EmittedVersions({ids: 128});
    for (let i = 1; i <= 1000; i++) assert.equal(emitted.document(BigInt(i), second(i), digest('x')), true);
    assert.ok(emitted.size <= 128 && emitted.size > 0, `keeps ${emitted.size}`);
    assert.equal(emitted.document(1000n, second(1000), digest('x')), false);
  }
});

emittedVersions('doubts a record modified no later than its deletion', () => {
  const emitted = roomy();
  emitted.deletion(1n, 110);
  emitted.recallDeletion(2n, 110);
  for (const id of [1n, 2n])
    assert.deepEqual(
      [109, 110, 111].map((seconds) => emitted.isDoubtful(id, seconds)),
      [true, true, false],
    );
  emitted.document(1n, 111, digest('a'));
  assert.equal(emitted.isDoubtful(1n, 109), false);
});

emittedVersions('takes no document for a deletion, whatever second it was modified in', () => {
  const versions = new EmittedVersions({ids: 1_000});
  versions.document(1n, 100, contentDigest(Buffer.from('a')));
  for (const second of [99, 100, 101]) assert.equal(versions.holdsDeletion(1n, second), false, String(second));
  assert.equal(versions.isDoubtful(1n, 100), false);
  assert.equal(versions.deletion(1n, 100), true, 'edited and deleted within one second');
  assert.deepEqual(
    [99, 100, 101].map((second) => versions.holdsDeletion(1n, second)),
    [true, true, false],
  );
  assert.equal(versions.deletion(1n, 100), false);
  assert.equal(versions.deletion(1n, 99), false);
  assert.equal(versions.deletion(1n, 101), true);
});

emittedVersions('knows a later version of the present, and takes neither a deletion nor the future for one', () => {
  const versions = new EmittedVersions({ids: 1_000});
  versions.document(1n, 100, contentDigest(Buffer.from('a')));
  assert.deepEqual(
    [99, 100, 101].map((second) => versions.isPassed(1n, second, 100)),
    [true, false, false],
  );
  assert.equal(versions.isPassed(1n, 99, 99), false, 'still to come');
  assert.equal(versions.isPassed(2n, 99, 100), false);
  versions.recallDeletion(1n, 100);
  assert.equal(versions.isPassed(1n, 99, 100), false);
  assert.equal(versions.holdsDeletion(1n, 100), true);
});

emittedVersions('holds a document by its time, until it is to be emitted anew', () => {
  const versions = new EmittedVersions({ids: 1_000});
  const digest = contentDigest(Buffer.from('a'));
  assert.equal(versions.holdsDocument(1n, 100), false);
  versions.document(1n, 100, digest);
  assert.deepEqual(
    [99, 100, 101].map((second) => versions.holdsDocument(1n, second)),
    [false, true, false],
  );
  versions.forgetDocument(1n, 99);
  assert.equal(versions.document(1n, 100, digest), false);
  versions.forgetDocument(1n, 100);
  assert.deepEqual(
    [98, 100].map((second) => versions.isPassed(1n, second, 120)),
    [true, false],
    'an older version stays one',
  );
  assert.deepEqual([versions.holdsDocument(1n, 100), versions.document(1n, 100, digest)], [false, true]);
  versions.deletion(1n, 100);
  assert.equal(versions.holdsDocument(1n, 100), false);
  versions.forgetDocument(1n, 100);
  assert.equal(versions.holdsDeletion(1n, 100), true, 'a deletion is not forgotten as a document');
});

emittedVersions('forgets what no sweep reads again, and the older half when there is no more room', () => {
  const versions = new EmittedVersions({ids: 64});
  const digest = contentDigest(Buffer.from('a'));
  for (let id = 1; id <= 44; id++) versions.document(BigInt(id), 100 + id, digest);
  assert.equal(versions.size, 44);
  versions.document(45n, 145, digest);
  assert.ok(versions.size >= 22 && versions.size <= 24, `${versions.size}`);
  for (const id of [23, 44, 45]) assert.equal(versions.holdsDocument(BigInt(id), 100 + id), true, String(id));
  assert.equal(versions.holdsDocument(22n, 122), false);
  versions.forget(144);
  assert.deepEqual([versions.size, versions.holdsDocument(44n, 144), versions.holdsDocument(43n, 143)], [2, true, false]);
});

emittedVersions('keeps no more than half when all share one second', () => {
  const versions = new EmittedVersions({ids: 64});
  const digest = contentDigest(Buffer.from('a'));
  for (let id = 1; id <= 45; id++) versions.document(BigInt(id), 100, digest);
  assert.equal(versions.size, 23);
  assert.equal(versions.holdsDocument(45n, 100), true);
});

emittedVersions.run();
