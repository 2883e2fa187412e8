import type {ZohoClient} from '../zoho/api.ts';
import {overriding} from '../zoho/overriding.ts';
import {creditsOf} from '../zoho/usage.ts';

export interface Tally {
  /**
   * The client, which counts the calls of a backfill: jobs, checks of jobs, downloads. Retries
   * within the client are not counted.
   */
  readonly client: ZohoClient;
  credits(): number;
}

export function tally(client: ZohoClient): Tally {
  let credits = 0;
  return {
    credits: () => credits,
    client: overriding(client, {
      createJob(query, signal) {
        credits += creditsOf.create;
        return client.createJob(query, signal);
      },
      job(id, signal) {
        credits += creditsOf.job;
        return client.job(id, signal);
      },
      download(id, signal) {
        credits += creditsOf.download;
        return client.download(id, signal);
      },
    }),
  };
}
