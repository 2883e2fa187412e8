/** One sweep of one binding: its window, its deletions, and the checkpoint that closes both. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {sweep} from '../../lib/capture/sweep.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {coqlRowsSmall, windowLagS, windowOverlapS} from '../../lib/limits.ts';
import {type Bench, type BenchOptions, bench, nowS, stateTime, zohoTime} from '../harness/binding-zoho.ts';

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

sweeps('describes the columns that a window without rows asked for', async () => {
  const it = bench();
  await run(it);
  assert.deepEqual(Object.keys((it.schemas[0] as {properties: object}).properties), ['A', 'Modified_Time', 'id', '_meta']);
});

sweeps('writes nothing where the feed is read anew within a second', async () => {
  const it = bench();
  for (let again = 0; again < 2; again++) await run(it, {readsDeletions: true});
  assert.equal(it.calls.filter((call) => call.startsWith('deleted')).length, 2, 'on request, though it is not due');
  assert.equal(it.patches.length, 1);
});

sweeps('ends the page at which an earlier one stopped, though the time is the same', async () => {
  const cursor = stateTime(nowS - windowLagS);
  const it = bench({state: {inc: {cursor, after: '5'}, deleted: {cursor}}});
  await run(it);
  assert.deepEqual(it.patches, [{inc: {cursor, after: null}}]);
});

sweeps('begins at the cursor where the feed is behind for another reason than a sweep that left it out', async () => {
  const it = bench({state: {deleted: {cursor: stateTime(cursorS - 5_000)}}});
  await run(it);
  assert.ok(it.calls[0]?.includes(`Modified_Time >= '${zohoTime(cursorS - windowOverlapS)}'`), 'of changes');
  assert.equal(it.calls[1], `deleted ${cursorS - 5_000 - windowOverlapS} 1`);
});

sweeps('expects as many rows of the next window as this one had up to now', async () => {
  const it = bench({records: [at('1', nowS - 1), at('2', nowS), at('3', nowS + 1), at('4', nowS + 500)]});
  await run(it);
  assert.equal(it.binding.queries.rowsExpected, 2);
  await run(it);
  assert.equal(it.binding.queries.rowsExpected, 2, 'whether or not they were emitted before');
  const ahead = bench({records: [at('1', nowS + 1), at('2', nowS + 2)]});
  await run(ahead);
  assert.equal(ahead.binding.queries.rowsExpected, 0);
});

sweeps('reads on among records of the future only as long as they are unknown', async () => {
  const records = Array.from({length: coqlRowsSmall + 1}, (_, i) => at(String(i + 1), nowS + 1_000 + i));
  const it = bench({records});
  const windows = async (): Promise<number> => {
    const before = it.calls.length;
    await run(it);
    return it.calls.slice(before).filter((call) => call.includes('order by Modified_Time')).length;
  };
  assert.deepEqual([await windows(), it.written.length], [2, records.length]);
  assert.deepEqual([await windows(), it.written.length], [1, records.length]);
});

sweeps('saves that a record of the future has come to pass', async () => {
  const it = bench({state: {ahead: {7: [nowS - 500, 'AAAAAAAAAAAAAAAA']}}});
  await run(it);
  assert.deepEqual(it.patches.at(-1), {ahead: {7: null}});
  assert.deepEqual(it.binding.state.ahead, {});
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

sweeps('asks for no record again whose deletion was emitted', async () => {
  const it = bench({deleted: [gone('7', nowS - 10, 'permanent')]});
  for (let again = 0; again < 2; again++) await run(it, {readsDeletions: true});
  assert.equal(it.calls.filter((call) => call.includes(' in (')).length, 1);
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

sweeps('watches a record no longer that was restored and edited', async () => {
  const it = bench();
  it.remove('7', nowS - 300);
  await run(it);
  it.deleted.length = 0;
  it.edit('7', nowS - 200);
  it.nowS += 600;
  await run(it, {readsDeletions: true});
  assert.deepEqual(writtenBy(it), [`7 gone ${zohoTime(nowS - 300)}`, '7']);
  assert.deepEqual(it.binding.state.deleted.recycled, {});
});

sweeps('does not believe a record alive that the feed still lists as deleted', async () => {
  const it = bench({records: [at('7', nowS - 40)]});
  it.remove('7', nowS - 30);
  await run(it);
  // An answer of a part of Zoho that lags behind.
  it.edit('7', nowS - 40);
  it.nowS += 5;
  const {length} = it.patches;
  await run(it, {readsDeletions: true});
  assert.deepEqual(writtenBy(it), [`7 gone ${zohoTime(nowS - 30)}`]);
  assert.deepEqual(it.binding.state.deleted.recycled, {7: nowS - 30}, 'and watches it on');
  assert.equal(it.patches.length, length + 1, 'one checkpoint of the cursors');
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

sweeps('remembers what it emitted since the feed was read, so that a long window repeats nothing', async () => {
  const it = bench();
  await run(it);
  it.edit('1', nowS + 10);
  for (let again = 0; again < 2; again++) {
    it.nowS += 300;
    await it.clock.advance(300_000);
    await run(it);
  }
  assert.deepEqual(writtenBy(it), ['1']);
});

sweeps('expects of the next window only what is new where this one was long', async () => {
  const it = bench({records: [at('1', nowS - 30)], remaining: 0, state: {deleted: {cursor: stateTime(cursorS), skipped: true}}});
  await run(it);
  assert.equal(it.binding.queries.rowsExpected, 1);
  it.edit('2', nowS - 20);
  await run(it);
  assert.equal(it.binding.queries.rowsExpected, 1, 'of two rows');
});

sweeps('keeps to the feed as last read while it leaves it out, and writes only what moved', async () => {
  const it = bench({remaining: 0});
  await run(it);
  const end = (seconds: number) => ({cursor: stateTime(seconds - windowLagS), after: null});
  assert.deepEqual(it.patches, [{inc: end(nowS), deleted: {skipped: true}}]);
  await run(it);
  assert.equal(it.patches.length, 1, 'nothing within the same second');
  it.nowS++;
  await run(it);
  assert.deepEqual(it.patches.slice(1), [{inc: end(nowS + 1)}]);
});

sweeps('reads the feed again with the next sweep after it listed a deletion', async () => {
  const readings = async (it: Bench): Promise<number> => {
    for (let again = 0; again < 2; again++) {
      it.nowS += 300;
      await it.clock.advance(300_000);
      await run(it);
    }
    return it.calls.filter((call) => call.startsWith('deleted')).length;
  };
  assert.equal(await readings(bench()), 1);
  assert.equal(await readings(bench({deleted: [gone('7', nowS - 10)]})), 2);
});

/** A feed that Zoho does not end: it repeats a full page and says that there is more. */
function endless(it: Bench): void {
  const rows = Array.from({length: 200}, (_, i) => gone(String(i + 1_000), nowS - (i % 7), 'permanent'));
  Object.assign(it.shared.client, {
    async deleted(_module: string, sinceS: number, page: number) {
      it.calls.push(`deleted ${sinceS} ${page}`);
      return {rows, more: true};
    },
  });
}

