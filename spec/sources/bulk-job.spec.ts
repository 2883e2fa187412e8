import assert from 'node:assert/strict';
import {suite} from 'uvu';
import {newProgress} from '../../lib/capture/progress.ts';
import {ZohoError} from '../../lib/errors/errors.ts';
import {jobWaitMaxMs, resultWaitMaxMs, unknownStateMaxMs} from '../../lib/limits.ts';
import {Semaphore} from '../../lib/platform/semaphore.ts';
import {awaitJob, type JobContext, NextJob, waitFor} from '../../lib/sources/bulk-job.ts';
import type {BulkJob, ZohoClient} from '../../lib/zoho/api.ts';
import {pollDelayMs} from '../../lib/zoho/bulk.ts';
import {pollDelayMaxMs, pollDelayMinMs} from '../../lib/zoho/limits.ts';
import {ManualClock, settled} from '../harness/clocks.ts';

const done: BulkJob = {state: 'completed', count: 1, more: false};
const pending: BulkJob = {state: 'pending'};
const bare: BulkJob = {state: 'completed'};
const odd: BulkJob = {state: 'unknown', reason: 'ODD'};

const jobs = suite('awaitJob');

/** Takes some time for each sleep, whatever was asked for. */
class SteppingClock extends ManualClock {
  readonly slept: number[] = [];
  readonly #stepMs: number | undefined;

  constructor(stepMs?: number) {
    super();
    this.#stepMs = stepMs;
  }

  override async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(delayMs);
    await this.advance(this.#stepMs ?? delayMs);
  }
}

/** Waits for a job that is answered in this way, the last answer again and again. */
async function awaited(answers: readonly BulkJob[], clock = new SteppingClock()) {
  let polls = 0;
  const client = {
    job: async () => {
      assert.ok(polls < 3_000, 'the job is asked for without end');
      return answers[Math.min(polls++, answers.length - 1)]!;
    },
  } as unknown as ZohoClient;
  const context = contextOf({client, clock});
  const outcome = await awaitJob('j1', context).catch((error: unknown) => error);
  return {outcome, polls, slept: clock.slept, phase: context.progress.phase};
}

function contextOf(changes: Partial<JobContext>): JobContext {
  return {
    client: {} as ZohoClient,
    clock: new ManualClock(),
    signal: new AbortController().signal,
    progress: newProgress('Leads'),
    jobSlots: new Semaphore(1),
    ...changes,
  };
}

function fails(outcome: unknown, kind: string, message: string): void {
  assert.ok(outcome instanceof ZohoError, String(outcome));
  assert.deepEqual([outcome.kind, outcome.message], [kind, message]);
}

jobs('returns the result as Zoho describes it, in whatever way, and shows what it waits for', async () => {
  for (const result of [{count: 0}, {more: true}, {nextPageToken: 't'}] as const) {
    const {outcome, polls, phase} = await awaited([{state: 'completed', ...result}]);
    assert.deepEqual([outcome, polls, phase], [{state: 'completed', ...result}, 1, 'waiting for job']);
  }
});

jobs('asks again soon at first, and ever less often', async () => {
  const {outcome, slept} = await awaited([...Array(60).fill(pending), done]);
  assert.equal(outcome, done);
  assert.equal(slept[0], pollDelayMinMs);
  let waitedMs = 0;
  for (const delayMs of slept) {
    assert.equal(Math.round(delayMs), Math.round(pollDelayMs(waitedMs)));
    waitedMs += delayMs;
  }
  assert.equal(slept.at(-1), pollDelayMaxMs);
});

jobs('throws the failure of a job with its reason, whatever rows it may have', async () => {
  fails((await awaited([pending, {state: 'failed', reason: 'too much'}])).outcome, 'failed', 'Bulk read job j1 failed: too much');
  fails((await awaited([{state: 'failed', count: 3}])).outcome, 'failed', 'Bulk read job j1 failed: Zoho gave no reason');
});

for (const [what, answer, mostMs, kind, message] of [
  [
    'a completed job without a result',
    bare,
    resultWaitMaxMs,
    'failed',
    'Cannot use bulk read job j1: it is complete, but Zoho does not describe its result',
  ],
  ['a job in an unknown state', odd, unknownStateMaxMs, 'failed', 'Bulk read job j1 stays in the unknown state ODD'],
  ['a job that does not end', pending, jobWaitMaxMs, 'lost', 'Bulk read job j1 did not finish within 6 hours'],
] as const) {
  jobs(`waits for ${what} as long as it may take, and no longer`, async () => {
    const {outcome, polls} = await awaited([answer], new SteppingClock(mostMs / 2));
    fails(outcome, kind, message);
    assert.equal(polls, 4, 'the bound itself is not beyond it');
    assert.equal((await awaited([answer, answer, answer, done], new SteppingClock(mostMs / 2))).outcome, done);
  });
}

