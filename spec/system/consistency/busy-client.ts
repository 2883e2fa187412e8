import type {DeletedRows, ZohoClient} from '../../../lib/zoho/api.ts';
import {Http} from '../../../lib/zoho/http.ts';

export interface Hooks {
  /** Called before a query, which waits for it. */
  beforeCoql?(query: string): void | Promise<void>;
  /** Called before the fields of a module are read and before a job is created, with the module. */
  beforeFields?(module: string): void;
  beforeCreate?(query: string): void;
  /** Called before a page of deletions is requested, which waits for it. */
  beforeDeleted?(page: number): void | Promise<void>;
  /** Called when a page of deletions was answered. */
  afterDeleted?(page: number): void;
  /** Replaces the answer for a page of deletions. */
  changeDeleted?(answer: DeletedRows | null): DeletedRows | null;
}

/**
 * Query answers being read, by origin. A query that waits for limits looks the same from outside.
 */
const queryBodies = new Map<string, number>();
const {send} = Http.prototype;
Http.prototype.send = async function (request, signal) {
  const answer = await send.call(this, request, signal);
  const {origin, path} = request;
  if (path !== '/crm/v8/coql') return answer;
  const count = (by: number): unknown => queryBodies.set(origin, (queryBodies.get(origin) ?? 0) + by);
  const bytes = answer.bytes.bind(answer);
  answer.bytes = async function* (bytesMax) {
    count(1);
    try {
      yield* bytes(bytesMax);
    } finally {
      count(-1);
    }
  };
  return answer;
};

/** Calls of one client. */
export class BusyClient {
  readonly client: ZohoClient;
  /** Calls in progress, including waits within the client. */
  calls = 0;
  /** Downloads being read. */
  #downloads = 0;
  /** Grows with every event. */
  steps = 0;

  constructor(client: ZohoClient, hooks: Hooks = {}) {
    const busy = this;
    this.client = {
      nowSeconds: (signal) => this.#call(() => client.nowSeconds(signal)),
      modules: (signal) => this.#call(() => client.modules(signal)),
      fields: async (module, signal) => {
        hooks.beforeFields?.(module);
        return this.#call(() => client.fields(module, signal));
      },
      createJob: async (query, signal) => {
        hooks.beforeCreate?.(JSON.stringify(query));
        return this.#call(() => client.createJob(query, signal));
      },
      job: (id, signal) => this.#call(() => client.job(id, signal)),
      async *download(id, signal) {
        busy.calls++;
        let reading = false;
        try {
          for await (const piece of client.download(id, signal)) {
            if (!reading) busy.#downloads++;
            reading = true;
            busy.steps++;
            yield piece;
          }
        } finally {
          if (reading) busy.#downloads--;
          busy.calls--;
          busy.steps++;
        }
      },
      coql: async (query, signal, options) => {
        await hooks.beforeCoql?.(query.text);
        return this.#call(() => client.coql(query, signal, options));
      },
      count: (module, fromS, signal) => this.#call(() => client.count(module, fromS, signal)),
      deleted: async (module, sinceSeconds, page, signal) => {
        await hooks.beforeDeleted?.(page);
        const answer = await this.#call(() => client.deleted(module, sinceSeconds, page, signal));
        hooks.afterDeleted?.(page);
        return hooks.changeDeleted ? hooks.changeDeleted(answer) : answer;
      },
      scopes: (signal) => this.#call(() => client.scopes(signal)),
      spent: () => client.spent(),
      origin: client.origin,
      close: () => client.close(),
    };
  }

  /** Whether a body is being read. */
  get reads(): boolean {
    return this.#downloads > 0 || (queryBodies.get(this.client.origin) ?? 0) > 0;
  }

  async #call<T>(make: () => Promise<T>): Promise<T> {
    this.calls++;
    this.steps++;
    try {
      return await make();
    } finally {
      this.calls--;
      this.steps++;
    }
  }
}
