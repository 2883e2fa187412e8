import assert from 'node:assert/strict';
import {mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import fc from 'fast-check';
import {suite} from 'uvu';
import {ConfigError} from '../../lib/errors/errors.ts';
import {commitBytes, commitDelayMs, uncommittedBytesMax} from '../../lib/limits.ts';
import {type Clock, systemClock} from '../../lib/platform/clock.ts';
import type {DocBlock} from '../../lib/records/batch.ts';
import {type Disk, folderDisk} from '../../lib/sinks/files/disk.ts';
import type {NdjsonOptions} from '../../lib/sinks/files/output-files.ts';
import {openNdjson} from '../../lib/sinks/ndjson.ts';
import type {Transaction} from '../../lib/sinks/sink.ts';
import {docsOf} from '../harness/blocks.ts';
import {ManualClock} from '../harness/clocks.ts';
import {PowerCutDisk} from './power-cut-disk.ts';

const ndjson = suite<{folder: string}>('NDJSON files');

ndjson.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'source-zoho-ndjson-'));
});
ndjson.after.each(async ({folder}) => {
  await rm(folder, {recursive: true});
});

/**
 * A clock on which no time passes: commits happen by size, for checkpoints without documents, and
 * at the end.
 */
const stillClock: Clock = {
  nowMs: () => 0,
  elapsedMs: () => 0,
  sleep: (_delayMs, signal) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), {once: true})),
};

const capture = {name: 'acmeCo/zoho', api_domain: 'http://127.0.0.1:1', client_id: 'one'};

function optionsFor(folder: string, changes: Partial<NdjsonOptions> = {}): NdjsonOptions {
  return {disk: folderDisk(folder), folder, capture, collections: ['acmeCo/Leads', 'Deals'], clock: stillClock, ...changes};
}

function piece(collection: string, texts: readonly string[], patch?: Transaction['patch']): Transaction {
  return {target: {index: 0, stateKey: collection, collection}, docs: docsOf(texts), ...(patch && {patch})};
}

ndjson('writes one line per document, and continues where the last run ended', async ({folder}) => {
  const first = await openNdjson(optionsFor(folder));
  assert.equal(await first.write(piece('acmeCo/Leads', ['{"id":1}', '{"id":2}'], {a: {b: 1}})), 2);
  await first.close();
  const second = await openNdjson(optionsFor(folder));
  assert.deepEqual(second.state, {a: {b: 1}});
  await second.write(piece('acmeCo/Leads', ['{"id":3}'], {a: {b: null, c: 2}}));
  await second.write(piece('Deals', ['{"id":4}']));
  await second.close();
  assert.equal(await readFile(join(folder, 'Leads.ndjson'), 'utf8'), '{"id":1}\n{"id":2}\n{"id":3}\n');
  assert.equal(await readFile(join(folder, 'Deals.ndjson'), 'utf8'), '{"id":4}\n');
  const third = await openNdjson(optionsFor(folder));
  assert.deepEqual(third.state, {a: {c: 2}});
  await third.close();
});

ndjson('writes only admitted documents, and asks at the moment of the write', async ({folder}) => {
  const sink = await openNdjson(optionsFor(folder));
  const seen: number[] = [];
  const admit = (_docs: DocBlock, i: number) => {
    seen.push(i);
    return i !== 1;
  };
  assert.equal(await sink.write({...piece('Deals', ['{"id":1}', '{"id":2}', '{"id":3}']), admit}), 2);
  await sink.close();
  assert.deepEqual(seen, [0, 1, 2]);
  assert.equal(await readFile(join(folder, 'Deals.ndjson'), 'utf8'), '{"id":1}\n{"id":3}\n');
});

ndjson('cuts off what was written after the last commit', async ({folder}) => {
  const sink = await openNdjson(optionsFor(folder));
  await sink.write(piece('Deals', ['{"id":1}'], {n: 1}));
  await sink.close();
  await writeFile(join(folder, 'Deals.ndjson'), '{"id":2}\n{"id"', {flag: 'a'});
  await (await openNdjson(optionsFor(folder))).close();
  assert.equal(await readFile(join(folder, 'Deals.ndjson'), 'utf8'), '{"id":1}\n');
});

