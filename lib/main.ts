/** The process: the only file that touches arguments, environment, standard streams, signals and the exit code. */
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
// What node makes of a file as standard output takes a write that the disk cut short for a whole one, and looking at `process.stdout` is
// enough to make a pipe's descriptor one that does not block.
const stdout = !connecting && isatty(1) ? process.stdout : new DescriptorOutput(1, () => process.stdout);
const level = levelOf(env.LOG_LEVEL);
const stop = new AbortController();
/** Of output that does not go to a terminal. */
const columnsDefault = 80;

/** A Ctrl-C at a terminal reaches this process twice when a parent passes it on as well. */
const sameKeyMs = 250;
let stoppedMs: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt());
// The launcher for older versions of node is the parent then; without it nobody waits for this process.
process.on('disconnect', () => interrupt());
process.channel?.unref();

// A write beyond `ulimit -f` then fails as one to a full disk does, instead of killing the process.
process.on('SIGXFSZ', () => {});

// Output that cannot be written ends everything; a failure of stderr has nowhere to be reported. Node's own standard streams do not
// remember their errors.
let lost: NodeJS.ErrnoException | undefined;
stdout.on('error', (error) => {
  lost ??= error;
  stop.abort(error);
});
stderr.on('error', () => {});
process.on('uncaughtException', (error) => {
  report(error);
  end(1);
});

const code = connecting ? await connect() : await command();
await delivered(stdout);
const verdict = lost === undefined ? code : withoutOutput(code, lost);
await delivered(stderr);
end(verdict);

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
    // Told at the end.
    if (stdout.errored) return interruptedCode();
    report(error);
    return exitCodeOf(error);
  }
}

async function command(): Promise<number> {
  try {
    const {runCli} = await import('./cli.ts');
    return await runCli(hostOf(level), args.length === 0 ? ['--help'] : args);
  } catch (error) {
    if (stoppedMs !== undefined) return exit.interrupted;
    const code = exitCodeOf(error);
    // The command was stopped because its output was lost, which is told at the end.
    if (lost !== undefined && code === exit.failed) return exit.interrupted;
    report(error);
    return code;
  }
}

/**
 * The exit code of a process whose output was lost. A reader that leaves (EPIPE) has seen what it wanted; every other failure is told, and is
 * one. Neither hides what the command found out by itself.
 */
function withoutOutput(code: number, error: NodeJS.ErrnoException): number {
  const stoppedByThis = code === interruptedCode() && stoppedMs === undefined;
  const own = stoppedByThis ? exit.done : code;
  if (error.code === 'EPIPE') return own;
  report(new Error(`Cannot write standard output: ${systemReason(error)}`));
  return own === exit.done ? exit.failed : own;
}

function hostOf(least: Level): CommandContext {
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
