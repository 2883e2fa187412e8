/**
 * What becomes of a binding whose attempt fails: how long it waits, what is said, and what ends the
 * capture.
 */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {supervise} from '../../lib/capture/supervise.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {moduleRetryMaxMs, moduleRetryMs, outageDelayMaxMs, outageDelayMs, outageMaxMs} from '../../lib/limits.ts';
import {bench} from '../harness/binding-zoho.ts';
import {type ManualClock, settled} from '../harness/clocks.ts';

const supervised = suite('a supervised binding');

const error = (kind: ZohoError['kind'], message = `it is ${kind}`) => new ZohoError(kind, message);

interface Setting {
  readonly once?: boolean;
  readonly hasBegun?: boolean;
  /** Bindings of the capture besides this one. */
  readonly others?: number;
}

/** A binding whose attempts end as `attempts` says, one after another; the last repeats. */
function setting(attempts: readonly (() => Promise<void> | void)[], {once = false, hasBegun = true, others = 0}: Setting = {}) {
  const it = bench();
  const {binding} = it;
  const logged: [string, unknown][] = [];
  const bindings = [{progress: binding.progress}, ...Array.from({length: others}, () => ({progress: bench().binding.progress}))];
  const shared = {
    ...it.shared,
    bindings,
    log: (level: string, message: string, fields?: object) => void logged.push([`${level} ${message}`, fields]),
  };
  const options = {
    target: binding.target,
    module: 'Leads',
    intervalMs: 1,
    schedule: undefined,
    progress: binding.progress,
    shared,
    once,
  };
  const abort = new AbortController();
  let made = 0;
  const end = supervise(
    options,
    {
      attempt: async () => attempts[Math.min(made++, attempts.length - 1)]!(),
      hasBegun: () => hasBegun,
    },
    abort.signal,
  );
  end.catch(() => {});
  return {it, end, abort, logged, progress: binding.progress, shared, clock: it.clock, made: () => made};
}

const fail = (thrown: unknown) => () => {
  throw thrown;
};

supervised('is up to date when its attempt ends', async () => {
  const {end, progress, made} = setting([() => {}]);
  await end;
  assert.deepEqual([progress.phase, progress.fault, made()], ['up to date', undefined, 1]);
});

supervised('is paused for a fault of its own, ever longer, and then tries again', async () => {
  const {end, clock, logged, progress} = setting([...Array(6).fill(fail(error('module', 'it is gone'))), () => {}]);
  await end;
  assert.equal(progress.fault, 'it is gone');
  const pauses = Array.from({length: 6}, (_, i) => Math.min(moduleRetryMaxMs, moduleRetryMs * 2 ** i));
  assert.deepEqual(clock.slept, pauses);
  assert.deepEqual(logged[0], ['warn Module Leads is paused: it is gone', {module: 'Leads', retryInS: moduleRetryMs / 1_000}]);
});

supervised('pauses briefly again after it had run for long', async () => {
  const it: {clock?: ManualClock} = {};
  const long = async () => {
    await it.clock!.advance(moduleRetryMaxMs + 1);
    throw error('module');
  };
  const set = setting([fail(error('module')), fail(error('module')), long, () => {}]);
  it.clock = set.clock;
  await set.end;
  assert.deepEqual(set.clock.slept, [moduleRetryMs, 2 * moduleRetryMs, moduleRetryMs]);
});

supervised('that captures once is given up with its reason after one try', async () => {
  const {end, progress, made, logged} = setting([fail(error('module', 'it is gone'))], {once: true});
  await end;
  assert.deepEqual([progress.fault, progress.phase, made()], ['it is gone', 'paused', 1]);
  assert.deepEqual(logged[0]?.[1], {module: 'Leads', retryInS: undefined});
});

supervised('ends the capture by what concerns all bindings', async () => {
  for (const thrown of [error('credentials')]) await assert.rejects(setting([fail(thrown)]).end, (other) => other === thrown);
  const early = error('module');
  await assert.rejects(setting([fail(early)], {hasBegun: false}).end, (other) => other === early);
});

supervised('is paused for what nobody foresaw, and says that it is a fault of the connector', async () => {
  const {end, progress, logged} = setting([fail(new TypeError('undefined is not a function'))], {once: true});
  await end;
  assert.notEqual(progress.fault, undefined);
  assert.ok(
    logged.some(([line]) => line.startsWith('warn Module Leads is paused')),
    JSON.stringify(logged),
  );
});

supervised('stops with the reason of its signal, whatever its attempt ends with', async () => {
  const abort: {now?: () => void} = {};
  const set = setting([
    () => {
      abort.now!();
      throw error('module');
    },
  ]);
  abort.now = () => set.abort.abort(new Error('stop'));
  await assert.rejects(set.end, /stop/);
});

supervised('rides out an outage, and ends the capture when no binding has reached Zoho for too long', async () => {
  const set = setting([fail(error('unavailable', 'Zoho is down'))]);
  await assert.rejects(set.end, {kind: 'unavailable'});
  const slept = set.clock.slept.reduce((sum, ms) => sum + ms, 0);
  assert.ok(slept >= outageMaxMs && slept < outageMaxMs + 2 * outageDelayMaxMs, `${slept}`);
  assert.equal(set.clock.slept[0], outageDelayMs);
  assert.equal(set.progress.phase, 'paused');
});

supervised('goes on in an outage as long as another binding reaches Zoho', async () => {
  const set = setting([fail(error('unavailable', 'Zoho is down'))], {others: 1});
  for (let i = 0; i < 2_000 && set.clock.elapsedMs() < 3 * outageMaxMs; i++) await settled();
  assert.ok(set.clock.elapsedMs() >= 3 * outageMaxMs);
  set.abort.abort(new Error('enough'));
  await assert.rejects(set.end, /enough/);
});

supervised('counts an outage from when it last received anything', async () => {
  const set: {progress?: {rows: number}; made?: () => number} = {};
  const now = setting([
    () => {
      if (set.made!() < 40) set.progress!.rows++;
      throw error('unavailable', 'Zoho is down');
    },
  ]);
  set.progress = now.progress;
  set.made = now.made;
  await assert.rejects(now.end, {kind: 'unavailable'});
  assert.ok(now.made() > 40);
  const since = now.clock.slept.slice(38).reduce((sum, ms) => sum + ms, 0);
  assert.ok(since >= outageMaxMs, `${since}`);
});

supervised('ends the capture when Zoho refuses a scope to every binding, and only then', async () => {
  const scope = () => new ZohoError('module', 'no scope', {code: 'OAUTH_SCOPE_MISMATCH', isScopeUnproven: true} as never);
  if (!scope().isScopeUnproven) return assert.fail('such an error cannot be made like that');
  await assert.rejects(setting([fail(scope())]).end, {
    kind: 'credentials',
    code: 'OAUTH_SCOPE_MISMATCH',
    message: 'No module of the capture can be read: no scope; authorize again with all scopes that the connector needs',
  });
  const one = setting([fail(scope())], {others: 1, once: true});
  await one.end;
  assert.deepEqual([...one.shared.unscoped], [0]);
  const over = setting([fail(error('module'))], {others: 1, once: true});
  over.shared.unscoped.add(0);
  await over.end;
  assert.deepEqual([...over.shared.unscoped], []);
});

supervised.run();
