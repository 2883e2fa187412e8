/** What follows each kind of failure of a range, how often, and after which pause. */
import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {BackfillRecovery, type Recoverable, withNarrowerQuery} from '../../lib/capture/recovery.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import type {BackfillState} from '../../lib/flow/state.ts';
import {
  coqlRowsLarge,
  coqlRowsSmall,
  downloadTriesMax,
  jobTriesMax,
  resultWaitMaxMs,
  retryDelayMaxMs,
  retryDelayMs,
} from '../../lib/limits.ts';
import {bench, nowS, zohoTime} from '../harness/binding-zoho.ts';
import {JumpingClock} from '../harness/clocks.ts';
import {textField} from '../harness/fields.ts';

const recovery = suite('recovery of a range');
const {signal} = new AbortController();

interface Setting {
  readonly it: BackfillRecovery;
  readonly clock: JumpingClock;
  readonly patches: unknown[];
  readonly logged: string[];
  readonly refused: string[];
  backfill: Partial<BackfillState> | undefined;
}

function setting({refuses = false, finds = false, backfill = {cutoff: 'c', job: 'j'} as Partial<BackfillState>} = {}): Setting {
  const clock = new JumpingClock();
  const [patches, logged, refused]: [unknown[], string[], string[]] = [[], [], []];
  const recoverable: Recoverable = {
    module: 'Leads',
    shared: {clock, log: (level, message, fields) => void logged.push(`${level} ${message} ${JSON.stringify(fields)}`)},
    get state() {
      return {backfill: result.backfill as BackfillState | undefined};
    },
    patch: async (patch) => void patches.push(patch),
    refuse: async (api, field) => {
      refused.push(`${api} ${field}`);
      return refuses;
    },
  };
  const it = new BackfillRecovery(recoverable, async () => finds);
  const result: Setting = {it, clock, patches, logged, refused, backfill};
  return result;
}

const error = (kind: ZohoError['kind'], options = {}) => new ZohoError(kind, `it is ${kind}`, options);
const givenUp = (kind: string) => ({kind: 'module', message: `Module Leads cannot be backfilled: it is ${kind}`});
const newJob = {backfill: {job: null, rows: null, next_job: null}};
const pauses = (count: number): number[] =>
  Array.from({length: count}, (_, i) => Math.min(retryDelayMaxMs, retryDelayMs * 2 ** i));

recovery('reads on after a short download, a bounded number of times, and gives the module up', async () => {
  const {it, clock, patches, logged} = setting();
  for (let tries = 1; tries <= downloadTriesMax; tries++) await it.apply(error('short'), signal);
  await assert.rejects(it.apply(error('short'), signal), givenUp('short'));
  assert.deepEqual(patches, []);
  assert.deepEqual(clock.slept, pauses(downloadTriesMax));
  assert.equal(
    logged[0],
    `info it is short; trying again in ${retryDelayMs / 1000} s {"module":"Leads","kind":"short","tries":1}`,
  );
});

recovery('throws an outage on as it is after as many tries', async () => {
  const {it} = setting();
  for (let tries = 1; tries <= downloadTriesMax; tries++) await it.apply(error('unavailable'), signal);
  await assert.rejects(it.apply(error('unavailable'), signal), {kind: 'unavailable'});
});

recovery('counts anew with every row gained, and with every page', async () => {
  const set = setting({backfill: {cutoff: 'c', job: 'j', rows: 5}});
  const exhaust = async () => {
    for (let tries = 1; tries <= downloadTriesMax; tries++) await set.it.apply(error('short'), signal);
  };
  await exhaust();
  set.backfill = {cutoff: 'c', job: 'j', rows: 6};
  await exhaust();
  set.backfill = {cutoff: 'c', job: 'j', rows: 4};
  await assert.rejects(set.it.apply(error('short'), signal), {kind: 'module'});
  for (const page of [{next_page: 't'}, {next_page: 't', slice: 1}, {next_page: 't', slice: 1, cutoff: 'd'}]) {
    set.backfill = {cutoff: 'c', job: 'j', rows: 1, ...page};
    await exhaust();
  }
  await assert.rejects(set.it.apply(error('short'), signal), {kind: 'module'});
});

