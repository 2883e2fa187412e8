import type {ZohoClient} from '../zoho/api.ts';
import {overriding} from '../zoho/overriding.ts';
import {creditsOf} from '../zoho/usage.ts';

export interface Tally {
  /** The client, with the calls of a backfill counted: jobs, looks at them, downloads. Repeated tries of a call are not seen from here. */
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
