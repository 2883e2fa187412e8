/**
 * The command line: the commands, their options and their help. A command's module is loaded when
 * it is called.
 */
import {Command, CommanderError, InvalidArgumentError} from 'commander';
import type {CaptureArguments} from './commands/capture.ts';
import type {SetupArguments} from './commands/context.ts';
import {type CommandContext, exit, sayJson} from './commands/host.ts';
import {durationMs} from './config/duration.ts';
import {startInstant} from './config/start-date.ts';
import {exitCodeOf} from './errors/errors.ts';
import {programVersion} from './platform/version.ts';

/**
 * Runs the command that the arguments name; returns the exit code. Wrong arguments are explained
 * and return 2; other failures are thrown.
 */
export async function runCli(host: CommandContext, args: readonly string[]): Promise<number> {
  let code: number = exit.done;
  const run =
    <A extends unknown[]>(command: (...args: A) => Promise<number>) =>
    async (...given: A): Promise<void> => {
      code = await command(...given);
    };
  const asJson = args.includes('--json');
  try {
    const program = programOf(host, run);
    await program.parseAsync(withoutHelp(args, program), {from: 'user'});
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      if (asJson) sayJson(host, failureOf(host.signal.aborted ? exit.interrupted : exitCodeOf(error), error));
      throw error;
    }
    if (error.exitCode === 0 || error.code === 'commander.help') return exit.done;
    if (asJson) sayJson(host, failureOf(exit.usage, error));
    return exit.usage;
  }
}

/** A failure as JSON, for programs that read results. */
function failureOf(code: number, error: unknown): object {
  const kind = Object.entries(exit).find(([, each]) => each === code)?.[0] ?? 'failed';
  const message = (error instanceof Error ? error.message : String(error)).replace(/^error: /, '');
  return {error: {kind, exit_code: code, message}};
}

/**
 * Turns `help X` for an unknown X into `X`, so that it gets the same explanation as any mistyped
 * command.
 */
function withoutHelp([first, second, ...rest]: readonly string[], {commands}: Command): string[] {
  const all = [first, second, ...rest].filter((arg) => arg !== undefined);
  const isUnknown =
    first === 'help' && second !== undefined && ![...commands.map((command) => command.name()), 'help'].includes(second);
  return isUnknown ? all.slice(1) : all;
}

type Run = <A extends unknown[]>(command: (...args: A) => Promise<number>) => (...given: A) => Promise<void>;

