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
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  };
  const binding = newProgress('Leads');
  const usage = new Usage();
  const it = new Recorder({clock, rssBytes: () => 7, version: '2.0.0'});
  const limits: {holdReason?: string; pausedMs: number} = {pausedMs: 0};
  it.watch({
    bindings: [binding],
    spent: () => ({...usage.summary(), pausedMs: limits.pausedMs}),
    holdReason: () => limits.holdReason,
  });
  const after = (ms: number): void => {
    elapsedMs += ms;
    it.look();
  };
  return {it, binding, usage, limits, after};
}

recorder('joins what a module did one after another into spans that leave no gap', async () => {
  const {it, binding, usage, after} = watching();
  after(100);
  binding.phase = 'waiting for job';
  usage.charge('create');
  after(100);
  after(100);
  binding.phase = 'downloading';
  binding.documents = 12;
  after(100);
  const {modules, documents, credits, calls, elapsedMs, rssPeakBytes, began} = await it.stop({state: 'done'});
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
  log('info', 'Odd; trying again in 1 s', {module: 'Leads', tries: 1});
  for (let i = 0; i < reportIncidentsMax; i++) log('warn', 'odd');
  const {incidents, incidentsLeftOut} = await it.stop({state: 'done'});
  assert.equal(incidents[0], {atMs: 0, level: 'info', message: 'Odd; trying again in 1 s', module: 'Leads'});
  assert.is(incidents.length, reportIncidentsMax);
  assert.is(incidentsLeftOut, 1);
  assert.is(said.length, reportIncidentsMax + 2);
  it.listening(silent);
});

recorder("keeps what Zoho's limits held back, and why", async () => {
  const {it, limits, after} = watching();
  after(100);
  limits.pausedMs = 2_000;
  after(100);
  after(100);
  limits.holdReason = 'Zoho asks for fewer calls; waiting, next try at noon';
  after(100);
  limits.holdReason = undefined;
  limits.pausedMs = 0;
  after(100);
  after(100);
  limits.pausedMs = 1;
  after(100);
  const {holds} = await it.stop({state: 'done'});
  assert.equal(
    holds.map(({reason, fromMs, toMs}) => [reason.split(';').length, fromMs, toMs]),
    [
      [1, 200, 400],
      [2, 400, 500],
      [1, 700, 700],
    ],
  );
});

recorder('has a record of a run that ended before there was anything to look at', async () => {
  const clock = {nowMs: () => 0, elapsedMs: () => 3, sleep: async () => {}};
  const {outcome, modules, calls, elapsedMs} = await new Recorder({clock, rssBytes: () => 1, version: '2'}).stop({
    state: 'failed',
  });
  assert.equal([outcome.state, modules, calls, elapsedMs], ['failed', [], 0, 0]);
});

recorder('is bounded, however long a run is', async () => {
  const {it, binding, after} = watching();
  for (let i = 0; i < 3 * reportSamplesMax; i++) {
    binding.phase = i % 2 === 0 ? 'downloading' : 'sweeping';
    after(reportSampleMs);
  }
  const {samples, modules, elapsedMs} = await it.stop({state: 'done'});
  assert.ok(samples.length <= reportSamplesMax + 1);
  assert.ok(samples.length > reportSamplesMax / 4);
  const {spans} = modules[0]!;
  assert.ok(spans.length <= reportSpansMax);
  assert.is(spans[0]!.fromMs, 0);
  assert.is(spans.at(-1)!.toMs, elapsedMs);
});

recorder.run();
