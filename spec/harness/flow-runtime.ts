/**
 * Drives the connector's process as the Flow runtime would: spec, then open. Every line is read
 * strictly, and the process may be killed at any of them.
 */
import assert from 'node:assert/strict';
import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import type {Sandbox} from '../../lib/sandbox/server.ts';
import {differences, parseExact, type Reduced, rowDifferences, Session, Task} from './runtime.ts';

/** The connector's program. */
export const main = fileURLToPath(new URL('../../lib/main.ts', import.meta.url));

export interface TaskBinding {
  readonly module: string;
  readonly stateKey?: string;
  readonly interval?: string;
  readonly schedule?: string;
  /** Its module has no `Modified_Time`. */
  readonly snapshot?: boolean;
}

export interface TaskOptions {
  readonly bindings: readonly TaskBinding[];
  readonly startDate?: string;
  readonly range?: object;
}

export interface Ended {
  readonly session: Session;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly logs: readonly {readonly level: string; readonly message: string}[];
}

/** A capture task with its state and collections, over any number of sessions. */
export class FlowTask extends Task {
  readonly sandbox: Sandbox;
  readonly options: TaskOptions;

  constructor(sandbox: Sandbox, options: TaskOptions) {
    super();
    this.sandbox = sandbox;
    this.options = options;
  }

  /** The config for the sandbox's own user. */
  get config(): object {
    const {client_id, client_secret, refresh_token} = this.sandbox.credentials;
    const {startDate} = this.options;
    return {
      credentials: {
        credentials_title: 'OAuth Credentials',
        client_id,
        client_secret,
        refresh_token,
        api_domain: this.sandbox.url,
      },
      ...(startDate && {start_date: startDate}),
    };
  }

  collectionOf(binding: TaskBinding): string {
    return `acme/${binding.module}`;
  }

  /**
   * Runs one session until `until`, called after every line, returns true. `how` ends it: SIGKILL
   * leaves the rest unread, SIGTERM reads on to the end. Then `commit` decides how many of the
   * sequences read are committed; all by default.
   */
  async session(
    until: (session: Session, task: FlowTask) => boolean,
    how: 'SIGKILL' | 'SIGTERM' = 'SIGTERM',
    commit: (waiting: number) => number = (waiting) => waiting,
  ): Promise<Ended> {
    const {bindings} = this.options;
    const session = new Session(
      bindings.map((binding) => this.collectionOf(binding)),
      (i) => bindings[i]!.snapshot === true,
    );
    const env = {PATH: process.env.PATH, LOG_FORMAT: 'json', LOG_LEVEL: 'info'};
    const child = spawn(process.execPath, [main], {env});
    const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const logs = logged(child);
    child.stdin.on('error', () => {});
    child.stdin.write(`${JSON.stringify({spec: {connectorType: 'IMAGE', config: {}}})}\n`);
    child.stdin.write(`${JSON.stringify({open: this.openRequest()})}\n`);
    let spec = false;
    let stopped = false;
    for await (const line of linesOf(child.stdout)) {
      if (!spec) {
        assert.ok(line.startsWith('{"spec":'), 'spec is answered first');
        spec = true;
        continue;
      }
      if (stopped && how === 'SIGKILL') continue;
      try {
        session.read(line);
      } catch (error) {
        child.kill('SIGKILL');
        throw error;
      }
      if (!stopped && until(session, this)) {
        stopped = true;
        child.kill(how);
      }
    }
    const [code, signal] = await closed;
    if (how === 'SIGTERM') assert.equal(code, 0, logs.at(-1)?.message ?? 'no log');
    session.commit(this, commit(session.waiting));
    return {session, code, signal, logs};
  }

  /** The state of a binding as committed, or including what a session has read so far. */
  stateOf(binding: TaskBinding, session?: Session): Record<string, unknown> {
    const state = (session?.ahead(this.state) ?? this.state) as {bindingStateV1?: Record<string, Record<string, unknown>>};
    return state.bindingStateV1?.[binding.stateKey ?? binding.module] ?? {};
  }

