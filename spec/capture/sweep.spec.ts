/** One sweep of one binding: its window, its deletions, and the checkpoint that closes both. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {sweep} from '../../lib/capture/sweep.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {windowLagS, windowOverlapS} from '../../lib/limits.ts';
import {type Bench, bench, nowS, stateTime, zohoTime} from '../harness/binding-zoho.ts';

const sweeps = suite('sweep');

const cursorS = nowS - 1_000;
const at = (id: string, modifiedS: number, A = 'a') => ({id, modifiedS, values: {A}});
const gone = (id: string, deletedS: number, type = 'recycle') => ({id, deletedTime: zohoTime(deletedS), deletedS, type});

const run = (it: Bench, options?: Parameters<typeof sweep>[2]) => sweep(it.binding, it.signal, options);
/** Ids written, each deletion with its time. */
const writtenBy = ({written}: Bench): string[] =>
  written.map(({id, Modified_Time, _meta}) => ((_meta as {op: string}).op === 'd' ? `${id} gone ${Modified_Time}` : String(id)));

sweeps('reads changes from an overlap before the cursor, and moves both cursors at its end', async () => {
  const it = bench({records: [at('1', cursorS - windowOverlapS - 1), at('2', cursorS - windowOverlapS), at('3', nowS)]});
  await run(it);
  assert.deepEqual(writtenBy(it), ['2', '3']);
  assert.match(it.calls[0] ?? '', new RegExp(`Modified_Time >= '${zohoTime(cursorS - windowOverlapS).replaceAll('+', '\\+')}'`));
  assert.ok(it.calls.includes(`deleted ${cursorS - windowOverlapS} 1`));
  const end = stateTime(nowS - windowLagS);
  assert.deepEqual(it.patches.at(-1), {inc: {cursor: end, after: null}, deleted: {cursor: end}});
  assert.deepEqual([it.binding.state.inc.cursor, it.binding.state.deleted.cursor], [end, end]);
  assert.equal(it.binding.progress.phase, 'sweeping');
});

sweeps('never reaches back before the start', async () => {
  const it = bench({records: [at('1', cursorS - 1), at('2', cursorS)], state: {start: stateTime(cursorS)}});
  await run(it);
  assert.deepEqual(writtenBy(it), ['2'], 'and admits the very second of the start');
});

sweeps('writes nothing where nothing moves', async () => {
  const it = bench();
  await run(it);
  const {length} = it.patches;
  await run(it);
  assert.equal(it.patches.length, length, 'no checkpoint within a second');
  it.nowS++;
  await run(it, {readsDeletions: true});
  assert.equal(it.patches.length, length + 1);
});

sweeps('emits a record of the overlap once, and again when its content differs', async () => {
  const it = bench({records: [at('1', nowS - 30)]});
  await run(it);
  it.nowS += 10;
  await run(it);
  assert.deepEqual(writtenBy(it), ['1']);
  it.edit('1', nowS - 30, {A: 'other'});
  it.nowS += 10;
  await run(it);
  assert.deepEqual(writtenBy(it), ['1', '1']);
});

sweeps('emits what is gone after what changed, with the later of two deletions of one record', async () => {
  const later = zohoTime(nowS - 20);
  for (const order of [
    [gone('7', nowS - 50), gone('7', nowS - 20)],
    [gone('7', nowS - 20), gone('7', nowS - 50)],
  ]) {
    const it = bench({records: [at('1', nowS - 10)], deleted: order});
    await run(it);
    assert.deepEqual(writtenBy(it), ['1', `7 gone ${later}`]);
    assert.equal(it.binding.progress.deletions, 1);
    assert.deepEqual(it.binding.state.deleted.recycled, {7: nowS - 20});
  }
});

sweeps('keeps in the state what went into the recycle bin, and nothing that is gone for good', async () => {
  const it = bench({deleted: [gone('7', nowS - 50, 'permanent')]});
  await run(it);
  assert.equal(it.binding.state.deleted.recycled, undefined);
  assert.equal(it.binding.seen.recycleBin.size, 0);
});

sweeps('emits a record whole that the feed lists and that lives', async () => {
  const it = bench({records: [at('7', cursorS - 500)], deleted: [gone('7', cursorS - 600)]});
  it.deleted.push(gone('8', nowS - 5));
  it.edit('7', cursorS - 500);
  it.deleted[0] = gone('7', nowS - 100);
  await run(it);
  assert.deepEqual(writtenBy(it), ['7', `8 gone ${zohoTime(nowS - 5)}`]);
});

sweeps('emits a deletion once, however often the feed lists it', async () => {
  const it = bench({deleted: [gone('7', nowS - 10)]});
  await run(it);
  it.nowS += 5;
  await run(it, {readsDeletions: true});
  assert.equal(it.written.length, 1);
  it.deleted.push(gone('7', nowS - 5));
  it.nowS += 5;
  await run(it, {readsDeletions: true});
  assert.deepEqual(writtenBy(it), [`7 gone ${zohoTime(nowS - 10)}`, `7 gone ${zohoTime(nowS - 5)}`]);
});

