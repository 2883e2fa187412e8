import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {ZohoError} from '../../lib/errors/errors.ts';
import {
  type Call,
  ErrorReply,
  lostOrDamaged,
  outcomeOf,
  type Problem,
  Refused,
  retryAfterMs,
  triesMax,
} from '../../lib/zoho/attempt.ts';
import {ConnectionLost} from '../../lib/zoho/connection-lost.ts';
import type {Answer} from '../../lib/zoho/http.ts';
import {callTriesMax, createTriesMax, queryTimeoutsMax, retryAfterMaxMs} from '../../lib/zoho/limits.ts';

const attempt = suite('one attempt of a call');

const call: Call = {kind: 'fields', key: 'Leads', method: 'GET', path: '/', what: 'read the fields'};
const problem: Problem = {
  action: 'retry',
  error: new ZohoError('unavailable', 'no'),
  retryAfterMs: undefined,
  mayHaveArrived: true,
};

attempt('that lost its connection is made again, whoever wraps the loss', () => {
  const lost = new ConnectionLost('gone', true, {isTimeout: true});
  const wrapped = new ZohoError('unavailable', 'wrapped', {cause: lost});
  for (const error of [lost, wrapped]) {
    const found = lostOrDamaged(call, error);
    assert.equal(found?.action, 'retry');
    assert.equal(found?.error.kind, 'unavailable');
    assert.equal(found?.error.message, `Cannot read the fields: ${lost.message}`);
    assert.equal(found?.error.cause, lost);
    assert.deepEqual(
      [found?.mayHaveArrived, found?.isTimeout, found?.retryAfterMs],
      [lost.mayHaveArrived, lost.isTimeout, undefined],
    );
  }
});

attempt('that got a damaged answer is made again; no other failure is', () => {
  const damaged = new ZohoError('damaged', 'torn');
  assert.deepEqual(lostOrDamaged(call, damaged), {
    action: 'retry',
    error: damaged,
    retryAfterMs: undefined,
    mayHaveArrived: true,
  });
  for (const error of [
    new ZohoError('refused', 'no'),
    new ZohoError('unavailable', 'no', {cause: new Error('x')}),
    new Error('bug'),
    undefined,
  ])
    assert.equal(lostOrDamaged(call, error), undefined);
});

attempt('may be repeated a number of times that depends on what it might have done', () => {
  assert.equal(triesMax(call, problem), callTriesMax);
  assert.equal(triesMax({...call, kind: 'create'}, problem), createTriesMax);
  assert.equal(triesMax({...call, kind: 'create'}, {...problem, mayHaveArrived: false}), callTriesMax);
  assert.equal(triesMax({...call, kind: 'coql'}, {...problem, isTimeout: true}), queryTimeoutsMax);
  assert.equal(triesMax({...call, kind: 'coql'}, problem), callTriesMax);
  assert.equal(triesMax(call, {...problem, isTimeout: true}), callTriesMax);
});

attempt('tells the pace how Zoho is doing', () => {
  assert.deepEqual(
    (['wait', 'retry', 'refresh', 'fail'] as const).map((action) => outcomeOf(action as never)),
    ['throttled', 'struggling', 'neither', 'good'],
  );
});

attempt("waits as long as Retry-After says, in seconds or until a date by Zoho's own clock", () => {
  const after = (headers: Record<string, string>, nowMs = Date.UTC(2026, 0, 1)) =>
    retryAfterMs({header: (name: string) => headers[name]} as unknown as Answer, nowMs);
  const at = 'Thu, 01 Jan 2026 00:01:00 GMT';
  assert.equal(after({}), undefined);
  for (const text of ['', ' ', 'soon', '1.5x', '1e3', 'x30', '30x']) assert.equal(after({'retry-after': text}), undefined, text);
  assert.equal(after({'retry-after': ' 30 '}), 30_000);
  assert.equal(after({'retry-after': '0'}), 0);
  assert.equal(after({'retry-after': '999999'}), retryAfterMaxMs);
  assert.equal(after({'retry-after': at}), 60_000);
  assert.equal(after({'retry-after': at, date: 'Thu, 01 Jan 2026 00:00:50 GMT'}), 10_000);
  assert.equal(after({'retry-after': at, date: 'Thu, 01 Jan 2026 00:02:00 GMT'}), 0);
  assert.equal(after({'retry-after': at, date: 'soon'}), 60_000);
});

attempt('has errors that tell what Zoho said', () => {
  assert.equal(new ErrorReply({code: 'A', message: 'm', details: {} as never}).message, 'A');
  assert.equal(new ErrorReply({code: 'A', message: 'm', details: {} as never}).name, 'ErrorReply');
  const refused = new Refused(problem);
  assert.deepEqual([refused.message, refused.name, refused.problem], ['no', 'Refused', problem]);
});

attempt.run();