recovery('reads a damaged file anew from its first row, and then has it exported again', async () => {
  const {it, patches} = setting();
  for (let tries = 1; tries <= downloadTriesMax + 1; tries++) await it.apply(error('damaged'), signal);
  assert.deepEqual(patches, [...Array(downloadTriesMax).fill({backfill: {rows: null}}), newJob]);
});

recovery('asks for another job after a damaged answer without one', async () => {
  const {it, patches} = setting({backfill: {cutoff: 'c'}});
  await it.apply(error('damaged'), signal);
  assert.deepEqual(patches, [newJob]);
});

recovery('asks for another job after one that is lost or failed, a bounded number of times', async () => {
  for (const kind of ['lost', 'failed'] as const) {
    const {it, patches, clock} = setting();
    for (let tries = 1; tries < jobTriesMax; tries++) await it.apply(error(kind), signal);
    await assert.rejects(it.apply(error(kind), signal), givenUp(kind));
    assert.deepEqual(patches, Array(jobTriesMax - 1).fill(newJob));
    assert.deepEqual(clock.slept, pauses(jobTriesMax - 1));
  }
});

recovery('counts downloads anew with another job', async () => {
  const {it} = setting();
  for (let tries = 1; tries <= downloadTriesMax; tries++) await it.apply(error('short'), signal);
  await it.apply(error('lost'), signal);
  for (let tries = 1; tries <= downloadTriesMax; tries++) await it.apply(error('short'), signal);
  await assert.rejects(it.apply(error('short'), signal), {kind: 'module'});
});

recovery('waits for a result that is not there yet, and then asks for another job', async () => {
  const {it, clock, patches} = setting();
  await it.apply(error('unready'), signal);
  await it.apply(error('unready'), signal);
  assert.deepEqual([patches, clock.slept], [[], pauses(2)]);
  await clock.advance(resultWaitMaxMs - clock.elapsedMs() + 1_000);
  await it.apply(error('unready'), signal);
  assert.deepEqual(patches, []);
  await clock.advance(1 + retryDelayMaxMs);
  await it.apply(error('unready'), signal);
  assert.deepEqual(patches, [newJob]);
  await it.apply(error('unready'), signal);
  assert.deepEqual(patches, [newJob], 'the wait begins anew');
});

recovery('begins at the first page after an expired token, a bounded number of times', async () => {
  const {it, patches} = setting();
  for (let tries = 1; tries <= jobTriesMax; tries++) await it.apply(error('expired'), signal);
  await assert.rejects(it.apply(error('expired'), signal), givenUp('expired'));
  assert.deepEqual(patches[0], {backfill: {next_page: null, job: null, rows: null, next_job: null, slice: null}});
  assert.equal(patches.length, jobTriesMax);
});

recovery('leaves out a field that is refused, or gives the module up', async () => {
  const refusing = setting({refuses: true});
  await refusing.it.apply(error('field', {field: 'A'}), signal);
  assert.deepEqual([refusing.refused, refusing.clock.slept], [['bulk A'], []]);
  const vain = setting();
  await assert.rejects(vain.it.apply(error('field'), signal), givenUp('field'));
  assert.deepEqual(vain.refused, ['bulk ']);
});

recovery('looks for the field of a refusal that names none, by its code', async () => {
  await setting({finds: true}).it.apply(error('refused', {code: 'FIELD_NOT_AVAILABLE'}), signal);
  await assert.rejects(setting().it.apply(error('refused', {code: 'FIELD_NOT_AVAILABLE'}), signal), givenUp('refused'));
  await assert.rejects(setting({finds: true}).it.apply(error('refused', {code: 'OTHER'}), signal), givenUp('refused'));
  await assert.rejects(setting({finds: true}).it.apply(error('refused'), signal), givenUp('refused'));
});

recovery('throws on what is not its own to repair', async () => {
  for (const other of [error('module'), error('credentials'), Object.assign(new Error('bug'), {kind: 'lost'})])
    await assert.rejects(setting().it.apply(other, signal), (thrown) => thrown === other);
});

recovery('does without any state of a range', async () => {
  for (const [kind, patches] of [
    ['short', []],
    ['damaged', [newJob]],
  ] as const) {
    const set = setting();
    set.backfill = undefined;
    await set.it.apply(error(kind), signal);
    assert.deepEqual([set.clock.slept.length, set.patches], [1, patches], kind);
  }
});