jobs('counts only the time in a row for which a job was of no use', async () => {
  const half = new SteppingClock(resultWaitMaxMs / 2);
  assert.equal((await awaited([bare, bare, bare, pending, bare, bare, bare, done], half)).outcome, done);
  const late = new SteppingClock(resultWaitMaxMs / 2);
  assert.equal((await awaited([pending, pending, pending, pending, bare, done], late)).outcome, done);
  const mixed = await awaited([odd, bare], new SteppingClock(resultWaitMaxMs));
  assert.equal(mixed.polls, 3);
  fails(mixed.outcome, 'failed', 'Cannot use bulk read job j1: it is complete, but Zoho does not describe its result');
  const later = new SteppingClock(unknownStateMaxMs);
  assert.equal((await awaited([pending, pending, odd, odd, done], later)).outcome, done);
});

jobs('ends at once when it is aborted', async () => {
  const abort = new AbortController();
  const client = {
    async job() {
      abort.abort('stop');
      return pending;
    },
  } as unknown as ZohoClient;
  await assert.rejects(awaitJob('j1', contextOf({client, clock: new SteppingClock(), signal: abort.signal})), /^stop$/);
});

jobs.run();

const slots = suite('waitFor');

slots('shows what waits for a slot until one is free', async () => {
  const pageSlots = new Semaphore(1);
  const context = contextOf({});
  const release = await waitFor('download', pageSlots, context);
  assert.equal(context.progress.phase, 'waiting to start a download');
  const abort = new AbortController();
  const second = waitFor('job', pageSlots, contextOf({signal: abort.signal}));
  abort.abort('stop');
  await assert.rejects(second, /^stop$/);
  release();
  assert.notEqual(pageSlots.tryAcquire(), undefined);
});

slots.run();

const ahead = suite('NextJob');

/** A client that numbers jobs, or rejects them. */
function submitting(answer: (number: number) => string | Error = (number) => `j${number}`) {
  const tokens: string[] = [];
  const jobSlots = new Semaphore(1);
  const client = {
    async createJob({pageToken}: {pageToken: string}) {
      const id = answer(tokens.push(pageToken));
      if (id instanceof Error) throw id;
      return id;
    },
  } as unknown as ZohoClient;
  return {tokens, jobSlots, context: contextOf({client, jobSlots})};
}

ahead('is submitted once, keeps its slot until it is released, and is recorded once', async () => {
  const {tokens, jobSlots, context} = submitting();
  const next = new NextJob(undefined, 't', context);
  assert.equal(await next.job, undefined);
  next.submit();
  next.submit();
  assert.deepEqual(next.takePatch(), {}, 'it is not known yet');
  assert.equal(await next.job, 'j1');
  assert.deepEqual([tokens, jobSlots.tryAcquire()], [['t'], undefined]);
  assert.deepEqual([next.takePatch(), next.takePatch()], [{next_job: 'j1'}, {}]);
  next.release();
  assert.notEqual(jobSlots.tryAcquire(), undefined);
});

ahead('is not submitted if the state has it already, or no page follows', async () => {
  for (const [known, token] of [
    ['j7', 't'],
    ['j7', undefined],
    [undefined, undefined],
  ] as const) {
    const {tokens, jobSlots, context} = submitting();
    const next = new NextJob(known, token, context);
    next.submit();
    await settled();
    assert.deepEqual([await next.job, tokens, next.takePatch()], [known, [], {}]);
    assert.notEqual(jobSlots.tryAcquire(), undefined, 'it takes no slot');
    next.release();
  }
});

ahead('is submitted as soon as a slot is free', async () => {
  const {tokens, jobSlots, context} = submitting();
  const release = jobSlots.tryAcquire();
  const next = new NextJob(undefined, 't', context);
  next.submit();
  assert.equal(await next.job, undefined);
  release?.();
  next.submit();
  assert.deepEqual([await next.job, tokens], ['j1', ['t']]);
});

ahead('that is rejected is unknown, and costs only time', async () => {
  const {context} = submitting(() => new ZohoError('refused', 'not now'));
  const next = new NextJob(undefined, 't', context);
  next.submit();
  assert.deepEqual([await next.job, next.takePatch()], [undefined, {}]);
});

ahead.run();
