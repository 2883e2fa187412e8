import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {FieldPlan} from '../../../lib/capture/field-plan.ts';
import {leaveOutRefused} from '../../../lib/commands/verify/refused.ts';
import {ZohoError} from '../../../lib/errors/errors.ts';
import type {ZohoClient} from '../../../lib/zoho/api.ts';
import type {CoqlQuery} from '../../../lib/zoho/coql.ts';
import {textField} from '../../harness/fields.ts';

const refused = suite('fields that COQL refuses');

/** A plan after its fields were looked at; `judge` throws for what Zoho refuses. */
async function after(
  names: readonly string[],
  judge: (columns: readonly string[]) => void,
  signal = new AbortController().signal,
) {
  const plan = new FieldPlan(['id', 'Modified_Time', ...names].map((name) => textField(name)));
  const asked: CoqlQuery[] = [];
  const client = {
    async coql(query: CoqlQuery) {
      asked.push(query);
      judge(query.columns);
      return null;
    },
  } as unknown as ZohoClient;
  await leaveOutRefused('Leads', plan, client, signal);
  return {refused: plan.refused.coql, asked, plan};
}

const many = (count: number): string[] => Array.from({length: count}, (_, i) => `F${String(i).padStart(3, '0')}`);
const error = (kind: 'field' | 'refused' | 'unavailable', options: object = {}) => new ZohoError(kind, 'no', options);

refused('are looked for with one record of each slice', async () => {
  const {refused: none, asked} = await after(many(600), () => {});
  assert.deepEqual(none, []);
  assert.equal(asked.length, 2);
  for (const {text} of asked) assert.match(text, /where Modified_Time >= '1970-01-01T00:00:00[^']*' .*limit 0, 1$/);
});

refused('are left out by their names, or found where Zoho does not name them', async () => {
  const named = await after(many(600), (columns) => {
    if (columns.includes('F550')) throw error('field', {field: 'F550', code: 'INVALID_QUERY'});
  });
  assert.deepEqual([named.refused, named.asked.length], [['F550'], 3]);
  const unnamed = await after(many(5), (columns) => {
    if (columns.includes('F003')) throw error('refused', {code: 'INVALID_QUERY'});
  });
  assert.deepEqual(unnamed.refused, ['F003']);
});

refused('may be too many at once, which narrows the queries and looks at all slices anew', async () => {
  const {
    refused: none,
    asked,
    plan,
  } = await after(many(300), (columns) => {
    if (columns.length > 50) throw error('refused', {code: 'TOO_MANY'});
  });
  assert.deepEqual(none, []);
  assert.ok(plan.coqlSlices.every((slice) => slice.length <= 50));
  assert.equal(asked.length, 1 + plan.coqlSlices.length);
});

refused('are not looked for any further when nothing is left to change', async () => {
  const {refused: none, asked} = await after(many(3), () => {
    throw error('refused', {code: 'WHATEVER'});
  });
  assert.deepEqual(none, []);
  assert.equal(asked.length, 1);
});

refused('are not the fault of an outage, or of whoever stops', async () => {
  await assert.rejects(
    after(['A'], () => {
      throw error('unavailable');
    }),
    {kind: 'unavailable'},
  );
  await assert.rejects(
    after(['A'], () => {
      throw new Error('a bug');
    }),
    /a bug/,
  );
  const abort = new AbortController();
  await assert.rejects(
    after(
      ['A'],
      () => {
        abort.abort(new Error('stop'));
        throw error('refused', {code: 'INVALID_QUERY'});
      },
      abort.signal,
    ),
    /stop/,
  );
});

refused.run();
