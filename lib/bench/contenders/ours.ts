/** The connector's own path, from the socket to Flow's protocol on standard output. */
import {setTimeout as delay} from 'node:timers/promises';
import {runCapture} from '../../capture/capture.ts';
import {type BindingProgress, newProgress} from '../../capture/progress.ts';
import {systemClock} from '../../platform/clock.ts';
import {silent} from '../../platform/log.ts';
import {Semaphore} from '../../platform/semaphore.ts';
import {DescriptorOutput} from '../../platform/stdout.ts';
import {FlowSink} from '../../sinks/flow.ts';
import {bulkRows} from '../../sources/bulk.ts';
import type {ZohoClient} from '../../zoho/api.ts';
import {createClient} from '../../zoho/client.ts';
import {shapeOf} from '../fixtures.ts';
import type {Task} from '../task.ts';
import {emit, targetAt} from './ours-file.ts';

const {signal} = new AbortController();
const start = '2026-01-01T00:00:00Z';

function clientOf({url}: Task): ZohoClient {
  const credentials = {clientId: 'bench', clientSecret: 'bench', refreshToken: 'bench'};
  return createClient({apiDomain: url, credentials, clock: systemClock, log: silent});
}

/** How often to check whether everything is captured. */
const lookMs = 2;

/**
 * A whole capture as Flow runs it, stopped when everything is captured: jobs, downloads,
 * checkpoints, a sweep with its deletions.
 */
export async function overHttp(task: Task): Promise<number> {
  const client = clientOf(task);
  const bindings = Array.from({length: task.bindings}, (_, index) => ({
    target: targetAt(index),
    resource: {name: `Bench${index}`, intervalMs: 3_600_000},
    progress: newProgress(`Bench${index}`),
  }));
  const sink = new FlowSink(new DescriptorOutput(1, () => process.stdout), signal);
  const state = task.coql
    ? sweepingFrom(
        start,
        bindings.map(({target}) => target.stateKey),
      )
    : {};
  const stop = new AbortController();
  const options = {client, clock: systemClock, log: silent, sink, bindings, state, startDate: start, once: false};
  const running = runCapture({...options, signal: stop.signal});
  const due = task.page.rows * task.pages;
  const isDone = ({range, documents, sweeps}: BindingProgress): boolean => range === undefined && documents >= due && sweeps > 0;
  const watching = (async () => {
    while (!bindings.every(({progress}) => isDone(progress))) {
      for (const {progress} of bindings) if (progress.fault !== undefined) throw new Error(progress.fault);
      await delay(lookMs);
    }
  })();
  await Promise.race([running, watching]).finally(() => stop.abort());
  await running;
  await client.close();
  return bindings.reduce((sum, {progress}) => sum + progress.documents, 0);
}

/** State of bindings that are backfilled and swept to `cursor`. */
function sweepingFrom(cursor: string, stateKeys: readonly string[]): object {
  const binding = {start, inc: {cursor}, deleted: {cursor}, last_initialized: start};
  return {bindingStateV1: Object.fromEntries(stateKeys.map((key) => [key, binding]))};
}

/**
 * The pages of one binding, submitting each job only after the page before it is written, as the
 * older connector does.
 */
export async function oneAfterAnother(task: Task): Promise<number> {
  class NothingAhead extends Semaphore {
    override tryAcquire(): undefined {
      return undefined;
    }
  }
  const client = clientOf(task);
  const module = 'Bench0';
  const fields = shapeOf(task.page.shape).columns.map(({name}) => name);
  const cutoff = new Date(1_000 * (await client.nowSeconds(signal))).toISOString();
  const range = {module, slices: [fields], fields: new Map(), fromS: Date.parse(start) / 1_000, done: {backfill: null}};
  const context = {client, clock: systemClock, signal, progress: newProgress(module)};
  const slots = {jobSlots: new NothingAhead(1), pageSlots: new Semaphore(1)};
  const count = await emit(bulkRows(range, {cutoff}, {...context, ...slots}), task.page.shape);
  await client.close();
  return count;
}
