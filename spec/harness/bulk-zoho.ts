/**
 * Bulk Read behind the client's interface: jobs whose answers and files a case defines, without
 * server or clock.
 */
import {zipSync} from 'fflate';
import {newProgress} from '../../lib/capture/progress.ts';
import {Semaphore} from '../../lib/platform/semaphore.ts';
import type {BulkContext} from '../../lib/sources/bulk.ts';
import type {BulkJob, ZohoClient} from '../../lib/zoho/api.ts';
import type {BulkPage, BulkQuery} from '../../lib/zoho/bulk.ts';
import {ManualClock} from './clocks.ts';

/**
 * A completed job by default, and its file, or one for each download, of which the last repeats. An
 * error in place of a file fails its download.
 */
export interface JobAnswer extends Partial<BulkJob> {
  readonly csv?: string | Uint8Array | Error | readonly string[];
  /** Answers before that one. */
  readonly before?: readonly BulkJob[];
}

export interface BulkZoho {
  readonly client: Pick<ZohoClient, 'createJob' | 'job' | 'download' | 'nowSeconds'>;
  readonly context: BulkContext;
  readonly clock: ManualClock;
  /** `create`, `job` and `download`, each with its arguments, in order. */
  readonly calls: string[];
  /** Omitted rows and their places. */
  readonly leftOut: string[];
}

/** `answer` is called once for each job, whose id is the number of the call. */
export function bulkZoho(
  answer: (query: Partial<BulkQuery & BulkPage>, number: number) => JobAnswer | Promise<JobAnswer>,
  changes: Partial<BulkContext> = {},
): BulkZoho {
  const calls: string[] = [];
  const leftOut: string[] = [];
  const jobs = new Map<string, JobAnswer>();
  const polls = new Map<string, number>();
  const clock = new ManualClock();
  const client = {
    nowSeconds: async () => Math.floor(clock.nowMs() / 1_000),
    async createJob(query: BulkQuery | BulkPage) {
      const number = calls.filter((call) => call.startsWith('create')).length + 1;
      calls.push(`create ${'pageToken' in query ? query.pageToken : query.fields.join()}`);
      jobs.set(`j${number}`, await answer(query, number));
      return `j${number}`;
    },
    async job(id: string): Promise<BulkJob> {
      calls.push(`job ${id}`);
      const {csv: _, before = [], ...rest} = jobs.get(id) ?? {};
      const poll = polls.get(id) ?? 0;
      polls.set(id, poll + 1);
      return before[poll] ?? {state: 'completed', more: false, ...rest};
    },
    async *download(id: string) {
      calls.push(`download ${id}`);
      const download = calls.filter((call) => call === `download ${id}`).length;
      const given = jobs.get(id)?.csv ?? new Error(`no file of ${id}`);
      if (given instanceof Error) throw given;
      const csv = Array.isArray(given) ? (given[download - 1] ?? given.at(-1)) : given;
      yield zipSync({'rows.csv': Buffer.from(csv as Uint8Array)}, {level: 0}) as Uint8Array;
    },
  };
  const context: BulkContext = {
    client: client as unknown as ZohoClient,
    clock,
    signal: new AbortController().signal,
    progress: newProgress('Leads'),
    jobSlots: new Semaphore(3),
    pageSlots: new Semaphore(3),
    quarantine: {
      has: (digest) => leftOut.some((line) => line.endsWith(digest)),
      add: ({row, id, fault, digest}, page) => leftOut.push(`${page} row ${row} id ${id} ${fault} ${digest}`),
      addUnread: (rows, page) => leftOut.push(`${page}: ${rows} unread`),
    },
    ...changes,
  };
  return {client, context, clock, calls, leftOut};
}

/** A file with a row for each id. */
export function fileOf(...ids: readonly (number | string)[]): string {
  return ['Id,Modified_Time', ...ids.map((id) => `${id},2026-01-01T00:00:00+00:00`), ''].join('\n');
}
