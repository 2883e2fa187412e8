import assert from 'node:assert/strict';
import {suite} from 'uvu';
import * as v from 'valibot';
import {bulkJobOf} from '../../lib/zoho/bulk-job.ts';
import {jobReply} from '../../lib/zoho/schemas.ts';

const jobs = suite('bulk read jobs');

const jobStates: [string, object, object][] = [
  ['ADDED', {}, {state: 'pending'}],
  ['QUEUED', {result: {}}, {state: 'pending'}],
  ['IN PROGRESS', {result: null}, {state: 'pending'}],
  ['SOMETHING NEW', {}, {state: 'unknown', reason: 'SOMETHING NEW'}],
  [
    'COMPLETED',
    {result: {page: 1, count: 200_000, more_records: true, next_page_token: 'tok', download_url: '/crm/bulk/v8/read/7/result'}},
    {state: 'completed', count: 200_000, nextPageToken: 'tok', more: true},
  ],
  ['COMPLETED', {}, {state: 'completed', count: undefined, nextPageToken: undefined, more: undefined}],
  [
    'FAILURE',
    {result: {error_message: {status: 'error', code: 'INTERNAL_SERVER_ERROR', message: 'no luck', details: {}}}},
    {state: 'failed', reason: 'INTERNAL_SERVER_ERROR: no luck'},
  ],
  ['FAILED', {}, {state: 'failed', reason: undefined}],
  ['ERROR', {result: {error_message: 'no luck'}}, {state: 'failed', reason: 'no luck'}],
  ['CANCELLED', {result: {error_message: 7}}, {state: 'failed', reason: undefined}],
  [
    'COMPLETED',
    {result: {count: '12', more_records: false, error_message: ''}},
    {state: 'completed', count: 12, nextPageToken: undefined, more: false},
  ],
  [
    'completed',
    {result: {per_page: 200, next_page_token: ''}},
    {state: 'completed', count: undefined, nextPageToken: undefined, more: undefined, perPage: 200},
  ],
  ...['SCHEDULED', 'PENDING', 'STARTED', 'RUNNING', 'PROCESSING', 'INPROGRESS', 'IN_PROGRESS', 'In-Progress'].map(
    (state): [string, object, object] => [state, {}, {state: 'pending'}],
  ),
  ...['ABORTED', 'REJECTED', 'EXPIRED', 'TERMINATED'].map((state): [string, object, object] => [
    state,
    {},
    {state: 'failed', reason: undefined},
  ]),
  ...['NOT QUEUED', 'QUEUED TWICE', 'NO FAILURE', 'NOT COMPLETED'].map((state): [string, object, object] => [
    state,
    {},
    {state: 'unknown', reason: state},
  ]),
  [
    'COMPLETED',
    {result: {count: 'many', more_records: false}},
    {state: 'completed', count: undefined, nextPageToken: undefined, more: false},
  ],
];

for (const [state, more, expected] of jobStates) {
  jobs(`are read when ${state} with ${JSON.stringify(more)}`, () => {
    assert.deepEqual(bulkJobOf(v.parse(jobReply, {data: [{id: '7', state, ...more}]}).data[0]!), expected);
  });
}

jobs.run();
