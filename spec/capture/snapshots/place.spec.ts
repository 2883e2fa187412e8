import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {SnapshotPlace} from '../../../lib/capture/snapshots/place.ts';
import {RowDigest} from '../../../lib/records/row-digest.ts';

const places = suite('the place of a snapshot');

function digest(...rows: string[]): RowDigest {
  const sum = new RowDigest();
  for (const row of rows) sum.add(Buffer.from(row));
  return sum;
}
const [one, two, three] = [digest('a'), digest('a', 'b'), digest('a', 'b', 'c')];

places('is the beginning of all rows at first', () => {
  const place = new SnapshotPlace();
  assert.deepEqual(place.backfill, {cutoff: '1970-01-01T00:00:00Z'});
  assert.equal(place.digest.count, 0);
});

places('moves with the rows that were passed', () => {
  const place = new SnapshotPlace();
  place.pass({backfill: {job: 'j', rows: 1}}, one);
  assert.deepEqual([place.backfill.job, place.backfill.rows, place.digest], ['j', 1, one]);
  place.pass(() => ({backfill: {rows: 2}}), two);
  assert.deepEqual([place.backfill.job, place.backfill.rows, place.digest], ['j', 2, two]);
  place.pass(undefined, three);
  assert.equal(place.digest, three);
});

places('goes back to the beginning of its page where rows are read anew', () => {
  const place = new SnapshotPlace();
  place.pass({backfill: {job: 'j', rows: 1}}, one);
  place.recover({backfill: {rows: null}});
  assert.equal(place.digest.count, 0);
  place.pass({backfill: {next_page: 't', job: 'k', rows: null}}, two);
  place.pass({backfill: {rows: 1}}, three);
  place.recover({backfill: {rows: null}});
  assert.equal(place.digest, two);
  place.pass({backfill: {rows: 0}}, three);
  place.recover({});
  assert.equal(place.digest, two, 'no row of the page had been passed');
});

places('stays where rows that were passed are not read anew', () => {
  const place = new SnapshotPlace();
  place.pass({backfill: {job: 'j', rows: 1}}, one);
  place.recover({backfill: {job: 'k'}});
  assert.equal(place.digest, one);
});

places('goes back to the first row where the first page is read anew', () => {
  const place = new SnapshotPlace();
  place.pass({backfill: {next_page: 't', rows: null}}, two);
  place.pass({backfill: {rows: 1}}, three);
  place.recover({backfill: {next_page: null, rows: null}});
  assert.equal(place.digest.count, 0);
});

places.run();
