/** A capture: all bindings run concurrently, into one sink. */

import type {ResourceConfig} from '../config/config.ts';
import {coqlIdsMax, emittedIdsMax, filterIdsMax, jobsAtOnce, pagesAtOnce, refreshedIdsMax, sweepsAtOnce} from '../limits.ts';
import type {Clock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import {Semaphore} from '../platform/semaphore.ts';
import type {Sink, Target} from '../sinks/sink.ts';
import {PageSize} from '../sources/page-size.ts';
import type {ZohoClient} from '../zoho/api.ts';
import {CreditReserve} from './credit-reserve.ts';
import {OutageLine} from './outage-line.ts';
import type {BindingProgress} from './progress.ts';
import {type RunBindingOptions, runBinding} from './run-binding.ts';
import {parseSchedule} from './schedule.ts';
import type {Shared} from './shared.ts';
import {runSnapshots} from './snapshots/run-snapshots.ts';
import {reportStatus} from './status.ts';
import {WatchedSink} from './watched-sink.ts';

export interface CaptureBinding {
  readonly target: Target;
  readonly resource: ResourceConfig;
  readonly progress: BindingProgress;
  /**
   * Whether it is captured as a snapshot: the module has no `Modified_Time`, or its collection is
   * that of such a module.
   */
  readonly snapshot?: boolean | undefined;
  /** Start of this binding, if it differs from the others'. */
  readonly startDate?: string | undefined;
}

export interface CaptureOptions {
  readonly client: ZohoClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly sink: Sink;
  readonly bindings: readonly CaptureBinding[];
  /** The saved state; `{}` at first. */
  readonly state: unknown;
  readonly startDate: string | undefined;
  readonly once: boolean;
  readonly signal: AbortSignal;
}

/**
 * Captures all bindings until the signal aborts, or with `once` until each is up to date. Rejects
 * with the first failure that concerns all of them, after the others have stopped. A module's own
 * fault appears only in its progress and the log. Everything written to the sink before is
 * complete.
 */
export async function runCapture(options: CaptureOptions): Promise<void> {
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const sink = new WatchedSink(options.sink);
  const credits = new CreditReserve(
    () => options.client.spent().remaining,
    options.bindings.map(({resource}) => resource.intervalMs),
  );
  const shared: Shared = {
    ...options,
    sink,
    jobSlots: new Semaphore(jobsAtOnce),
    pageSlots: new Semaphore(pagesAtOnce),
    sweepSlots: new Semaphore(sweepsAtOnce),
    outageOf: new Map(),
    outages: new OutageLine(options.clock),
    unscoped: new Set<number>(),
    filterIds: {ids: filterIdsMax},
    emittedIds: {ids: emittedIdsMax},
    refreshedIds: {ids: refreshedIdsMax},
    listSize: new PageSize({most: coqlIdsMax}),
    credits,
  };
  const lives = options.bindings.map(({target, resource, progress, startDate = options.startDate, snapshot}) => {
    const life: RunBindingOptions = {
      target,
      module: resource.name,
      intervalMs: resource.intervalMs,
      schedule: resource.schedule === undefined ? undefined : parseSchedule(resource.schedule),
      progress,
      shared,
      saved: options.state,
      startDate,
      once: options.once,
    };
    return () => (snapshot === true ? runSnapshots(life, signal) : runBinding(life, signal));
  });
  const status = reportStatus(options.bindings, {...options, credits}, signal);
  const running = lives.map((run) => run());
  // A shard without bindings lasts until the signal aborts as well.
  if (!options.once) running.push(status);
  try {
    await Promise.all(running);
  } catch (error) {
    ended.abort(error);
    await Promise.allSettled(running);
    if (!options.signal.aborted) throw error;
  } finally {
    ended.abort();
    await status;
    await options.sink.close();
  }
}
