import type {ZohoClient} from '../zoho/api.ts';
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
    client: {
      origin: client.origin,
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
      nowSeconds: (signal) => client.nowSeconds(signal),
      modules: (signal) => client.modules(signal),
      fields: (module, signal) => client.fields(module, signal),
      coql: (query, read, signal) => client.coql(query, read, signal),
      deleted: (module, sinceSeconds, page, signal) => client.deleted(module, sinceSeconds, page, signal),
      scopes: (signal) => client.scopes(signal),
      spent: () => client.spent(),
      close: () => client.close(),
    },
  };
}
