/**
 * The process: the only file that touches arguments, environment, standard streams, signals and the
 * exit code.
 */
import type {Writable} from 'node:stream';
import {isatty} from 'node:tty';
import {type CommandContext, exit} from './commands/host.ts';
import {exitCodeOf} from './errors/errors.ts';
import {systemReason} from './errors/system.ts';
import {stopCommandMs, stopConnectorMs} from './limits.ts';
import {jsonLog, type Level, levelOf, textLog} from './platform/log.ts';
import {DescriptorOutput} from './platform/stdout.ts';

const {argv, env, stdin, stderr} = process;
const args = argv.slice(2);
const connecting = args.length === 0 && !stdin.isTTY;
// Node treats a short write to a file on a full disk as complete. Touching `process.stdout` is
// enough to make a pipe's descriptor non-blocking.
const stdout = !connecting && isatty(1) ? process.stdout : new DescriptorOutput(1, () => process.stdout);
const level = levelOf(env.LOG_LEVEL);
const stop = new AbortController();
/** Width of output that does not go to a terminal. */
const columnsDefault = 80;

/** When a parent process passes Ctrl-C on, this process receives it twice. */
const sameKeyMs = 250;
let stoppedMs: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt());
// The parent is then the launcher for older versions of node. When it is gone, nobody waits for
// this process.
process.on('disconnect', () => interrupt());
process.channel?.unref();

// A write beyond `ulimit -f` then fails like one to a full disk, instead of killing the process.
process.on('SIGXFSZ', () => {});

// Output that cannot be written stops everything. A failure of stderr cannot be reported. Node's
// own standard streams do not remember their errors.
let outputError: NodeJS.ErrnoException | undefined;
stdout.on('error', (error) => {
  outputError ??= error;
  stop.abort(error);
});
stderr.on('error', () => {});
process.on('uncaughtException', (error) => {
  report(error);
  end(1);
});

const code = connecting ? await connect() : await command();
await delivered(stdout);
const verdict = outputError === undefined ? code : withoutOutput(code, outputError);
await delivered(stderr);
end(verdict);

/**
 * Asks everything to stop. On the second call, or when stopping takes too long, the process exits
 * as it is.
 */
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

/** Exits at once. A process stuck in a write, because nobody reads, can only be killed. */
function end(code: number): void {
  if (stdout instanceof DescriptorOutput && stdout.isStuck) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}

function interruptedCode(): number {
  return connecting ? exit.failed : exit.interrupted;
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
    return exit.done;
  } catch (error) {
    // Reported at the end.
    if (stdout.errored) return interruptedCode();
    report(error);
    return exitCodeOf(error);
  }
}

async function command(): Promise<number> {
  try {
    const {runCli} = await import('./cli.ts');
    return await runCli(contextOf(level), args.length === 0 ? ['--help'] : args);
  } catch (error) {
    if (stoppedMs !== undefined) return exit.interrupted;
    const code = exitCodeOf(error);
    // The command stopped because its output failed, which is reported at the end.
    if (outputError !== undefined && code === exit.failed) return exit.interrupted;
    report(error);
    return code;
  }
}

/**
 * The exit code of a process whose output failed. A closed output pipe (EPIPE) is not a failure;
 * every other error is reported as one. Neither hides what the command itself found.
 */
function withoutOutput(code: number, error: NodeJS.ErrnoException): number {
  const stoppedByThis = code === interruptedCode() && stoppedMs === undefined;
  const own = stoppedByThis ? exit.done : code;
  if (error.code === 'EPIPE') return own;
  report(new Error(`Cannot write standard output: ${systemReason(error)}`));
  return own === exit.done ? exit.failed : own;
}

function contextOf(least: Level): CommandContext {
  const plain = env.NO_COLOR !== undefined && env.NO_COLOR !== '';
  const colored = (stream: {isTTY?: boolean}): boolean => stream.isTTY === true && !plain && env.TERM !== 'dumb';
  const terminal = stdout instanceof DescriptorOutput ? undefined : stdout;
  return {
    env,
    input: stdin,
    output: stdout,
    messages: stderr,
    screen: stderr.isTTY === true && env.TERM !== 'dumb' ? screenOf(stderr) : undefined,
    outputColumns: () => terminal?.columns ?? columnsDefault,
    colors: colored(stderr),
    outputColors: terminal !== undefined && colored(terminal),
    log: textLog((line) => stderr.write(line), least),
    signal: stop.signal,
  };
}

function screenOf(terminal: NodeJS.WriteStream): CommandContext['screen'] {
  return {
    columns: () => terminal.columns,
    rows: () => terminal.rows,
    onResize(act) {
      terminal.on('resize', act);
      return () => terminal.off('resize', act);
    },
  };
}

/** Reports a failure, as the last line. The debug level adds the stack. */
function report(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error && (level === 'debug' || level === 'trace') ? error.stack : undefined;
  if (connecting) jsonLog((line) => stderr.write(line), level)('error', message, stack === undefined ? undefined : {stack});
  else stderr.write(`source-zoho: ${stack ?? message}\n`);
}

/** Resolves when a stream has written everything, or can write nothing more. */
function delivered(stream: Writable): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
