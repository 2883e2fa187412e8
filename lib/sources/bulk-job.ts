/** Bulk Read jobs: waiting for one, and submitting the next one meanwhile. */
import {ZohoError} from '../errors/errors.ts';
import {jobWaitMaxMs, resultWaitMaxMs, unknownStateMaxMs} from '../limits.ts';
import type {Clock} from '../platform/clock.ts';
import type {Release, Semaphore} from '../platform/semaphore.ts';
import type {BulkJob, ZohoClient} from '../zoho/api.ts';
import {pollDelayMs} from '../zoho/bulk.ts';

/** Receives the progress of the source. */
export interface BulkProgress {
  /** What it is doing, in a few words. */
  phase: string;
  /** Rows received so far. */
  rows: number;
  /** Rows of the current page, as Zoho counted them. */
  pageRows: number | undefined;
}

export interface JobContext {
  readonly client: ZohoClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: BulkProgress;
  /** Concurrent jobs, of all bindings. */
  readonly jobSlots: Semaphore;
}

/**
 * Resolves with a completed job and its result. Throws kind `failed` with Zoho's reason, or if the
 * result stays missing for long, and kind `lost` if the job takes longer than any job does.
 */
export async function awaitJob(job: string, {client, clock, signal, progress}: JobContext): Promise<BulkJob> {
  progress.phase = 'waiting for job';
  const since = clock.elapsedMs();
  let unusableSince: number | undefined;
  for (;;) {
    const status = await client.job(job, signal);
    if (status.state === 'completed' && describesResult(status)) return status;
    if (status.state === 'failed')
      throw new ZohoError('failed', `Bulk read job ${job} failed: ${status.reason ?? 'Zoho gave no reason'}`);
    const nowMs = clock.elapsedMs();
    unusableSince = status.state === 'pending' ? undefined : (unusableSince ?? nowMs);
    const unusableMs = nowMs - (unusableSince ?? nowMs);
    if (status.state === 'completed' && unusableMs > resultWaitMaxMs)
      throw new ZohoError('failed', `Cannot use bulk read job ${job}: it is complete, but Zoho does not describe its result`);
    if (unusableMs > unknownStateMaxMs)
      throw new ZohoError('failed', `Bulk read job ${job} stays in the unknown state ${status.reason}`);
    const waitedMs = nowMs - since;
    if (waitedMs > jobWaitMaxMs)
      throw new ZohoError('lost', `Bulk read job ${job} did not finish within ${jobWaitMaxMs / 3_600_000} hours`);
    await clock.sleep(pollDelayMs(waitedMs), signal);
  }
}

/**
 * Whether Zoho describes the result. Without a description, the job would look like an empty or a
 * last page.
 */
function describesResult({count, more, nextPageToken}: BulkJob): boolean {
  return count !== undefined || more !== undefined || nextPageToken !== undefined;
}

/** Acquires a slot, and shows what it waits for. */
export async function waitFor(what: string, slots: Semaphore, {progress, signal}: JobContext): Promise<Release> {
  progress.phase = `waiting to start a ${what}`;
  return slots.acquire(signal);
}

/**
 * The next page's job, submitted while the current page is downloaded, so that Zoho works on it
 * meanwhile.
 */
export class NextJob {
  readonly #context: JobContext;
  readonly #pageToken: string | undefined;
  #job: Promise<string | undefined>;
  #submitted: string | undefined;
  #release: Release | undefined;

  /** `known` is the job if it was submitted before. Without `pageToken`, no page follows. */
  constructor(known: string | undefined, pageToken: string | undefined, context: JobContext) {
    this.#job = Promise.resolve(known);
    this.#pageToken = known === undefined ? pageToken : undefined;
    this.#context = context;
  }

  /** Submits the job, once, if a slot is free. */
  submit(): void {
    const {client, jobSlots, signal} = this.#context;
    if (this.#pageToken === undefined || this.#release !== undefined) return;
    this.#release = jobSlots.tryAcquire();
    if (this.#release === undefined) return;
    // A rejection is met again, and handled, when the page itself is due.
    this.#job = client.createJob({pageToken: this.#pageToken}, signal).then(
      (id) => (this.#submitted = id),
      () => undefined,
    );
  }

  /** The job. Undefined if it could not be submitted ahead, which only costs time. */
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
