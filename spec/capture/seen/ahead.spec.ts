import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {Ahead} from '../../../lib/capture/seen/ahead.ts';
import {contentDigest} from '../../../lib/capture/seen/emitted-versions.ts';
import {aheadIdsMax, aheadLookMs} from '../../../lib/limits.ts';

const ahead = suite('Ahead');
const [a, b] = [contentDigest(Buffer.from('a')), contentDigest(Buffer.from('b'))];

ahead('returns each change once, in a form from which it can continue', () => {
  const records = new Ahead();
  records.note('7', 500, a);
  records.note('8', 600, b);
  assert.equal(records.hasPatch, true);
  const patch = records.takePatch()!;
  assert.deepEqual(Object.keys(patch), ['7', '8']);
  assert.equal(records.takePatch(), undefined);
  const saved = JSON.parse(JSON.stringify(patch));
  assert.deepEqual(
    [...new Ahead(saved).versions()],
    [
      {id: '7', seconds: 500, digest: a},
      {id: '8', seconds: 600, digest: b},
    ],
  );
});

ahead('forgets records older than the next window, and dropped ones', () => {
  const records = new Ahead({7: [500, 'AAAAAAAAAAAAAAAA'], 8: [600, 'AAAAAAAAAAAAAAAA'], 9: [600, 'AAAAAAAAAAAAAAAA']});
  records.forget(600);
  records.drop('9');
  records.drop('10');
  assert.deepEqual(records.takePatch(), {7: null, 9: null});
  assert.deepEqual(
    [...records.versions()].map(({id}) => id),
    ['8'],
  );
});

ahead('has limited room, and keeps its records up to date', () => {
  const records = new Ahead();
  for (let i = 1; i <= aheadIdsMax + 10; i++) records.note(String(i), 500, a);
  assert.equal(Object.keys(records.takePatch()!).length, aheadIdsMax);
  records.note('1', 501, b);
  records.note(String(aheadIdsMax + 1), 501, b);
  assert.deepEqual(Object.keys(records.takePatch()!), ['1']);
});

ahead('is read whole at first, then once in a while, and as soon as somebody wants it', () => {
  const records = new Ahead();
  assert.deepEqual([records.startLook(5), records.startLook(5)], [true, false]);
  assert.equal(records.startLook(5 + aheadLookMs - 1), false);
  assert.equal(records.startLook(5 + aheadLookMs), true);
  assert.equal(records.startLook(5 + aheadLookMs + 1), false, 'the time begins anew');
  records.lookSoon();
  assert.deepEqual([records.startLook(6 + aheadLookMs), records.startLook(6 + aheadLookMs)], [true, false]);
});

ahead('matches an unreadable digest with no document', () => {
  const [version] = new Ahead({7: [500, '?']}).versions();
  assert.deepEqual(version?.digest, [0, 0, 0]);
});

ahead.run();