ndjson('makes everything readable only by its owner', async ({folder}) => {
  const sink = await openNdjson(optionsFor(folder));
  await sink.write(piece('Deals', ['{"id":1}'], {n: 1}));
  await sink.close();
  for (const name of ['Deals.ndjson', 'Leads.ndjson', 'state.json'])
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
});

ndjson('rejects the directory of another capture, and explains the difference', async ({folder}) => {
  await (await openNdjson(optionsFor(folder))).close();
  const other = optionsFor(folder, {capture: {...capture, name: 'acmeCo/other'}});
  await assert.rejects(openNdjson(other), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(
      error.message,
      `Cannot use ${folder}: it holds another capture (name acmeCo/zoho instead of acmeCo/other); choose another directory, or remove this one`,
    );
    return true;
  });
});

ndjson('rejects a link in place of its file, and writes nothing through it', async ({folder}) => {
  await mkdir(join(folder, 'out'));
  await writeFile(join(folder, 'elsewhere'), 'mine\n');
  await symlink(join(folder, 'elsewhere'), join(folder, 'out', 'Deals.ndjson'));
  await assert.rejects(openNdjson(optionsFor(join(folder, 'out'))), ConfigError);
  assert.equal(await readFile(join(folder, 'elsewhere'), 'utf8'), 'mine\n');
});

ndjson('accepts an initial state only in an empty directory', async ({folder}) => {
  const sink = await openNdjson(optionsFor(folder, {initialState: {a: 1}}));
  assert.deepEqual(sink.state, {a: 1});
  await sink.close();
  await assert.rejects(openNdjson(optionsFor(folder, {initialState: {a: 1}})), /Cannot start from another state/);
});

ndjson('compresses each transaction separately, so truncated files are valid, and continues by default', async ({folder}) => {
  const first = await openNdjson(optionsFor(folder, {gzip: true}));
  await first.write(piece('Deals', ['{"id":1}'], {n: 1}));
  await first.close();
  const file = join(folder, 'Deals.ndjson.gz');
  await writeFile(file, Buffer.from([0x1f, 0x8b, 8]), {flag: 'a'});
  const second = await openNdjson(optionsFor(folder, {collections: ['acmeCo/Leads', 'Deals', 'Tasks']}));
  await second.write(piece('Deals', ['{"id":2}']));
  await second.write(piece('Tasks', ['{"id":3}']));
  await second.close();
  assert.equal(gunzipSync(await readFile(file)).toString(), '{"id":1}\n{"id":2}\n');
  assert.equal(gunzipSync(await readFile(join(folder, 'Tasks.ndjson.gz'))).toString(), '{"id":3}\n');
});

ndjson('reports a full disk, accepts nothing more, and has lost nothing once there is room', async () => {
  const disk = new PowerCutDisk();
  const sink = await openNdjson(optionsFor('out', {disk}));
  await sink.write(piece('Deals', ['{"id":1}'], {n: 1}));
  await sink.write(piece('Deals', [], {n: 2}));
  await new Promise(setImmediate);
  disk.fault = Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});
  const full =
    /^Error: Cannot write out\/Deals\.ndjson: the disk is full; what was committed is safe, and the same command continues/;
  await assert.rejects(sink.write(piece('Deals', ['{"id":2}'], {n: 3})), full);
  await assert.rejects(sink.write(piece('acmeCo/Leads', ['{"id":3}'], {n: 4})), full);
  await assert.rejects(sink.close(), full);
  disk.fault = undefined;
  const again = await openNdjson(optionsFor('out', {disk}));
  assert.deepEqual(again.state, {n: 2});
  assert.equal(disk.text('Deals.ndjson'), '{"id":1}\n');
});

