/** Jobs of Bulk Read: waiting for one, and having the next one worked on meanwhile. */
import {ZohoError} from '../errors/errors.ts';
import {jobWaitMaxMs, resultWaitMaxMs, unknownStateMaxMs} from '../limits.ts';
import type {Clock} from '../platform/clock.ts';
import type {Release, Semaphore} from '../platform/semaphore.ts';
import type {BulkJob, ZohoClient} from '../zoho/api.ts';
import {pollDelayMs} from '../zoho/bulk.ts';

/** Where the source says how far it is. */
export interface BulkProgress {
  /** What it is doing, in a few words. */
  phase: string;
  /** Rows received so far. */
  rows: number;
  /** Rows of the page being read, as Zoho counted them. */
  pageRows: number | undefined;
}

export interface JobContext {
  readonly client: ZohoClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: BulkProgress;
  /** Jobs that Zoho works on, of all bindings. */
  readonly jobSlots: Semaphore;
}

/**
 * Resolves with a finished job that tells of its result; throws kind `failed` with Zoho's reason or when it does not tell of one for long, or
 * `lost` when the job does not end in a time no job takes.
 */
export async function awaitJob(job: string, {client, clock, signal, progress}: JobContext): Promise<BulkJob> {
  progress.phase = 'waiting for job';
  const since = clock.elapsedMs();
  let unusableSince: number | undefined;
  for (;;) {
    const status = await client.job(job, signal);
    if (status.state === 'completed' && tellsResult(status)) return status;
    if (status.state === 'failed')
      throw new ZohoError('failed', `Bulk read job ${job} failed: ${status.reason ?? 'Zoho gives no reason'}`);
    unusableSince = status.state === 'pending' ? undefined : (unusableSince ?? clock.elapsedMs());
    const oddMs = unusableSince === undefined ? 0 : clock.elapsedMs() - unusableSince;
    if (status.state === 'completed' && oddMs > resultWaitMaxMs)
      throw new ZohoError('failed', `Cannot use bulk read job ${job}: it is completed, but Zoho does not tell its result`);
    if (status.state === 'unknown' && oddMs > unknownStateMaxMs)
      throw new ZohoError('failed', `Bulk read job ${job} stays in the unknown state ${status.reason}`);
    const waitedMs = clock.elapsedMs() - since;
    if (waitedMs > jobWaitMaxMs)
      throw new ZohoError('lost', `Bulk read job ${job} did not finish within ${jobWaitMaxMs / 3_600_000} hours`);
    await clock.sleep(pollDelayMs(waitedMs), signal);
  }
}

/** Without any of it, the job would look as if it were the last page, and empty or not. */
function tellsResult({count, more, nextPageToken}: BulkJob): boolean {
  return count !== undefined || more !== undefined || nextPageToken !== undefined;
}

/** Takes a place among `slots`, and says meanwhile what it waits to start. */
export async function waitFor(what: string, slots: Semaphore, {progress, signal}: JobContext): Promise<Release> {
  progress.phase = `waiting to start a ${what}`;
  return slots.acquire(signal);
}

/**
 * The following page's job: submitted while the present page is downloaded, so that Zoho works on it
 * meanwhile.
 */
export class NextJob {
  readonly #context: JobContext;
  readonly #pageToken: string | undefined;
  #job: Promise<string | undefined>;
  #submitted: string | undefined;
  #release: Release | undefined;

  /** `known` is the job that was submitted before; without `pageToken` no page follows. */
  constructor(known: string | undefined, pageToken: string | undefined, context: JobContext) {
    this.#job = Promise.resolve(known);
    this.#pageToken = known === undefined ? pageToken : undefined;
    this.#context = context;
  }

  /** Submits the job, once, if a place among the running jobs is free. */
  submit(): void {
    const {client, jobSlots, signal} = this.#context;
    if (this.#pageToken === undefined || this.#release !== undefined) return;
    this.#release = jobSlots.tryAcquire();
    if (this.#release === undefined) return;
    // A refusal is met again, and handled, when the page itself is due.
    this.#job = client.createJob({pageToken: this.#pageToken}, signal).then(
      (id) => (this.#submitted = id),
      () => undefined,
    );
  }

  /** The job; undefined when it could not be submitted ahead, which costs time but nothing else. */
  get job(): Promise<string | undefined> {
    return this.#job;
  }

  /** The part of a patch that records the job, once, as soon as it is known. */
  takePatch(): {next_job?: string} {
    const next_job = this.#submitted;
    this.#submitted = undefined;
    return next_job === undefined ? {} : {next_job};
  }

  release(): void {
    this.#release?.();
  }
}
