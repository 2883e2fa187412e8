/**
 * A capture of the sandbox in this process, both on one clock that jumps. Days pass in seconds,
 * without real waiting.
 */
import {getEventListeners} from 'node:events';
import {Writable} from 'node:stream';
import {setTimeout as delay, setImmediate as turn} from 'node:timers/promises';
import {runCapture} from '../../../lib/capture/capture.ts';
import {newProgress} from '../../../lib/capture/progress.ts';
import type {Level} from '../../../lib/platform/log.ts';
import {strictDialect} from '../../../lib/sandbox/coql/switches.ts';
import {type Sandbox, type SandboxOptions, startSandbox} from '../../../lib/sandbox/server.ts';
import {FlowSink} from '../../../lib/sinks/flow.ts';
import {type ClientOptions, createClient} from '../../../lib/zoho/client.ts';
import {caughtUp, FlowTask, type TaskBinding} from '../../harness/flow-runtime.ts';
import {parseExact, type Reduced, Session} from '../../harness/runtime.ts';
import {BusyClient, type Hooks} from './busy-client.ts';
import {JumpClock} from './jump-clock.ts';

export interface JumpBinding extends TaskBinding {
  readonly intervalMs?: number;
}

export interface JumpOptions extends Omit<SandboxOptions, 'clock'> {
  readonly bindings: readonly JumpBinding[];
  readonly startDate?: string;
  readonly hooks?: Hooks;
  /** Of the client, in real time. */
  readonly timeouts?: ClientOptions['timeouts'];
  /** Whether unexpected failures of the connector are part of the spec. Otherwise they fail it. */
  readonly unexpected?: true;
  /** Called with every document as it is written. */
  readonly onDocument?: (module: string, doc: Reduced) => void;
}

/** Real time without activity after which pending calls are assumed to wait for the clock. */
const quietTurnsMs = 3;

/** A task, its sandbox and their clock. At most one session runs at a time. */
export class JumpCapture {
  readonly clock: JumpClock;
  readonly sandbox: Sandbox;
  readonly task: FlowTask;
  readonly options: JumpOptions;
  readonly logs: string[] = [];
  /** The latest schema of each module's documents. */
  readonly schemas = new Map<string, {readonly properties: Readonly<Record<string, unknown>>}>();
  /** Every property that any schema ever had, as `Module.property`. */
  readonly everDescribed = new Set<string>();
  bindings: readonly JumpBinding[];
  startDate: string | undefined;
  documents = 0;
  checkpoints = 0;
  #running: Running | undefined;

  private constructor(options: JumpOptions, clock: JumpClock, sandbox: Sandbox) {
    this.options = options;
    this.clock = clock;
    this.sandbox = sandbox;
    this.bindings = options.bindings;
    this.startDate = options.startDate;
    this.task = new FlowTask(sandbox, options);
  }

  /** Runs a case with a capture, and checks at the end that the sandbox itself has not failed. */
  static async with(options: JumpOptions, use: (capture: JumpCapture) => Promise<void>): Promise<void> {
    const clock = new JumpClock();
    const {switches} = options;
    // Every query of a capture should be acceptable to the strictest organisation.
    const strict = {...switches, coql: {...strictDialect, ...switches?.coql}};
    const sandbox = await startSandbox({...options, switches: strict, clock});
    const capture = new JumpCapture(options, clock, sandbox);
    try {
      await use(capture);
      const unexpected = capture.logs.find((line) => / unexpected .* in the connector/.test(line));
      if (options.unexpected === undefined && unexpected !== undefined) throw new Error(unexpected);
      if (sandbox.failures.length > 0) throw new AggregateError(sandbox.failures, 'The sandbox itself has failed');
    } finally {
      await capture.kill();
      await sandbox.close();
    }
  }

