/** Calls the sandbox as any client of Zoho would, with nothing of the connector's own. */
import assert from 'node:assert/strict';
import {unzipSync} from 'fflate';
import papaparse from 'papaparse';
import {manualClock} from '../../lib/sandbox/clock.ts';
import {type Sandbox, type SandboxOptions, startSandbox} from '../../lib/sandbox/server.ts';

export const startMs = Date.UTC(2026, 9, 1, 12);

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: replies are compared with literals, which is the check of their shape
  readonly body: any;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export class Caller {
  readonly sandbox: Sandbox;
  #token = '';

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  /** One that buys itself a new access token. */
  renewed(): Caller {
    return new Caller(this.sandbox);
  }

  async token(fields: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const body = new URLSearchParams({grant_type: 'refresh_token', ...this.sandbox.credentials, ...fields});
    return reply(await fetch(`${this.sandbox.url}/oauth/v2/token`, {method: 'POST', body}));
  }

  async call(path: string, {method = 'GET', headers = {}, body}: CallOptions = {}): Promise<Reply> {
    return reply(await this.#fetch(path, {method, headers, body}));
  }

  async coql(query: string): Promise<Reply> {
    return this.call('/crm/v8/coql', {method: 'POST', body: {select_query: query}});
  }

  /** Creates a job; its id. */
  async create(query: unknown): Promise<string> {
    const {status, body, text} = await this.call('/crm/bulk/v8/read', {method: 'POST', body: {query}});
    assert.equal(status, 201, text);
    return body.data[0].details.id;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as for replies
  async job(id: string): Promise<any> {
    const {body} = await this.call(`/crm/bulk/v8/read/${id}`);
    return body.data[0];
  }

  /** The bytes of a job's file. */
  async file(id: string): Promise<Uint8Array> {
    const response = await this.#fetch(`/crm/bulk/v8/read/${id}/result`, {method: 'GET', headers: {}, body: undefined});
    assert.equal(response.status, 200);
    return new Uint8Array(await response.arrayBuffer());
  }

  async rows(id: string): Promise<Record<string, string>[]> {
    const [csv] = Object.values(unzipSync(await this.file(id)));
    return parsed(new TextDecoder().decode(csv));
  }

  /** All rows of a query, page after page. `between` runs after each page. */
  async export(query: unknown, between: () => void = () => {}): Promise<Record<string, string>[]> {
    const rows: Record<string, string>[] = [];
    for (let next: unknown = query; next !== undefined; ) {
      const id = await this.create(next);
      const {result} = await this.job(id);
      rows.push(...(await this.rows(id)));
      next = result.more_records ? {page_token: result.next_page_token} : undefined;
      between();
    }
    return rows;
  }

  async #fetch(path: string, {method, headers, body}: Required<CallOptions>): Promise<Response> {
    if (this.#token === '') this.#token = (await this.token()).body.access_token;
    return fetch(this.sandbox.url + path, {
      method,
      headers: {authorization: `Zoho-oauthtoken ${this.#token}`, 'content-type': 'application/json', ...headers},
      ...(body !== undefined && {body: JSON.stringify(body)}),
    });
  }
}

async function reply(response: Response): Promise<Reply> {
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json');
  return {status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined};
}

export function parsed(csv: string): Record<string, string>[] {
  const {data, errors} = papaparse.parse<Record<string, string>>(csv, {header: true, skipEmptyLines: true, delimiter: ','});
  assert.deepEqual(errors, []);
  return data;
}

/** Runs `use` with a sandbox whose clock stands still, and checks that nothing in it broke. */
export async function withSandbox(
  options: SandboxOptions,
  use: (caller: Caller, sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox({clock: manualClock(startMs), records: 300, ...options});
  try {
    await use(new Caller(sandbox), sandbox);
    assert.deepEqual(sandbox.failures, []);
  } finally {
    await sandbox.close();
  }
}

/** Criteria for `Modified_Time` in `[fromS, toS)`. */
export function during(fromS: number, toS: number): unknown {
  const condition = (comparator: string, second: number) => ({
    field: {api_name: 'Modified_Time'},
    comparator,
    value: new Date(second * 1_000).toISOString().replace('.000Z', 'Z'),
  });
  return {group_operator: 'and', group: [condition('greater_equal', fromS), condition('less_than', toS)]};
}