function programOf(host: CommandContext, run: Run): Command {
  const program = new Command('source-zoho');
  program
    .description('Captures Zoho CRM modules into Flow collections, or into local files.')
    .usage('<command> [options]')
    .helpCommand('help [command]', 'show the help of a command')
    .version(`source-zoho ${programVersion()}`, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.output.write(text),
      writeErr: (text) => host.messages.write(text),
      getOutHelpWidth: () => host.outputColumns(),
      getErrHelpWidth: () => host.screen?.columns() ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(run source-zoho --help for the commands)')
    .addHelpText('after', programNotes);

  program
    .command('spec')
    .description('print what the connector can be configured with, as JSON')
    .addHelpText('after', example('source-zoho spec'))
    .action(run(async () => (await import('./commands/spec.ts')).spec(host)));

  withSetup(program.command('check'))
    .description('try the credentials, and list the modules that can be captured')
    .option('--estimate', 'also estimate the backfill and each day afterwards: records, jobs, credits, minutes')
    .option('--since <date>', 'start to assume if the configuration has none', date)
    .option('--json', 'print the result as JSON')
    .option('--support-bundle <file>', 'also write a file to attach to a problem report, without secrets or record values')
    .option('--out <dir>', 'directory written by capture, whose state goes into that file')
    .addHelpText('after', example('source-zoho check --sandbox'))
    .action(run(async (args) => (await import('./commands/check.ts')).check(host, args)));

  withSetup(program.command('discover'))
    .description('print the bindings that Flow would be offered, one JSON line each')
    .option('--flow <dir>', 'write a flow.yaml and collection specs instead')
    .option('--image <name>', 'image of the connector for that flow.yaml, as pushed')
    .option('--prefix <prefix>', 'prefix of the names in the catalog', 'acmeCo')
    .option('--json', 'also print a failure as JSON')
    .option('--with-secrets', 'write the credentials instead of placeholders')
    .addHelpText('after', example('source-zoho discover --sandbox --module Leads,Deals --flow ./catalog'))
    .action(run(async (args) => (await import('./commands/discover.ts')).discover(host, args)));

  withSetup(program.command('capture'))
    .description('capture modules into local files, or to standard output')
    .requiredOption('--out <dir>', 'directory for one NDJSON file per collection, or - for lines of ["collection", document]')
    .option('--once', 'stop once everything that exists now is captured')
    .option(
      '--since <date>',
      'capture records modified since this date, such as 2024-01-01, if the configuration has no start',
      date,
    )
    .option('--backfill <names>', 'modules to backfill again', names)
    .option(
      '--fields <names>',
      'fields to capture instead of all: Email of every module, Leads.Email of one; always with id and times',
      names,
    )
    .option('--gzip', 'compress the files: .ndjson.gz')
    .option('--dry-run', 'estimate the backfill, and capture nothing')
    .option('--timeout <time>', 'stop after this long, such as 90s, 10m or 1h', duration)
    .option('--initial-state <json>', 'initial state', json)
    .option('--output-state', 'print checkpoints, and the state at the end')
    .option('--report <file>', 'also write a page about the run, with timeline, rates and credits, into this HTML file')
    .option('--force', 'replace that file if it exists')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', example('source-zoho capture --sandbox --module Leads,Deals --out ./out --once'))
    .addHelpText('after', captureNotes)
    .action(run(async (args: CaptureArguments) => (await import('./commands/capture.ts')).capture(host, args)));

  withSetup(program.command('verify'))
    .description('compare captured files with Zoho')
    .requiredOption('--out <dir>', 'directory written by capture')
    .option('--full', 'compare every record instead of a sample')
    .option('--sample <count>', 'records to compare per module', integer, 200)
    .option('--show-values', "show differing values, not only their fields; they are your customers' data")
    .option('--json', 'print the result as JSON')
    .addHelpText('after', example('source-zoho verify --config config.json --out ./out'))
    .action(run(async (args) => (await import('./commands/verify/verify.ts')).verify(host, args)));

  program
    .command('login')
    .description("turn a Self Client's grant code into a refresh token and a config file")
    .requiredOption('--client-id <id>', "client id, as shown in Zoho's API console")
    .option('--client-secret <secret>', 'client secret; by default read from the first line of standard input')
    .requiredOption('--code <code>', 'grant code, generated at most a few minutes ago with all scopes of the connector')
    .option('--api-domain <address>', 'API host of your data centre, as in the configuration', 'https://www.zohoapis.com')
    .option('--start-date <date>', 'capture records modified since this date, such as 2024-01-01; by default 30 days', date)
    .option('--out <file>', 'config file to write', 'config.json')
    .option('--force', 'replace the file if it exists')
    .addHelpText(
      'after',
      example('source-zoho login --client-id 1000.ABC --code 1000.abc.def --api-domain https://www.zohoapis.eu'),
    )
    .action(run(async (args) => (await import('./commands/login.ts')).login(host, args)));

  program
    .command('sandbox')
    .description('run a local Zoho CRM for trying things out; prints its address and credentials as a JSON line')
    .option('--port <port>', 'port to listen on', port, 0)
    .option('--host <address>', 'address to listen on; anyone who reaches it can read and change the sandbox', '127.0.0.1')
    .option('--records <count>', 'records of the largest module', integer, 1_000)
    .option('--seed <number>', 'the same seed gives the same organisation', integer, 1)
    .option('--churn [time]', 'make a random change at this interval (500ms by default)', duration)
    .option('--fault <fault>', 'inject a fault: name, name:kind, name*count or name@probability; may be repeated', collect)
    .option('--strict', "enforce Zoho's limits on tokens and downloads, and accept only queries that every organisation accepts")
    .option('--config <file>', 'write a config file for the other commands')
    .option('--force', 'replace that file if it exists')
    .addHelpText('after', example('source-zoho sandbox --records 100000 --churn --config config.json'))
    .addHelpText('after', '\nlib/sandbox/README.md lists its faults, its switches and the calls that control it.')
    .action(run(async (args) => (await import('./commands/sandbox.ts')).sandbox(host, args)));

  program
    .command('demo')
    .description('capture three modules of a sandbox into ./out, and compare the files with what the sandbox holds')
    .option('--out <dir>', 'directory to write to; files of an earlier demo are replaced', 'out')
    .option('--records <count>', 'records of the largest module', integer, 100_000)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', example('source-zoho demo'))
    .action(run(async (args) => (await import('./commands/demo.ts')).demo(host, args)));

  program
    .command('bench')
    .description('measure how fast backfills are, compared with other ways to read the same pages')
    .option(
      '--cases <names>',
      'usual, narrow, wide, quoted, unicode, coql, bindings, hundred, null, slow, stalled, latency-parallel, latency-serial, or all (except hundred)',
      names,
    )
    .option('--rounds <count>', 'rounds; figures are their medians', integer, 5)
    .option('--rows <count>', 'rows of a page', integer, 200_000)
    .option('--scale <file>', 'instead, capture more and more rows, and plot rate and memory into this SVG file')
    .option('--scale-rows <count>', 'largest number of rows for --scale', integer, 2_000_000)
    .option('--report <file>', 'also write a page with the figures as bars into this HTML file')
    .option('--force', 'replace these files if they exist')
    .option('--starts', 'instead, time the starts of spec and --help, compared with node')
    .option(
      '--memory',
      'instead, measure peak memory; its cases are idle, sweeps, slices, deletions, largest, largest-bulk, stalled, refresh, snapshot',
    )
    .option('--write', 'instead, measure everything that lib/bench/RESULTS.md shows, and write it there: about 15 minutes')
    .option('--json', 'print the figures as JSON')
    .addHelpText('after', example('source-zoho bench --cases usual,coql --rounds 3'))
    .action(run(async (args) => (await import('./commands/bench.ts')).bench(host, args)));

  return program;
}

/** Adds the options of every command that reads Zoho: the configuration and the modules. */
function withSetup(command: Command): Command {
  return command
    .option('--source <file>', 'Flow catalog (flow.yaml) with the capture')
    .option('--name <capture>', 'which capture of the catalog, if it has several')
    .option('--config <file>', "file with the connector's configuration, in JSON or YAML; - for standard input")
    .option(
      '--module <names>',
      "modules by API name, such as Leads,Contacts or 'Custom*'; by default all that can be captured",
      names,
    )
    .option('--sandbox', 'use a sandbox that runs only during the command')
    .option('--records <count>', 'records of the largest module of that sandbox', integer);
}

export type {SetupArguments};

function example(command: string): string {
  return `\nExample:\n  $ ${command}`;
}

const programNotes = `
Without a command, and with standard input that is not a terminal, it runs as the connector and speaks Flow's capture protocol.

First steps:
  $ source-zoho sandbox --config config.json &
  $ source-zoho check --config config.json
  $ source-zoho capture --config config.json --module Leads,Deals --out ./out --once

Exit codes: 0 done, 1 failed, 2 wrong arguments or configuration, 3 credentials or scopes, 4 differences found,
130 interrupted (what was captured is saved). Results go to standard output, everything else to standard error.

Environment: ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET, ZOHO_REFRESH_TOKEN and ZOHO_API_DOMAIN replace a --config, or what it
lacks; \${NAME} in a configuration is replaced. LOG_LEVEL (trace, debug, info, warn, error), NO_COLOR, HTTPS_PROXY.`;

const captureNotes = `
The same command continues where it stopped, however it was stopped. Ctrl-C stops at the next checkpoint; a second Ctrl-C stops at once.`;

function integer(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('Expected a port from 0 to 65535.');
  return Number(text);
}

function duration(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined || ms > timerMsMax)
    throw new InvalidArgumentError('Expected a duration of up to 24 days, such as 90s, 10m, 1h30m or PT5M.');
  return ms;
}

/** The longest delay that a timer of node accepts. */
const timerMsMax = 2 ** 31 - 1;

function date(text: string): string {
  const instant = startInstant(text);
  if (instant === undefined) throw new InvalidArgumentError('Expected a date, such as 2024-01-01 or 2024-01-01T08:00:00Z.');
  return instant;
}

function json(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidArgumentError('Expected a JSON object.');
  return {...value};
}

/** Names from one or more options, separated by commas or white space. */
function names(text: string, before: readonly string[] = []): readonly string[] {
  const listed = text.split(/[\s,]+/).filter((name) => name !== '');
  if (listed.length === 0) throw new InvalidArgumentError('Expected at least one name.');
  return [...new Set([...before, ...listed])];
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
