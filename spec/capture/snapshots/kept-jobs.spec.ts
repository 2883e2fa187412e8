import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {keptJobs} from '../../../lib/capture/snapshots/kept-jobs.ts';
import type {ZohoClient} from '../../../lib/zoho/api.ts';

const kept = suite('kept jobs');
const {signal} = new AbortController();
const query = {module: 'Leads', fields: ['id'], fromS: 0, toS: 1};

/** Jobs are numbered in the order of their submission. */
function jobs() {
  const asked: unknown[] = [];
  const client = {
    async createJob(...given: unknown[]) {
      return `j${asked.push(given)}`;
    },
    nowSeconds: async () => 7,
  };
  return {asked, ...keptJobs(client as unknown as ZohoClient)};
}

kept('are given to the first who asks the same again', async () => {
  const {noting, reusing, asked} = jobs();
  assert.equal(await noting.createJob(query, signal), 'j1');
  assert.equal(await reusing.createJob({...query}, signal), 'j1');
  assert.equal(await reusing.createJob(query, signal), 'j2', 'the first one was lost, or its file was damaged');
  assert.deepEqual(asked, [
    [query, signal],
    [query, signal],
  ]);
});

kept('are not given to whoever asks for something else', async () => {
  const {noting, reusing} = jobs();
  await noting.createJob(query, signal);
  assert.equal(await reusing.createJob({pageToken: 't'}, signal), 'j2');
  assert.equal(await reusing.createJob({...query, fields: ['id', 'A']}, signal), 'j3');
  assert.equal(await reusing.createJob(query, signal), 'j1', 'and wait for whoever asks the same');
});

kept('are the last ones where a query was repeated', async () => {
  const {noting, reusing} = jobs();
  for (const job of ['j1', 'j2']) assert.equal(await noting.createJob(query, signal), job);
  assert.equal(await reusing.createJob(query, signal), 'j2');
});

kept('change no other call', async () => {
  const {noting, reusing} = jobs();
  assert.deepEqual([await noting.nowSeconds(signal), await reusing.nowSeconds(signal)], [7, 7]);
});

kept.run();