recovery('keeps the failure as the cause when it gives the module up', async () => {
  const failure = error('field', {field: 'A'});
  await assert.rejects(setting().it.apply(failure, signal), {cause: failure});
});

const narrowing = suite('a narrower query');

narrowing('is asked as long as something can be changed, and what remains is the fault of the module', async () => {
  const it = bench({fields: [textField('A'), textField('B')]});
  let asked = 0;
  await withNarrowerQuery(
    it.binding,
    async () => {
      if (++asked === 1) throw error('field', {field: 'A'});
    },
    it.signal,
  );
  assert.equal(asked, 2);
  assert.deepEqual(it.binding.queries.fields.refused.coql, ['A']);
  for (const kind of ['field', 'refused', 'damaged'] as const)
    await assert.rejects(
      withNarrowerQuery(it.binding, () => Promise.reject(error(kind)), it.signal),
      {
        kind: 'module',
        message: `its changes cannot be read: it is ${kind}`,
        cause: error(kind),
      },
    );
});

narrowing('throws on what no narrower one could help against', async () => {
  const it = bench({fields: [textField('A')]});
  const code = 'LIMIT_EXCEEDED';
  for (const other of [
    error('unavailable', {code}),
    error('credentials', {code: 'INVALID_QUERY'}),
    error('module', {code}),
    Object.assign(new Error('bug'), {kind: 'refused', code}),
  ])
    await assert.rejects(
      withNarrowerQuery(it.binding, () => Promise.reject(other), it.signal),
      (thrown) => thrown === other,
    );
  assert.deepEqual([it.calls, it.binding.queries.pageSize.most], [[], coqlRowsLarge], 'and nothing was tried');
});

narrowing('omits the column that a rejection is found to mean, whether it names none or another', async () => {
  for (const failure of [error('refused', {code: 'INVALID_QUERY'}), error('field', {field: 'Nobody'})]) {
    const it = bench({
      fields: [textField('A'), textField('B')],
      before(call) {
        if (call.startsWith('select') && call.includes('B')) throw failure;
      },
    });
    let asked = 0;
    const ask = async () => {
      if (++asked === 1) throw failure;
    };
    await withNarrowerQuery(it.binding, ask, it.signal);
    assert.deepEqual([asked, it.binding.queries.fields.refused.coql], [2, ['B']]);
    assert.ok(
      it.calls.every((call) => call.includes(`Modified_Time >= '${zohoTime(nowS - 1_000)}'`)),
      'since the cursor',
    );
  }
});

narrowing('is not searched for where a rejection is about no column', async () => {
  for (const failure of [error('refused', {code: 'OTHER'}), error('refused'), error('damaged')]) {
    const it = bench({fields: [textField('A')]});
    await assert.rejects(
      withNarrowerQuery(it.binding, () => Promise.reject(failure), it.signal),
      {kind: 'module'},
    );
    assert.deepEqual(it.calls, []);
  }
});

narrowing('has fewer columns, and then smaller pages, where Zoho caps it', async () => {
  const many = Array.from({length: 100}, (_, i) => textField(`F${i}`));
  const it = bench({fields: many});
  const {queries} = it.binding;
  const refused = (code: string) => withNarrowerQuery(it.binding, () => Promise.reject(error('refused', {code})), it.signal);
  await assert.rejects(refused('OTHER'), {kind: 'module'});
  assert.equal(queries.plan.slices.length, 1);
  await assert.rejects(refused('LIMIT_EXCEEDED'), {kind: 'module'});
  assert.ok(queries.plan.slices.length > 1);
  assert.deepEqual([queries.pageSize.most, coqlRowsLarge > coqlRowsSmall], [coqlRowsSmall, true]);
});

narrowing('is not asked for whoever has stopped', async () => {
  const it = bench();
  const abort = new AbortController();
  const ask = async () => {
    abort.abort(new Error('stop'));
    throw error('field', {field: 'A'});
  };
  await assert.rejects(withNarrowerQuery(it.binding, ask, abort.signal), /stop/);
});

recovery.run();
narrowing.run();
