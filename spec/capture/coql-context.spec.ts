/** What COQL sources are given of a binding, and the ids that they look up by a bulk job. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {coqlContext} from '../../lib/capture/coql-context.ts';
import {newProgress} from '../../lib/capture/progress.ts';
import {type Bench, bench, nowS, zohoTime} from '../harness/binding-zoho.ts';

const context = suite('context of COQL sources');

const fromS = nowS - 60;

async function idsOf({binding, signal}: Bench): Promise<string[]> {
  const {bulkIds} = coqlContext(binding, signal);
  return (await Array.fromAsync(bulkIds!(fromS, fromS + 1))).flat();
}

context('has the client, the log, the quarantine and the signal of its binding', () => {
  const {binding, shared, signal} = bench();
  const {bulkIds: _, ...rest} = coqlContext(binding, signal);
  assert.deepEqual(rest, {client: shared.client, log: shared.log, quarantine: binding.quarantine, signal});
});

context('looks up the ids of a range by a job that reads only the key', async () => {
  const asked: object[] = [];
  const it = bench({
    job(query) {
      asked.push(query);
      return {count: 2, csv: `Id,Modified_Time\n7,${zohoTime(fromS)}\n5725767000000524157,${zohoTime(fromS)}\n`};
    },
  });
  assert.deepEqual(await idsOf(it), ['7', '5725767000000524157']);
  const range = {module: 'Leads', fromS, toS: fromS + 1, untimed: undefined, whole: undefined};
  assert.deepEqual(asked, [{...range, fields: ['id', 'Modified_Time']}]);
});

context('finds no ids where there are none', async () => {
  assert.deepEqual(await idsOf(bench({job: () => ({count: 0})})), []);
});

context('shows nothing of such a job in the progress of the binding, but rows that it cannot use', async () => {
  const it = bench({job: () => ({count: 2, csv: `Id,Modified_Time\n7,${zohoTime(fromS)}\n,${zohoTime(fromS)}\n`})});
  assert.deepEqual(await idsOf(it), ['7']);
  assert.deepEqual(it.binding.progress, {...newProgress('Leads'), quarantined: 1});
  assert.deepEqual(it.patches, []);
});

context('gives the turns of jobs and downloads back', async () => {
  const it = bench({records: [{id: '7', modifiedS: fromS}]});
  for (let i = 0; i < 5; i++) assert.deepEqual(await idsOf(it), ['7']);
});

context.run();