sweeps('says that a feed stopped before its end, and reads it from there with the next sweep', async () => {
  const it = bench();
  endless(it);
  await run(it);
  assert.match(it.logged.join(), /^warn .*; they are read again with the next sweep$/);
  assert.deepEqual(it.facts, [{module: 'Leads'}]);
  assert.deepEqual(it.patches.at(-1), {inc: {cursor: stateTime(nowS - windowLagS), after: null}});
  const {length} = it.calls;
  await run(it);
  assert.ok(it.calls.slice(length).includes(`deleted ${cursorS - windowOverlapS} 1`));
});

sweeps('reads a feed again with the next sweep that stopped before it listed anything', async () => {
  const cursor = stateTime(nowS - 30);
  const it = bench({state: {inc: {cursor}, deleted: {cursor}}});
  let readings = 0;
  const deleted = async (_module: string, _sinceS: number, page: number) => {
    if (page === 1) readings++;
    return {rows: [], more: true};
  };
  Object.assign(it.shared.client, {deleted});
  for (let again = 0; again < 2; again++) await run(it);
  assert.equal(readings, 2);
});

sweeps('decides over a doubted record once the feed was read to its end, or does not exist', async () => {
  const doubted = () =>
    bench({records: [at('7', nowS - 40)], state: {deleted: {cursor: stateTime(nowS - 50), recycled: {7: nowS - 30}}}});
  const stopped = doubted();
  endless(stopped);
  await run(stopped);
  assert.equal(writtenBy(stopped).includes('7'), false);
  assert.equal(stopped.binding.seen.hasDoubts, true);
  const read = doubted();
  await run(read);
  assert.deepEqual([writtenBy(read), read.binding.seen.hasDoubts], [['7'], false]);
  const none = doubted();
  Object.assign(none.shared.client, {deleted: () => Promise.reject(new ZohoError('module', 'no feed'))});
  await run(none);
  assert.deepEqual([writtenBy(none), none.binding.seen.hasDoubts], [['7'], false]);
});

