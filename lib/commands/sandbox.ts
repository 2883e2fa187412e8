/** `source-zoho sandbox`: a local Zoho for trying things out. */
import {ConfigError} from '../errors/errors.ts';
import {explainSystemErrors} from '../errors/system.ts';
import {isLoopback} from '../zoho/data-centers.ts';
import {configOf} from './context.ts';
import {type CommandContext, exit, say, sayJson} from './host.ts';
import {refuseExisting} from './new-file.ts';

export interface SandboxArguments {
  readonly port: number;
  readonly host: string;
  readonly records: number;
  readonly seed: number;
  /** Milliseconds between two changes; `true` for the default. */
  readonly churn?: number | true;
  readonly fault?: readonly string[];
  readonly config?: string;
  readonly force?: boolean;
  readonly strict?: boolean;
}

/** Default pace of changes: every sweep finds some. */
const churnDefaultMs = 500;

/**
 * Lifts limits that someone who runs one command after another would hit, and a continuous capture
 * never does.
 */
const relaxed = {tokensPerWindow: 1_000_000, downloadsPerMinute: 1_000_000};

/**
 * Listens until the process is asked to stop. The only line of output has its address and
 * credentials.
 */
export async function sandbox(host: CommandContext, args: SandboxArguments): Promise<number> {
  const {config} = args;
  if (config !== undefined)
    await explainSystemErrors(`write ${config}`, () => refuseExisting(config, args.force, 'pass --config for another file'));
  const {startSandbox} = await import('../sandbox/server.ts');
  const {InvalidFault} = await import('../sandbox/faults.ts');
  const {strictDialect} = await import('../sandbox/coql/switches.ts');
  const started = await explainSystemErrors(`listen on ${args.host}, port ${args.port}`, () =>
    startSandbox({
      port: args.port,
      host: args.host,
      records: args.records,
      seed: args.seed,
      faults: args.fault,
      switches: args.strict === true ? {coql: strictDialect} : relaxed,
      ...(args.churn !== undefined && {churnMs: args.churn === true ? churnDefaultMs : args.churn}),
    }),
  ).catch((error: unknown) => {
    throw error instanceof InvalidFault ? new ConfigError(error.message, {cause: error}) : error;
  });
  try {
    if (config !== undefined) {
      const {writePrivate} = await import('../sinks/files/disk.ts');
      await explainSystemErrors(`write ${config}`, () =>
        writePrivate(config, `${JSON.stringify(configOf(started), undefined, 2)}\n`),
      );
      say(host, `The sandbox's configuration is in ${config}`);
    }
    if (!isLoopback(started.url)) say(host, 'Anyone who reaches this address can read and change the sandbox');
    sayJson(host, {url: started.url, ...started.credentials, modules: started.modules});
    await new Promise<void>((resolve) => {
      if (host.signal.aborted) resolve();
      host.signal.addEventListener('abort', () => resolve(), {once: true});
    });
  } finally {
    await started.close();
  }
  return exit.done;
}