  /**
   * Differences from the sandbox's truth, by module. Fields that no API, or only one, delivers do
   * not count.
   */
  differences(): string[] {
    const {org} = this.sandbox;
    return this.options.bindings.flatMap((binding) => {
      const {bulkOnly, coqlOnly, neither} = org.readers(binding.module);
      const rows = this.collections.of(this.collectionOf(binding));
      const records = function* (sinceS?: number): Generator<Reduced, void, void> {
        for (const text of org.truth(binding.module, sinceS)) yield parseExact(text) as Reduced;
      };
      if (binding.snapshot === true)
        return rowDifferences(rows, records(), new Set([...coqlOnly, ...neither])).map((text) => `${binding.module} ${text}`);
      const start = String(this.stateOf(binding).start);
      assert.ok(!Number.isNaN(Date.parse(start)), `${binding.module} was started`);
      const sinceS = Date.parse(start) / 1000;
      return differences(rows, records(sinceS), new Set([...bulkOnly, ...coqlOnly, ...neither])).map(
        (text) => `${binding.module} ${text}`,
      );
    });
  }

  /** The request that begins a session with the committed state. */
  openRequest(): object {
    const {range} = this.options;
    const bindings = this.options.bindings.map((binding) => ({
      resourceConfig: {
        name: binding.module,
        interval: binding.interval ?? 'PT0S',
        schedule: binding.schedule ?? '',
        _meta: {path: [binding.module]},
      },
      resourcePath: [binding.module],
      collection: {
        name: this.collectionOf(binding),
        key: [binding.snapshot === true ? '/_meta/row_id' : '/id'],
        writeSchema: {},
        projections: [],
      },
      stateKey: binding.stateKey ?? binding.module,
    }));
    return {
      capture: {name: 'acme/source-zoho', connectorType: 'IMAGE', config: this.config, bindings, intervalSeconds: 300},
      version: '1122334455667788',
      range: range ?? {keyEnd: 4_294_967_295, rClockEnd: 4_294_967_295},
      state: this.state,
    };
  }
}

/**
 * Whether every binding is backfilled and swept to a second after `sinceMs` of the sandbox's clock.
 */
export function caughtUp(sinceMs: number): (session: Session, task: FlowTask) => boolean {
  let seen = -1;
  return (session, task) => {
    if (session.checkpoints === seen) return false;
    seen = session.checkpoints;
    return task.options.bindings.every((binding) => {
      if (binding.snapshot === true) return isTaken(task.stateOf(binding, session), sinceMs);
      const {backfill, inc, deleted} = task.stateOf(binding, session) as {
        backfill?: unknown;
        inc?: {cursor: string; after?: string};
        deleted?: {cursor: string};
      };
      const past = (cursor: string | undefined) => cursor !== undefined && Date.parse(cursor) > sinceMs;
      return backfill == null && past(inc?.cursor) && inc?.after == null && past(deleted?.cursor);
    });
  };
}

/** Whether a snapshot began after a moment, and is complete. */
function isTaken(state: Record<string, unknown>, sinceMs: number): boolean {
  const {updated_at = '', last_digest} = (state.snapshot ?? {}) as {updated_at?: string; last_digest?: string};
  return last_digest !== undefined && Date.parse(updated_at) > sinceMs;
}

/** Lines end only at newlines. readline would also split at separators that text may contain. */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string, void, void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    const block: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let from = 0;
    for (let end = block.indexOf(10); end >= 0; end = block.indexOf(10, from)) {
      yield block.toString('utf8', from, end);
      from = end + 1;
    }
    rest = Buffer.from(block.subarray(from));
  }
}

/** Everything that a process logs, as it arrives. */
export function logged(child: ChildProcessWithoutNullStreams): {level: string; message: string}[] {
  const entries: {level: string; message: string}[] = [];
  createInterface({input: child.stderr}).on('line', (line) => entries.push(JSON.parse(line)));
  return entries;
}