ndjson('writes and commits nothing after a failure, though there is room again', async () => {
  const disk = new PowerCutDisk();
  const clock = new ManualClock();
  const sink = await openNdjson(optionsFor('out', {disk, clock}));
  await sink.write(piece('Deals', ['{"id":1}'], {n: 1}));
  const kept = disk.text('state.json');
  const full = Object.assign(new Error('ENOSPC: no space left on device'), {code: 'ENOSPC'});
  disk.fault = full;
  const failed = (error: Error) => error.message.includes('the disk is full') && error.cause === full;
  await assert.rejects(sink.write(piece('Deals', ['{"id":2}'], {n: 2})), failed);
  disk.fault = undefined;
  const left = disk.text('Deals.ndjson');
  await assert.rejects(sink.write(piece('Deals', ['{"id":3}'], {n: 3})), failed);
  await clock.advance(commitDelayMs);
  await assert.rejects(sink.close(), failed);
  assert.deepEqual([disk.text('Deals.ndjson'), disk.text('state.json')], [left, kept]);
});

ndjson('fails at the end when the last commit fails', async () => {
  const disk = new PowerCutDisk();
  const sink = await openNdjson(optionsFor('out', {disk}));
  await sink.write(piece('Deals', ['{"id":1}'], {n: 1}));
  disk.fault = new Error('the disk is on fire');
  await assert.rejects(sink.close(), /Cannot write out\/state\.json: the disk is on fire/);
});

/** Transactions numbered from `from`, whose state has the last number. */
async function writeNumbered(options: NdjsonOptions, from: number, to: number): Promise<void> {
  const sink = await openNdjson(options);
  for (let n = from; n <= to; n++) {
    const texts = n % 4 === 0 ? [] : [`{"id":${n}}`, `{"id":${n},"more":"${'x'.repeat(n)}"}`];
    await sink.write(piece(options.collections[n % 2]!, texts, {last: n}));
  }
  await sink.close();
}

for (const [gzip, ending] of [
  [false, '.ndjson'],
  [true, '.ndjson.gz'],
] as const) {
  ndjson(`loses, tears and repeats no committed line, whenever the power fails: ${ending}`, async () => {
    const last = 24;
    const whole = new PowerCutDisk();
    await writeNumbered(optionsFor('out', {disk: whole, gzip}), 1, last);
    const plain = (disk: PowerCutDisk, name: string): string | undefined => {
      const bytes = disk.bytes(name);
      return (gzip && bytes !== undefined ? gunzipSync(bytes) : bytes)?.toString();
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(60), {minLength: 1, maxLength: 5}),
        fc.infiniteStream(fc.double({min: 0, max: 0.999, noNaN: true})),
        async (cuts, chance) => {
          const random = () => chance.next().value as number;
          let disk = new PowerCutDisk();
          let reached = 0;
          for (const operations of cuts) {
            disk.operationsLeft = operations;
            const run = writeNumbered(optionsFor('out', {disk, gzip}), reached + 1, last);
            await stoppedOrDone(disk, run);
            disk = disk.afterPowerCut(random);
            const kept = disk.text('state.json');
            const now = kept === undefined ? 0 : (JSON.parse(kept).state.last ?? 0);
            assert.ok(now >= reached, 'no commit is undone');
            reached = now;
          }
          await writeNumbered(optionsFor('out', {disk, gzip}), reached + 1, last);
          for (const name of [`Leads${ending}`, `Deals${ending}`]) assert.equal(plain(disk, name), plain(whole, name));
        },
      ),
      {numRuns: gzip ? 60 : 150, seed: 7},
    );
  });
}

/**
 * Resolves when a run has ended, or when its disk has lost power and all other work has stopped.
 */
async function stoppedOrDone(disk: PowerCutDisk, run: Promise<void>): Promise<void> {
  let over = false;
  void run.then(() => {
    over = true;
  });
  while (!over && disk.operationsLeft >= 0) await new Promise(setImmediate);
  if (!over) await settled();
}

