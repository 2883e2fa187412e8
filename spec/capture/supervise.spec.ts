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
import {type JumpingClock, type ManualClock, settled} from '../harness/clocks.ts';

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

for (const [ranMs, pauseMs] of [
  [moduleRetryMaxMs, 4 * moduleRetryMs],
  [moduleRetryMaxMs + 1, moduleRetryMs],
] as const)
  supervised(`pauses ${pauseMs / 1_000} s after it has run for ${ranMs} ms`, async () => {
    const it: {clock?: ManualClock} = {};
    const long = async () => {
      await it.clock!.advance(ranMs);
      throw error('module');
    };
    const set = setting([fail(error('module')), fail(error('module')), long, () => {}]);
    it.clock = set.clock;
    await set.end;
    assert.deepEqual(set.clock.slept, [moduleRetryMs, 2 * moduleRetryMs, pauseMs]);
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

for (const hasBegun of [true, false])
  supervised(`is paused for what nobody foresaw, ${hasBegun ? 'once it has begun' : 'even before it has begun'}`, async () => {
    const {end, progress, logged} = setting([fail(new TypeError('secret is not a function'))], {once: true, hasBegun});
    await end;
    const fault = 'an unexpected TypeError in the connector; please report it';
    assert.equal(progress.fault, fault);
    assert.deepEqual(
      logged.map(([line]) => line),
      [`error Module Leads: ${fault}`, `warn Module Leads is paused: ${fault}`],
    );
  });

supervised('stops with the reason of its signal, whatever its attempt ends with', async () => {
  const abort: {now?: () => void} = {};
  const set = setting([
    async () => {
      await settled();
      abort.now!();
      throw error('module');
    },
  ]);
  abort.now = () => set.abort.abort(new Error('stop'));
  await assert.rejects(set.end, /stop/);
  assert.deepEqual([set.logged, set.progress.fault], [[], undefined], 'and is not paused');
});

/** The time for which a binding has waited. */
const sleptMs = ({clock}: {clock: JumpingClock}): number => clock.slept.reduce((sum, ms) => sum + ms, 0);

const down = fail(error('unavailable', 'Zoho is down'));

supervised('rides out an outage, and ends the capture when no binding has reached Zoho for too long', async () => {
  const set = setting([down]);
  await assert.rejects(set.end, {kind: 'unavailable'});
  assert.ok(sleptMs(set) >= outageMaxMs && sleptMs(set) < outageMaxMs + 2 * outageDelayMaxMs, `${sleptMs(set)}`);
  assert.deepEqual(set.clock.slept.slice(0, 4), [outageDelayMs, 2 * outageDelayMs, outageDelayMaxMs, outageDelayMaxMs]);
  assert.equal(set.progress.phase, 'paused');
  assert.deepEqual(
    set.logged.slice(0, 2),
    [1, 2].map((pauses) => [
      'warn Module Leads is paused: Zoho is down',
      {module: 'Leads', retryInS: (pauses * outageDelayMs) / 1_000},
    ]),
  );
});

for (const [what, end] of [
  ['is up to date', () => {}],
  ['is paused for a fault of its own', fail(error('module'))],
] as const)
  supervised(`shows the others that an outage is over when it ${what}`, async () => {
    const set = setting([down, end], {others: 1});
    const beganMs = set.clock.elapsedMs();
    await settled();
    await set.shared.outages.wait({}, set.it.signal);
    assert.equal(set.clock.elapsedMs() - beganMs, outageDelayMs, 'without a pause of its own');
    set.abort.abort(new Error('enough'));
    await set.end.catch(() => {});
  });

supervised('goes on in an outage as long as another binding reaches Zoho', async () => {
  const set = setting([down], {others: 1});
  for (let i = 0; i < 2_000 && set.clock.elapsedMs() < 3 * outageMaxMs; i++) await settled();
  assert.ok(set.clock.elapsedMs() >= 3 * outageMaxMs);
  set.abort.abort(new Error('enough'));
  await assert.rejects(set.end, /enough/);
});

supervised('that captures once gives an outage of its own the usual time, and is then given up', async () => {
  const set = setting([down], {others: 1, once: true});
  await set.end;
  assert.ok(sleptMs(set) >= outageMaxMs && sleptMs(set) < outageMaxMs + 2 * outageDelayMaxMs, `${sleptMs(set)}`);
  assert.equal(set.progress.fault, 'Zoho is down');
  assert.deepEqual(set.logged.at(-1)?.[1], {module: 'Leads', retryInS: undefined});
});

/** The attempts made in an outage whose first one takes that long, and receives these. */
async function attemptsAfter(
  tookMs: number,
  receives: Partial<Record<'sweeps' | 'rows' | 'documents', number>>,
  once = false,
): Promise<number> {
  const it: {set?: ReturnType<typeof setting>} = {};
  const first = async () => {
    await settled();
    await it.set!.clock.advance(tookMs);
    Object.assign(it.set!.progress, receives);
    down();
  };
  it.set = setting([first, down], once ? {once, others: 1} : {});
  await it.set.end.catch(() => {});
  return it.set.made();
}

supervised('counts an outage from the attempt on that received nothing, to the millisecond', async () => {
  for (const once of [false, true])
    assert.deepEqual([await attemptsAfter(outageMaxMs - 1, {}, once), await attemptsAfter(outageMaxMs, {}, once)], [2, 1]);
});

for (const brought of [{sweeps: 1}, {sweeps: 1, rows: 1}, {rows: 1, documents: 1}])
  supervised(`counts an outage from the end of an attempt that brought ${Object.keys(brought).join(' and ')}`, async () => {
    assert.equal(await attemptsAfter(outageMaxMs, brought), await attemptsAfter(0, {}));
  });

supervised('counts a new outage after each that it received something in', async () => {
  const set: {progress?: {rows: number}; made?: () => number} = {};
  const now = setting([
    () => {
      if (set.made!() < 40) set.progress!.rows++;
      down();
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
  const scope = () => new ZohoError('module', 'no scope', {code: 'OAUTH_SCOPE_MISMATCH', isScopeUnproven: true});
  await assert.rejects(setting([fail(scope())]).end, {
    kind: 'credentials',
    code: 'OAUTH_SCOPE_MISMATCH',
    message: 'No module of the capture can be read: no scope; authorize again with all scopes that the connector needs',
  });
  const wrong = new ZohoError('credentials', 'no scope', {isScopeUnproven: true});
  await assert.rejects(setting([fail(wrong)]).end, (thrown) => thrown === wrong);
  const one = setting([fail(scope())], {others: 1, once: true});
  await one.end;
  assert.deepEqual([...one.shared.unscoped], [0]);
  const over = setting([fail(error('module'))], {others: 1, once: true});
  over.shared.unscoped.add(0);
  await over.end;
  assert.deepEqual([...over.shared.unscoped], []);
});

supervised.run();
