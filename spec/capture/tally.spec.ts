import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {tally} from '../../lib/capture/tally.ts';
import type {ZohoClient} from '../../lib/zoho/api.ts';
import {creditsOf} from '../../lib/zoho/usage.ts';

const credits = suite('credits of a backfill');

/** A client whose every call returns its own name and what it was given. */
const echo = new Proxy({} as ZohoClient, {
  get:
    (_, name) =>
    (...given: unknown[]) => [name, ...given],
});

credits('are those of its jobs, their checks and downloads, and of no other call', () => {
  const {signal} = new AbortController();
  const cost = tally(echo);
  const {client} = cost;
  assert.equal(cost.credits(), 0);
  assert.deepEqual(client.createJob({pageToken: 't'}, signal), ['createJob', {pageToken: 't'}, signal]);
  assert.equal(cost.credits(), creditsOf.create);
  assert.deepEqual(client.job('7', signal), ['job', '7', signal]);
  assert.equal(cost.credits(), creditsOf.create + creditsOf.job);
  assert.deepEqual(client.download('7', signal), ['download', '7', signal]);
  assert.equal(cost.credits(), creditsOf.create + creditsOf.job + creditsOf.download);
  assert.deepEqual(client.nowSeconds(signal), ['nowSeconds', signal]);
  assert.equal(cost.credits(), creditsOf.create + creditsOf.job + creditsOf.download);
});

credits('are counted for each backfill alone', () => {
  const {signal} = new AbortController();
  const [one, other] = [tally(echo), tally(echo)];
  for (let i = 0; i < 2; i++) void one.client.createJob({pageToken: 't'}, signal);
  assert.deepEqual([one.credits(), other.credits()], [2 * creditsOf.create, 0]);
});

credits.run();
