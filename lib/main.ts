/** The process: the only file that touches arguments, environment, standard streams, signals and the exit code. */
import type {Writable} from 'node:stream';
import type {Host} from './commands/host.ts';
import {exitCodeOf} from './errors/errors.ts';
import {stopCommandMs, stopConnectorMs} from './limits.ts';
import {jsonLog, type Level, levelOf, textLog} from './platform/log.ts';
import {DescriptorOutput} from './platform/stdout.ts';

const {argv, env, stdin, stderr} = process;
const args = argv.slice(2);
const connecting = args.length === 0 && !stdin.isTTY;
// Looking at `process.stdout` is enough to make its descriptor one that does not block, so the connector does not.
const stdout = connecting ? new DescriptorOutput(1, () => process.stdout) : process.stdout;
const level = levelOf(env.LOG_LEVEL);
const stop = new AbortController();

/** A Ctrl-C at a terminal reaches this process twice when a parent passes it on as well. */
const sameKeyMs = 250;
let stoppedMs: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt());
// The launcher for older versions of node is the parent then; without it nobody waits for this process.
process.on('disconnect', () => interrupt());
process.channel?.unref();

// Standard streams do not remember their errors. When nobody reads any more, what is left to do is to stop; a failure of stderr has
// nowhere to be reported.
let unread = false;
stdout.on('error', () => {
  unread = true;
  stop.abort(new Error('Nobody reads the output any more'));
});
stderr.on('error', () => {});
process.on('uncaughtException', (error) => {
  report(error);
  end(1);
});

const code = connecting ? await connect() : await command();
await Promise.all([delivered(stdout), delivered(stderr)]);
end(code);

/** Asks everything to stop, once; the second time, and when stopping takes too long, the process ends as it is. */
function interrupt(): void {
  const nowMs = performance.now();
  if (stoppedMs !== undefined) {
    if (nowMs - stoppedMs > sameKeyMs) end(interruptedCode());
    return;
  }
  stoppedMs = nowMs;
  stop.abort(new Error('Interrupted'));
  setTimeout(() => end(interruptedCode()), connecting ? stopConnectorMs : stopCommandMs).unref();
}

/** Ends the process as it is. One that is stuck in a write, because nobody reads, can only be killed. */
function end(code: number): void {
  if (stdout instanceof DescriptorOutput && stdout.isStuck) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}

function interruptedCode(): number {
  return connecting ? 1 : 130;
}

async function connect(): Promise<number> {
  const log = jsonLog((line) => stderr.write(line), level);
  try {
    const [{serve}, {connectorHandlers}, {systemClock}] = await Promise.all([
      import('./connector/serve.ts'),
      import('./connector/handlers.ts'),
      import('./platform/clock.ts'),
    ]);
    const handlers = connectorHandlers({clock: systemClock, log, loopback: env.SOURCE_ZOHO_LOOPBACK});
    await serve({input: stdin, output: stdout, handlers, log, signal: stop.signal});
    return 0;
  } catch (error) {
    report(error);
    return exitCodeOf(error);
  }
}

async function command(): Promise<number> {
  try {
    const {runCli} = await import('./cli.ts');
    const code = await runCli(hostOf(level), args.length === 0 ? ['--help'] : args);
    return unread ? 0 : code;
  } catch (error) {
    // What a reader of the output did not want to see is no failure.
    if (unread) return 0;
    if (stoppedMs !== undefined) return 130;
    report(error);
    return exitCodeOf(error);
  }
}

function hostOf(least: Level): Host {
  return {
    env,
    input: stdin,
    output: stdout,
    messages: stderr,
    screen: stderr.isTTY ? {columns: () => stderr.columns, rows: () => stderr.rows} : undefined,
    colors: stderr.isTTY && env.NO_COLOR === undefined && env.TERM !== 'dumb',
    log: textLog((line) => stderr.write(line), least),
    signal: stop.signal,
  };
}

/** Tells the reason of a failure, last. How it came about is for those who look closer. */
function report(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error && (level === 'debug' || level === 'trace') ? error.stack : undefined;
  if (connecting) jsonLog((line) => stderr.write(line), level)('error', message, stack === undefined ? undefined : {stack});
  else stderr.write(`source-zoho: ${stack ?? message}\n`);
}

/** Resolves when a stream has nothing left to write, or can write nothing any more. */
function delivered(stream: Writable): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
