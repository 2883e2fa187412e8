/** The jobs of a snapshot, whose files are read twice. */
import type {ZohoClient} from '../../zoho/api.ts';
import {overriding} from '../../zoho/overriding.ts';

export interface KeptJobs {
  /** A client that records the job of each query. */
  readonly noting: ZohoClient;
  /**
   * A client that returns the recorded job for the first repetition of a query, so that nothing is
   * exported twice.
   */
  readonly reusing: ZohoClient;
}

export function keptJobs(client: ZohoClient): KeptJobs {
  const jobs = new Map<string, string>();
  return {
    noting: overriding(client, {
      async createJob(query, signal) {
        const job = await client.createJob(query, signal);
        jobs.set(JSON.stringify(query), job);
        return job;
      },
    }),
    reusing: overriding(client, {
      async createJob(query, signal) {
        const key = JSON.stringify(query);
        const job = jobs.get(key);
        // A further repetition needs another job: the recorded one was lost, or its file was
        // damaged.
        jobs.delete(key);
        return job ?? client.createJob(query, signal);
      },
    }),
  };
}