sweeps('finds a record again that came out of the recycle bin, though its time did not move', async () => {
  const it = bench({records: [at('7', cursorS - 500)]});
  it.remove('7', nowS - 30);
  await run(it);
  it.deleted.length = 0;
  it.edit('7', cursorS - 500);
  it.nowS += 600;
  await run(it, {readsDeletions: true});
  it.nowS += 600;
  await run(it, {readsDeletions: true});
  assert.deepEqual(writtenBy(it), [`7 gone ${zohoTime(nowS - 30)}`, '7']);
  assert.deepEqual(it.binding.state.deleted.recycled, {});
  assert.equal(it.binding.seen.recycleBin.size, 0);
});

sweeps('does not believe a record alive that the feed still lists as deleted', async () => {
  const it = bench({records: [at('7', nowS - 40)]});
  it.remove('7', nowS - 30);
  await run(it);
  // An answer of a part of Zoho that lags behind.
  it.edit('7', nowS - 40);
  it.nowS += 5;
  await run(it, {readsDeletions: true});
  assert.deepEqual(writtenBy(it), [`7 gone ${zohoTime(nowS - 30)}`]);
  it.deleted.length = 0;
  it.nowS += 5;
  await run(it, {readsDeletions: true});
  assert.deepEqual(writtenBy(it).at(-1), '7', 'listed no longer, it was restored');
});

sweeps('leaves the feed out while it is quiet, and begins the next window where it was read', async () => {
  const it = bench({records: [at('1', cursorS)]});
  await run(it);
  const readS = nowS - windowLagS;
  const next = async (): Promise<string[]> => {
    it.nowS += 300;
    await it.clock.advance(300_000);
    const before = it.calls.length;
    await run(it);
    return it.calls.slice(before);
  };
  assert.equal((await next()).length, 1, 'no feed');
  assert.deepEqual([it.binding.state.deleted.skipped, it.binding.state.deleted.cursor], [true, stateTime(readS)]);
  assert.equal(it.binding.state.inc.cursor, stateTime(readS + 300));
  it.edit('2', readS - windowOverlapS + 1);
  const [window = '', feed] = await next();
  assert.ok(window.includes(`Modified_Time >= '${zohoTime(readS - windowOverlapS)}'`), window);
  assert.equal(feed, `deleted ${readS - windowOverlapS} 1`);
  assert.deepEqual([it.binding.state.deleted.skipped, it.binding.state.deleted.cursor], [undefined, stateTime(readS + 600)]);
  assert.deepEqual(writtenBy(it), ['1', '2']);
});

sweeps('goes on without deletions where Zoho has none, and says so once', async () => {
  for (const error of [new ZohoError('module', 'no feed'), new ZohoError('refused', 'no feed', {status: 400})]) {
    const it = bench({
      before(call) {
        if (call.startsWith('deleted')) throw error;
      },
    });
    await run(it);
    await run(it);
    assert.equal(it.calls.filter((call) => call.startsWith('deleted')).length, 1);
    assert.deepEqual(it.logged, ['warn Module Leads is captured without deletions: no feed']);
    assert.equal(it.binding.state.inc.cursor, stateTime(nowS - windowLagS));
    assert.equal(it.binding.state.deleted.cursor, stateTime(cursorS));
  }
});

sweeps('fails for whatever else befalls the feed, and moves no cursor', async () => {
  for (const error of [
    new ZohoError('unavailable', 'down'),
    new ZohoError('refused', 'moved', {status: 302}),
    new Error('bug'),
  ]) {
    const it = bench({
      before(call) {
        if (call.startsWith('deleted')) throw error;
      },
    });
    await assert.rejects(run(it), (thrown) => thrown === error);
    assert.deepEqual(it.patches, []);
    assert.notEqual(it.binding.coqlLock.tryAcquire(), undefined, 'the turn is given back');
  }
});

sweeps('spares credits that run short: neither the feed nor the recycle bin, unless it must', async () => {
  const it = bench({remaining: 0, state: {deleted: {cursor: stateTime(cursorS), recycled: {9: cursorS}}}});
  await run(it);
  assert.deepEqual(
    it.calls.filter((call) => call.startsWith('deleted') || call.includes(' in (')),
    [],
  );
  it.nowS += 10;
  await run(it, {readsDeletions: true});
  assert.ok(it.calls.some((call) => call.startsWith('deleted')));
});

sweeps('moves the cursor with every full page of its window, to the last row', async () => {
  const records = Array.from({length: 450}, (_, i) => at(String(i + 1), cursorS + i));
  const it = bench({records});
  await run(it);
  assert.equal(it.written.length, 450);
  const moves = it.patches.filter(({inc}) => (inc as {after?: string} | undefined)?.after != null);
  assert.deepEqual(moves[0]?.inc, {cursor: stateTime(cursorS + 199), after: '200'});
});

sweeps.run();