/** Resolves once all work that needs no outside event is done. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
}

ndjson('makes transactions durable after a while by itself', async ({folder}) => {
  let wake = (): void => {};
  const clock: Clock = {...systemClock, sleep: () => new Promise((resolve) => (wake = resolve))};
  const sink = await openNdjson(optionsFor(folder, {clock}));
  await sink.write(piece('Deals', ['{"id":1}'], {n: 1}));
  assert.deepEqual(JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')).state, {});
  wake();
  while (JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')).state.n !== 1) await new Promise(setImmediate);
  await sink.close();
});

/**
 * A disk that keeps the lengths of what is written and the texts of `state.json`, and notes what is
 * made durable. It syncs and replaces only while it is open.
 */
function blockableDisk() {
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  const states: {n?: number}[] = [];
  const written: number[] = [];
  const durable: string[] = [];
  const replacing = {now: 0, most: 0};
  const disk: Disk = {
    kind: async () => 'none',
    read: async () => undefined,
    syncNames: async () => {},
    open: async (name) => ({
      size: async () => 0,
      read: async () => 0,
      write: async ({length}) => void written.push(length),
      cut: async () => {},
      async sync() {
        await gate.promise;
        durable.push(name);
      },
      close: async () => void durable.push(`closed ${name}`),
    }),
    async replace(name, text) {
      replacing.most = Math.max(replacing.most, ++replacing.now);
      await gate.promise;
      replacing.now--;
      states.push(JSON.parse(text).state);
      durable.push(name);
    },
  };
  return {
    disk,
    states,
    written,
    durable,
    replacing,
    shut() {
      gate = Promise.withResolvers();
    },
    open: () => gate.resolve(),
  };
}

ndjson('makes durable what files have grown by before what says so, and nothing more', async () => {
  const {disk, durable} = blockableDisk();
  const sink = await openNdjson(optionsFor('out', {disk}));
  await sink.write(piece('Deals', ['{"id":1}'], {n: 1}));
  await sink.write(piece('Deals', [], {n: 2}));
  await settled();
  assert.deepEqual(durable.splice(0), ['state.json', 'Deals.ndjson', 'state.json']);
  await sink.write(piece('Deals', [], {n: 3}));
  await settled();
  assert.deepEqual(durable.splice(0), ['state.json']);
  await sink.write(piece('acmeCo/Leads', ['{"id":2}']));
  await sink.close();
  assert.deepEqual(durable, ['Leads.ndjson', 'state.json', 'closed Leads.ndjson', 'closed Deals.ndjson']);
});

ndjson('commits nothing where nothing was written, and documents without a checkpoint', async () => {
  const {disk, states} = blockableDisk();
  await (await openNdjson(optionsFor('out', {disk}))).close();
  assert.equal(states.length, 1, 'the claim of the files');
  const sink = await openNdjson(optionsFor('out', {disk}));
  await sink.write(piece('Deals', ['{"id":1}']));
  await sink.close();
  assert.equal(states.length, 3);
});

ndjson('makes one commit at a time, and closes its files after the last', async () => {
  const {disk, states, durable, replacing, shut, open} = blockableDisk();
  const sink = await openNdjson(optionsFor('out', {disk}));
  shut();
  await sink.write(piece('Deals', [], {n: 1}));
  await sink.write(piece('Deals', [], {n: 2}));
  const closing = sink.close();
  await settled();
  assert.deepEqual([replacing.now, durable.length], [1, 1]);
  open();
  await closing;
  assert.deepEqual(states, [{}, {n: 1}, {n: 2}]);
  assert.equal(replacing.most, 1);
  assert.deepEqual(durable.slice(-2), ['closed Leads.ndjson', 'closed Deals.ndjson']);
});

ndjson('tells of its files, their lines and bytes, those of earlier runs included', async () => {
  const disk = new PowerCutDisk();
  const first = await openNdjson(optionsFor('out', {disk}));
  await first.write(piece('Deals', ['{"id":1}', '{"id":2}']));
  await first.close();
  const second = await openNdjson(optionsFor('out', {disk}));
  await second.write(piece('Deals', ['{"id":3}']));
  assert.deepEqual(second.files, [
    {collection: 'acmeCo/Leads', file: 'Leads.ndjson', lines: 0, bytes: 0},
    {collection: 'Deals', file: 'Deals.ndjson', lines: 3, bytes: 27},
  ]);
  await second.describe();
  await second.close();
});

