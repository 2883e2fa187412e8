import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {RefreshedValues} from '../../../lib/capture/seen/refreshed-values.ts';
import {JumpCapture, type JumpOptions} from './jump-capture.ts';
import {computed, narrow} from './modules.ts';

/** A refresh writes what changed (design 5.8). */
const refresh = suite('values of refreshes');

const minuteMs = 60_000;

/**
 * A capture of some records with formulas, refreshed every ten minutes, and the partial documents
 * that it wrote.
 */
async function captured(
  records: number,
  use: (capture: JumpCapture, partial: string[]) => Promise<void>,
  more: Partial<JumpOptions> = {},
): Promise<void> {
  const partial: string[] = [];
  const options: JumpOptions = {
    modules: [narrow('Deals', computed)],
    records: {Deals: records},
    switches: {rowsPerJob: 400},
    bindings: [{module: 'Deals', schedule: '*/10 * * * *', intervalMs: minuteMs}],
    onDocument: (_, doc) => {
      if (!('Name' in doc) && (doc._meta as {op: string}).op === 'u') partial.push(String(doc.id).slice(1));
    },
    ...more,
  };
  await JumpCapture.with(options, async (capture) => {
    capture.start();
    await capture.catchUp();
    await refreshed(capture);
    partial.length = 0;
    await use(capture, partial);
  });
}

/** Waits until a refresh that began after this moment is complete. */
async function refreshed(capture: JumpCapture): Promise<void> {
  const nowMs = capture.clock.nowMs();
  const last = () => Date.parse(String(capture.state('Deals').last_initialized));
  await capture.until(() => last() > nowMs && capture.state('Deals').backfill == null, 30 * minuteMs);
}

/** Zoho's records within the capture's reach, by id. */
function truth(capture: JumpCapture): Map<string, string> {
  const sinceS = Date.parse(String(capture.state('Deals').start)) / 1_000;
  return new Map([...capture.sandbox.org.truth('Deals', sinceS)].map((text) => [/"id":"?(\d+)/.exec(text)![1]!, text]));
}

refresh('writes one document per record with changed values, and reports their number', () =>
  captured(1_000, async (capture, partial) => {
    const before = truth(capture);
    capture.sandbox.org.module('Deals').driftFormulas(0.02);
    const changed = [...truth(capture)].filter(([id, text]) => before.get(id) !== text).map(([id]) => id);
    assert.ok(changed.length > 0 && changed.length < 50, `${changed.length} records drifted`);
    await refreshed(capture);
    assert.equal(partial.length, changed.length);
    assert.deepEqual(capture.differences(), []);
    await capture.pass(10_000);
    const counts = `${changed.length} of ${before.size} records`;
    assert.ok(capture.logs.some((line) => /^info: The refresh of .* is complete: /.test(line) && line.includes(counts)));
    const status = `found changed values in ${changed.length} of ${before.size.toLocaleString('en-US')} records.`;
    assert.ok(
      capture.logs.some((line) => line.includes(status)),
      status,
    );
  }),
);

refresh('writes the values of a record again after a sweep emitted it', () =>
  captured(300, async (capture, partial) => {
    const [id] = capture.sandbox.org.module('Deals').ids();
    capture.sandbox.org.module('Deals').edit(id!, {Name: 'changed'});
    await capture.catchUp();
    await refreshed(capture);
    assert.deepEqual(partial, [id]);
    assert.deepEqual(capture.differences(), []);
  }),
);

refresh('a restart writes all values again', () =>
  captured(300, async (capture, partial) => {
    await capture.kill();
    capture.start();
    await refreshed(capture);
    assert.equal(new Set(partial).size, truth(capture).size);
  }),
);

for (const emission of ['tombstone', 'sweep'] as const) {
  refresh(`a ${emission} removes the digest of its record, and no other`, () =>
    captured(50, async (capture) => {
      const {forget} = RefreshedValues.prototype;
      const forgotten: string[] = [];
      RefreshedValues.prototype.forget = function (id) {
        forgotten.push(String(id));
        forget.call(this, id);
      };
      try {
        const deals = capture.sandbox.org.module('Deals');
        const [id] = deals.ids();
        if (emission === 'tombstone') deals.delete(id!);
        else deals.edit(id!, {Name: 'changed'});
        await capture.catchUp();
        assert.deepEqual(forgotten, [id]);
      } finally {
        RefreshedValues.prototype.forget = forget;
      }
    }),
  );
}

refresh.run();
