/** What the specs of sweeps and of readings by id share: a Zoho of one module, and how its queries fail. */
import assert from 'node:assert/strict';
import {ZohoError} from '../../lib/errors/errors.ts';
import {coqlRowsLarge} from '../../lib/limits.ts';
import {PageSize} from '../../lib/sources/page-size.ts';
import type {CoqlQuery} from '../../lib/zoho/coql.ts';
import {type CoqlReply, type CoqlZoho, type CoqlZohoOptions, coqlZoho} from '../harness/coql-zoho.ts';

export const nowS = Date.parse('2026-10-01T10:00:00Z') / 1000;

export type Answer = (query: CoqlQuery, number: number) => CoqlReply | Error;

/** A module whose pages have at most so many rows, and are as large as they may be. */
export const zoho = (answer: Answer, most = coqlRowsLarge, options: CoqlZohoOptions = {}): CoqlZoho =>
  coqlZoho(answer, {
    clock: {nowS},
    ...options,
    planned: {pageSize: new PageSize({most, bytesWanted: 8 << 20}), ...options.planned},
  });

/** Answers pages in order; later ones are empty. */
export const pages =
  (...given: readonly (CoqlReply | Error)[]): Answer =>
  (_, number) =>
    given[number - 1] ?? {rows: []};

export const [s, t] = [nowS - 40, nowS - 30];
export const failure = new ZohoError('unavailable', 'No answer', {status: 500});
export const isKeys = ({columns}: CoqlQuery): boolean => columns.length === 2;

export const refused = new ZohoError('refused', 'Cannot query by id');

/** Failures that a smaller request does not help. */
export const otherFailures = [
  new ZohoError('unavailable', 'Slow down', {status: 429}),
  new ZohoError('unavailable', 'Slow down', {code: 'TOO_MANY_REQUESTS'}),
  new ZohoError('refused', 'No'),
  new ZohoError('module', 'No'),
  new Error('a fault of ours'),
] as const;

/** A context that is aborted during a query. */
export function aborting(number: number, answer: Answer): {zoho: CoqlZoho; reason: Error} {
  const abort = new AbortController();
  const reason = new Error('stop');
  const made = zoho(
    (query, asked) => {
      if (asked === number) abort.abort(reason);
      return answer(query, asked);
    },
    8,
    {changes: {signal: abort.signal, bulkIds: () => assert.fail('no job is submitted')}},
  );
  return {zoho: made, reason};
}
