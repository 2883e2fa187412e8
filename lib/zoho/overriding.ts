/** A client with some of its calls replaced. */
import type {ZohoClient} from './api.ts';

/** Passes every call on to `client`, except those in `calls`. Closing it closes `client`. */
export function overriding(client: ZohoClient, calls: Partial<ZohoClient>): ZohoClient {
  return {
    origin: client.origin,
    createJob: (query, signal) => client.createJob(query, signal),
    job: (id, signal) => client.job(id, signal),
    download: (id, signal) => client.download(id, signal),
    nowSeconds: (signal) => client.nowSeconds(signal),
    modules: (signal) => client.modules(signal),
    fields: (module, signal) => client.fields(module, signal),
    coql: (query, signal, options) => client.coql(query, signal, options),
    count: (module, fromS, signal) => client.count(module, fromS, signal),
    deleted: (module, sinceSeconds, page, signal) => client.deleted(module, sinceSeconds, page, signal),
    scopes: (signal) => client.scopes(signal),
    spent: () => client.spent(),
    close: () => client.close(),
    ...calls,
  };
}