sweeps('goes on without deletions where Zoho has none, and says so once', async () => {
  for (const error of [
    new ZohoError('module', 'no feed'),
    ...[undefined, 200, 299, 400].map((status) => new ZohoError('refused', 'no feed', status === undefined ? {} : {status})),
  ]) {
    const it = bench({
      before(call) {
        if (call.startsWith('deleted')) throw error;
      },
    });
    await run(it);
    await run(it);
    assert.equal(it.calls.filter((call) => call.startsWith('deleted')).length, 1);
    assert.deepEqual(it.logged, ['warn Module Leads is captured without deletions: no feed']);
    assert.deepEqual(it.facts, [{module: 'Leads'}]);
    assert.equal(it.binding.state.inc.cursor, stateTime(nowS - windowLagS));
    assert.deepEqual(it.binding.state.deleted, {cursor: stateTime(cursorS)}, 'no later window reaches back for it');
  }
});

sweeps('asks for a refused feed as soon as it may be tried again, and says no more about it', async () => {
  const it = bench();
  Object.assign(it.shared.client, {deleted: () => Promise.reject(new ZohoError('module', 'no feed'))});
  await run(it);
  it.binding.deletionSchedule.allow();
  await run(it);
  assert.equal(it.logged[1], 'debug Module Leads is captured without deletions: no feed');
});

sweeps('fails for whatever else befalls the feed, and moves no cursor', async () => {
  for (const error of [
    new ZohoError('unavailable', 'down'),
    ...[300, 302, 399].map((status) => new ZohoError('refused', 'moved', {status})),
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
  for (const question of ['deleted', 'select id, Modified_Time, A from Leads where id in ('])
    assert.ok(
      it.calls.some((call) => call.startsWith(question)),
      question,
    );
});

sweeps('reads the feed though credits run short where the next window could not begin at its last reading', async () => {
  const isRead = async (options: BenchOptions): Promise<boolean> => {
    const it = bench({remaining: 0, ...options});
    await run(it);
    return it.calls.some((call) => call.startsWith('deleted'));
  };
  const behind = (seconds: number) => ({state: {deleted: {cursor: stateTime(cursorS - seconds)}}});
  assert.equal(await isRead(behind(windowOverlapS)), false);
  assert.equal(await isRead(behind(windowOverlapS + 1)), true);
  const window = (count: number) => ({records: Array.from({length: count}, (_, i) => at(String(i + 1), nowS - 30))});
  assert.equal(await isRead(window(coqlRowsSmall / 2)), false);
  assert.equal(await isRead(window(coqlRowsSmall / 2 + 1)), true, 'it would exceed the cheapest page');
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
