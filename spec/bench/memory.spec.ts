import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {platform, tmpdir} from 'node:os';
import {join} from 'node:path';
import {suite} from 'uvu';
import {memoryCases} from '../../lib/bench/memory/cases.ts';
import {type MemoryFigures, measureMemory} from '../../lib/bench/memory/measure.ts';

/** The cases of `bench --memory` at a quarter of their size. What used to grow with a page took more than the bound at this size already. */
const memory = suite('memory');

/** What design G5 promises, in MB. */
const boundMb = 300;

const cases = memoryCases(0.25);

/** The time of the connector runs fast, so that a schedule does not wait for real minutes. */
const fast = ['--import', new URL('../system/chaos/fast-process.ts', import.meta.url).href];

async function measured(name: string, of = cases, flags: readonly string[] = []): Promise<MemoryFigures> {
  const what = of.find((one) => one.name === name);
  assert.ok(what, name);
  const folder = await mkdtemp(join(tmpdir(), 'source-zoho-memory-spec-'));
  try {
    return await measureMemory(what, folder, new AbortController().signal, flags);
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

// Only Linux tells the peak of another process.
if (platform() === 'linux') {
  for (const [name, documents] of [
    ['sweeps', 2_000],
    ['slices', 500],
    ['deletions', 25_000],
    ['largest', 1],
    ['largest-bulk', 1],
  ] as const) {
    memory(`of the connector's process stays within its bound: ${name}`, async () => {
      const figures = await measured(name);
      assert.equal(figures.documents, documents);
      assert.ok(figures.peakMb < boundMb, `${figures.peakMb.toFixed(0)} MB were resident`);
    });
  }

  memory('counts what the second refresh of a process writes', async () => {
    const {documents, peakMb} = await measured('refresh', memoryCases(0.01), fast);
    assert.equal(documents, 10);
    assert.ok(peakMb < boundMb, `${peakMb.toFixed(0)} MB were resident`);
  });

  memory('counts the rows of a snapshot', async () => {
    const {documents, peakMb} = await measured('snapshot', memoryCases(0.01));
    assert.equal(documents, 10_000);
    assert.ok(peakMb < boundMb, `${peakMb.toFixed(0)} MB were resident`);
  });
}

memory('has a case for each of what is promised', () => {
  assert.deepEqual(
    memoryCases().map(({name}) => name),
    ['idle', 'sweeps', 'slices', 'deletions', 'largest', 'largest-bulk', 'stalled', 'refresh', 'snapshot'],
  );
});

memory.run();