ndjson('refuses documents of a collection that it was not opened for', async () => {
  const sink = await openNdjson(optionsFor('out', {disk: new PowerCutDisk()}));
  await assert.rejects(sink.write(piece('Tasks', ['{}'])), /^Error: No file was opened for collection Tasks$/);
  assert.equal(await sink.write(piece('Deals', ['{}'])), 1);
  await sink.close();
});

ndjson('closes the files that it has opened when it cannot open all', async () => {
  const {disk, durable} = blockableDisk();
  const kind = async (name: string) => (name === 'Deals.ndjson' && durable.length > 0 ? 'other' : 'none');
  await assert.rejects(openNdjson(optionsFor('out', {disk: {...disk, kind}})), /Deals\.ndjson has been replaced/);
  assert.deepEqual(durable, ['state.json', 'closed Leads.ndjson']);
});

ndjson('adds nothing to a compressed file for a transaction without documents', async () => {
  const disk = new PowerCutDisk();
  const sink = await openNdjson(optionsFor('out', {disk, gzip: true}));
  await sink.write(piece('Deals', [], {n: 1}));
  await sink.close();
  assert.equal(disk.bytes('Deals.ndjson.gz')?.length, 0);
});

ndjson('delays writers while a slow disk is behind by more than its bound, and not before', async () => {
  const {disk, written, shut, open} = blockableDisk();
  const sink = await openNdjson(optionsFor('out', {disk}));
  shut();
  const text = 'x'.repeat(uncommittedBytesMax / 4 - 1);
  const writes = Array.from({length: 8}, () => sink.write(piece('Deals', [text])));
  await writes[5];
  await settled();
  // The first is being committed, four reach the bound, and the one that exceeds it is the last.
  assert.equal(written.length, 6);
  open();
  await Promise.all(writes);
  assert.equal(written.length, 8);
  await sink.close();
});

ndjson('commits by itself transactions written during a commit', async () => {
  const {disk, states, shut, open} = blockableDisk();
  const clock = new ManualClock();
  const sink = await openNdjson(optionsFor('out', {disk, clock}));
  shut();
  await sink.write(piece('Deals', [], {n: 1}));
  await sink.write(piece('Deals', ['{"id":1}'], {n: 2}));
  open();
  await settled();
  assert.deepEqual(states, [{}, {n: 1}]);
  await clock.advance(commitDelayMs - 1);
  assert.equal(states.length, 2);
  await clock.advance(1);
  assert.deepEqual(states.at(-1), {n: 2});
  await sink.close();
  assert.equal(states.length, 3, 'what is committed is not committed again');
});

ndjson('commits checkpoints of actions at Zoho at once, and documents after a while', async () => {
  const {disk, states} = blockableDisk();
  const clock = new ManualClock();
  const sink = await openNdjson(optionsFor('out', {disk, clock}));
  await sink.write(piece('Deals', ['{"id":1}'], {n: 1}));
  await sink.write(piece('Deals', ['{"id":2}'], {n: 2}));
  await settled();
  assert.equal(clock.sleepers, 1, 'one wait for all that accumulates');
  await sink.write(piece('Deals', [], {n: 3}));
  await settled();
  assert.deepEqual([states.at(-1), clock.sleepers], [{n: 3}, 0]);
  await sink.write(piece('Deals', []));
  await settled();
  assert.equal(states.length, 2, 'nothing is committed for nothing');
  await sink.close();
});

ndjson('commits at once when enough has accumulated', async () => {
  const {disk, states} = blockableDisk();
  const sink = await openNdjson(optionsFor('out', {disk, clock: new ManualClock()}));
  await sink.write(piece('Deals', ['x'.repeat(commitBytes - 2)], {n: 1}));
  await settled();
  assert.equal(states.length, 1);
  await sink.write(piece('Deals', [''], {n: 2}));
  await settled();
  assert.deepEqual(states.slice(1), [{n: 2}]);
  await sink.close();
});

ndjson.run();
