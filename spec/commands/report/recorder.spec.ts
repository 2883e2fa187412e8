import {suite} from 'uvu';
import * as assert from 'uvu/assert';
import {newProgress} from '../../../lib/capture/progress.ts';
import {Recorder} from '../../../lib/commands/report/recorder.ts';
import {reportIncidentsMax, reportSampleMs, reportSamplesMax, reportSpansMax} from '../../../lib/limits.ts';
import {silent} from '../../../lib/platform/log.ts';
import {Usage} from '../../../lib/zoho/usage.ts';

const recorder = suite('Recorder');

function watching() {
  let elapsedMs = 5_000;
  const clock = {
    nowMs: () => Date.UTC(2026, 9, 1),
    elapsedMs: () => elapsedMs,
    sleep: () => new Promise<void>(() => {}),
  };
  const binding = newProgress('Leads');
  const usage = new Usage();
  const it = new Recorder({clock, bindings: [binding], spent: () => usage.summary(), rssBytes: () => 7, version: '2.0.0'});
  const after = (ms: number): void => {
    elapsedMs += ms;
    it.look();
  };
  return {it, binding, usage, after};
}

recorder('joins what a module did one after another into spans that leave no gap', async () => {
  const {it, binding, usage, after} = watching();
  it.look();
  after(100);
  binding.phase = 'waiting for job';
  usage.charge('create');
  after(100);
  after(100);
  binding.phase = 'downloading';
  binding.documents = 12;
  after(100);
  const {modules, documents, credits, calls, elapsedMs, rssPeakBytes, began} = await it.stop();
  assert.equal(
    modules[0]!.spans.map(({activity, fromMs, toMs}) => [activity, fromMs, toMs]),
    [
      ['start', 0, 200],
      ['job', 200, 400],
      ['download', 400, 400],
    ],
  );
  assert.equal([documents, credits, calls, elapsedMs, rssPeakBytes, began], [12, 50, 1, 400, 7, '2026-10-01T00:00:00.000Z']);
});

recorder('keeps warnings and retries with their module, and counts those that are too many', async () => {
  const {it} = watching();
  const said: string[] = [];
  const log = it.listening((level) => said.push(level));
  log('info', 'nothing', {});
  log('info', 'trying again', {module: 'Leads', tries: 1});
  for (let i = 0; i < reportIncidentsMax; i++) log('warn', 'odd');
  const {incidents, incidentsLeftOut} = await it.stop();
  assert.equal(incidents[0], {atMs: 0, level: 'info', message: 'trying again', module: 'Leads'});
  assert.is(incidents.length, reportIncidentsMax);
  assert.is(incidentsLeftOut, 1);
  assert.is(said.length, reportIncidentsMax + 2);
  it.listening(silent);
});

recorder('is bounded, however long a run is', async () => {
  const {it, binding, after} = watching();
  for (let i = 0; i < 3 * reportSamplesMax; i++) {
    binding.phase = i % 2 === 0 ? 'downloading' : 'sweeping';
    after(reportSampleMs);
  }
  const {samples, modules, elapsedMs} = await it.stop();
  assert.ok(samples.length <= reportSamplesMax + 1);
  assert.ok(samples.length > reportSamplesMax / 4);
  const {spans} = modules[0]!;
  assert.ok(spans.length <= reportSpansMax);
  assert.is(spans[0]!.fromMs, 0);
  assert.is(spans.at(-1)!.toMs, elapsedMs);
});

recorder.run();
