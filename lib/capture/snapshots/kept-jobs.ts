/** The jobs of a snapshot, whose files are read twice. */
import type {ZohoClient} from '../../zoho/api.ts';
import {overriding} from '../../zoho/overriding.ts';

export interface KeptJobs {
  /** A client that notes which job each query got. */
  readonly noting: ZohoClient;
  /** One that gives the noted job to the first who asks the same query again, so that nothing is exported twice. */
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
        // Whoever asks again needs another: the noted one was lost, or its file was damaged.
        jobs.delete(key);
        return job ?? client.createJob(query, signal);
      },
    }),
  };
}