  /** Begins a session from the committed state. */
  start(): void {
    if (this.#running) throw new Error('Cannot start a second session, one is running');
    this.#running = new Running(this);
  }

  /** Runs a session that ends by itself when it is up to date, and commits its output. */
  async once(): Promise<void> {
    if (this.#running) throw new Error('Cannot start a second session, one is running');
    const running = new Running(this, true);
    this.#running = running;
    await this.until(() => running.over);
    await this.kill();
  }

  /** Lets time pass until `done`. Fails after `limitMs` of the clock, or when the capture ends. */
  async until(done: () => boolean, limitMs = 6 * 3_600_000): Promise<void> {
    const running = this.#session;
    const endMs = this.clock.nowMs() + limitMs;
    for (;;) {
      await running.settled(this.sandbox);
      if (running.failure !== undefined) throw running.failure;
      if (done()) return;
      if (!this.clock.jump(endMs))
        throw new Error(`It was not so within ${limitMs / 1000} s: ${running.phases}; ${this.logs.at(-1)}`);
    }
  }

  /** Lets this much time pass. */
  async pass(ms: number): Promise<void> {
    const endMs = this.clock.nowMs() + ms;
    const running = this.#session;
    do {
      await running.settled(this.sandbox);
      if (running.failure !== undefined) throw running.failure;
    } while (this.clock.jump(endMs));
    this.clock.advance(endMs - this.clock.nowMs());
  }

  /** Waits until all earlier changes are captured, and no backfill or refresh runs. */
  async catchUp(limitMs?: number): Promise<void> {
    const reached = caughtUp(this.clock.nowMs());
    await this.until(() => reached(this.session, this.task), limitMs);
  }

  get session(): Session {
    return this.#session.session;
  }

  /** A binding's state with everything written so far. */
  state(module: string): Record<string, unknown> {
    const binding = this.bindings.find((other) => other.module === module) ?? {module};
    return this.task.stateOf(binding, this.#running?.session);
  }

  /**
   * Ends the session as SIGKILL would. `commit` sequences of its output are kept, all by default.
   */
  async kill(commit?: number): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    await running.end();
    running.session.commit(this.task, commit);
  }

  /** Listeners for the session's end. */
  get stopListeners(): number {
    return this.#session.stopListeners;
  }

  /** Commits everything written so far, as the runtime does continuously. */
  commit(): void {
    this.session.commit(this.task);
  }

  /** Commits, and compares with the sandbox's truth. */
  differences(): string[] {
    this.#running?.session.commit(this.task);
    return this.task.differences();
  }

  get #session(): Running {
    if (!this.#running) throw new Error('Cannot look at a session, none is running');
    return this.#running;
  }
}

/** One session. */
class Running {
  readonly session: Session;
  failure: Error | undefined;
  /** Whether it has ended by itself. */
  over = false;
  readonly #stop = new AbortController();
  readonly #busy: BusyClient;
  readonly #progress: readonly ReturnType<typeof newProgress>[];
  readonly #ended: Promise<void>;
  #dead = false;
  /** Waits of the client that have ended. */
  #woken = 0;
  /** All counters when pending calls were last found to wait for the clock. */
  #quietAt = '';

  constructor(capture: JumpCapture, once = false) {
    const {clock, sandbox, task, bindings, options, logs} = capture;
    const log = (level: Level, message: string): void => void logs.push(`${level}: ${message}`);
    const {client_id, client_secret, refresh_token} = sandbox.credentials;
    const client = createClient({
      apiDomain: sandbox.url,
      credentials: {clientId: client_id, clientSecret: client_secret, refreshToken: refresh_token},
      clock: {
        nowMs: () => clock.nowMs(),
        elapsedMs: () => clock.elapsedMs(),
        sleep: (delayMs, signal) => clock.sleep(delayMs, signal).finally(() => this.#woken++),
      },
      log,
      random: () => 0.5,
      timeouts: options.timeouts,
    });
    this.#busy = new BusyClient(client, options.hooks);
    this.session = new Session(
      bindings.map((binding) => task.collectionOf(binding)),
      (i) => bindings[i]!.snapshot === true,
    );
    this.#progress = bindings.map(({module}) => newProgress(module));
    const output = linesTo((line) => {
      if (this.#dead) return;
      this.session.read(line);
      if (line.startsWith('{"captured"')) {
        capture.documents++;
        if (options.onDocument) see(line, bindings, options.onDocument);
      } else if (line.startsWith('{"checkpoint"')) capture.checkpoints++;
      else if (line.startsWith('{"sourcedSchema"')) {
        const {sourcedSchema} = JSON.parse(line);
        const {module} = bindings[sourcedSchema.binding ?? 0]!;
        capture.schemas.set(module, sourcedSchema.documentSchema);
        for (const name of Object.keys(sourcedSchema.documentSchema.properties)) capture.everDescribed.add(`${module}.${name}`);
      }
    });
    output.write('{"opened":{}}\n');
    this.#ended = runCapture({
      client: this.#busy.client,
      clock,
      log,
      sink: new FlowSink(output, this.#stop.signal),
      bindings: bindings.map((binding, index) => ({
        target: {index, stateKey: binding.stateKey ?? binding.module, collection: task.collectionOf(binding)},
        resource: {name: binding.module, intervalMs: binding.intervalMs ?? 300_000, schedule: binding.schedule},
        progress: this.#progress[index]!,
        snapshot: binding.snapshot,
      })),
      state: structuredClone(task.state),
      startDate: capture.startDate,
      once,
      signal: this.#stop.signal,
    })
      .then(
        () => {
          this.over = true;
          if (!once && !this.#stop.signal.aborted) this.failure = new Error('The capture has ended by itself');
        },
        (error: unknown) => {
          if (!this.#stop.signal.aborted) this.failure = error instanceof Error ? error : new Error(String(error));
        },
      )
      .finally(() => client.close());
  }

  get stopListeners(): number {
    return getEventListeners(this.#stop.signal, 'abort').length;
  }

  get phases(): string {
    return this.#progress.map(({name, phase, fault}) => `${name} ${phase}${fault ? ` (${fault})` : ''}`).join(', ');
  }

  /** Resolves when everything possible without time passing is done. */
  async settled(sandbox: Sandbox): Promise<void> {
    for (let i = 0; i < 4; i++) await turn();
    if (this.#quietAt === this.#place) return;
    for (let quietMs = 0; this.#busy.calls > 0 && quietMs < quietTurnsMs; ) {
      const before = this.#busy.steps;
      await delay(1);
      await turn();
      const still = this.#busy.steps === before && !this.#busy.reads;
      quietMs = still && idle(sandbox) ? quietMs + 1 : 0;
    }
    this.#quietAt = this.#place;
  }

  get #place(): string {
    return `${this.#busy.steps} ${this.#woken}`;
  }

  async end(): Promise<void> {
    this.#dead = true;
    this.#stop.abort(new Error('Killed'));
    await this.#ended;
  }
}

/** Whether the sandbox is answering nothing. */
function idle({meters}: Sandbox): boolean {
  return meters.kind('token').inFlight + meters.reading().inFlight === 0;
}

function see(line: string, bindings: readonly JumpBinding[], look: (module: string, doc: Reduced) => void): void {
  const {captured} = parseExact(line) as {captured: {binding?: string; doc: Reduced}};
  look(bindings[Number(captured.binding?.slice(1) ?? 0)]!.module, captured.doc);
}

/** Reads lines as Flow would. A line that breaks the protocol fails the stream. */
function linesTo(take: (line: string) => void): Writable {
  let rest = '';
  const decoder = new TextDecoder();
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const parts = (rest + decoder.decode(chunk, {stream: true})).split('\n');
      rest = parts.pop() ?? '';
      try {
        for (const line of parts) take(line);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
}
