/** What is said about the start of the captured records. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {reportStart, startReason} from '../../lib/capture/start.ts';
import {initialState} from '../../lib/flow/state.ts';
import {bench, lifeOf, nowS, savedOf, stateTime} from '../harness/binding-zoho.ts';

const reported = suite('the start of a binding');

const now = stateTime(nowS);
const monthAgo = stateTime(nowS - 30 * 86_400);
const other = '2020-01-01T00:00:00Z';
const byDefault = '30 days before the first start, because none is configured';
const kept = savedOf(initialState(monthAgo, now));

/** What a binding that starts 30 days ago reports, with this saved state and configured start. */
function told(saved: object, startDate: string | undefined) {
  const it = bench();
  reportStart(lifeOf(it, {saved, startDate}), initialState(monthAgo, now), it.shared.log);
  return {logged: it.logged, since: it.binding.progress.since};
}

for (const {when, saved, startDate, reason, more = []} of [
  {when: 'the default', saved: {}, startDate: undefined, reason: byDefault},
  {when: 'the configured one', saved: {}, startDate: monthAgo, reason: 'the configured start'},
  {when: 'that of the saved state', saved: kept, startDate: undefined, reason: 'unchanged since its first start'},
  {
    when: 'that of the saved state, which is also configured',
    saved: kept,
    startDate: monthAgo.replace('Z', '+00:00'),
    reason: 'unchanged since its first start',
  },
  {
    when: 'that of the saved state although another one is configured, which counts from the next backfill on',
    saved: kept,
    startDate: other,
    reason: 'unchanged since its first start',
    more: [`info The start of acme/Leads stays ${monthAgo}; its next backfill begins at ${other}`],
  },
  {
    when: 'the configured one with a requested backfill',
    saved: {...kept, backfillRequests: {Leads: true}},
    startDate: monthAgo,
    reason: 'the configured start',
  },
] as const)
  reported(`is reported as ${when}`, () => {
    assert.deepEqual(told(saved, startDate), {
      logged: [`info Module Leads: records modified since ${monthAgo} are captured (${reason})`, ...more],
      since: {start: monthAgo, reason},
    });
  });

reported('is explained before it is known', () => {
  assert.equal(startReason(undefined), byDefault);
  assert.equal(startReason(other), 'the configured start');
});

reported.run();
