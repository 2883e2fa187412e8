/** `source-zoho capture`: the connector's own pipeline into local files or standard output. */
import {type CaptureBinding, runCapture} from '../capture/capture.ts';
import {retryInOutage} from '../capture/outage.ts';
import {type BindingProgress, newProgress} from '../capture/progress.ts';
import {ConfigError} from '../errors/errors.ts';
import {savedSnapshot} from '../flow/snapshot-state.ts';
import {mergePatch, savedBinding} from '../flow/state.ts';
import {systemClock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import {programVersion} from '../platform/version.ts';
import {bindingsOf, modulesOf} from './bindings.ts';
import {type Output, openOutput} from './capture-output.ts';
import {type Setup, type SetupArguments, setUp} from './context.ts';
import {estimate, estimateJson, estimateLines} from './estimate.ts';
import {countExpected} from './expected.ts';
import {type CommandContext, exit, print, say, sayJson} from './host.ts';
import {unknownModule} from './module-patterns.ts';
import {capturePage} from './report/capture-page.ts';
import {Recorder, type Watched} from './report/recorder.ts';
import {reported} from './report/reported.ts';
import {CaptureView} from './terminal/capture-view.ts';
import {display} from './terminal/display.ts';
import {counted, grouped, spanText, tableLines} from './terminal/table.ts';

export interface CaptureArguments extends SetupArguments {
  readonly out: string;
  readonly once?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly initialState?: Readonly<Record<string, unknown>>;
  readonly outputState?: boolean;
  /** Compress the files. */
  readonly gzip?: boolean;
  readonly json?: boolean;
  /** Modules to backfill again, regardless of what was captured. */
  readonly backfill?: readonly string[];
  /** Say what the backfill would take, and write nothing. */
  readonly dryRun?: boolean;
  /** File for a page of the run, and whether it may replace one that is there. */
  readonly report?: string;
  readonly force?: boolean;
}

export async function capture(host: CommandContext, args: CaptureArguments): Promise<number> {
  if (args.force !== undefined && args.report === undefined)
    throw new ConfigError('Cannot use --force without --report: nothing else is replaced');
  if (args.report === undefined) return captureOnce(host, args);
  if (args.dryRun === true) throw new ConfigError('Cannot use --report with --dry-run: there is no run to report on');
  const recorder = new Recorder({
    clock: systemClock,
    rssBytes: () => process.memoryUsage.rss(),
    version: programVersion(),
  });
  const listened = {...host, log: recorder.listening(host.log)};
  return reported(
    host,
    args.report,
    args,
    () => captureOnce(listened, args, recorder),
    async (outcome) => capturePage(await recorder.stop(outcome)),
  );
}

async function captureOnce(host: CommandContext, args: CaptureArguments, recorder?: Recorder): Promise<number> {
  const setup = await setUp(host, args);
  recorder?.watch({...watchedOf(setup), bindings: []});
  try {
    if (args.dryRun === true) return await dryRun(host, args, setup);
    return await captureWith(host, args, setup, recorder);
  } finally {
    await setup.close();
  }
}

async function dryRun(host: CommandContext, {json}: CaptureArguments, setup: Setup): Promise<number> {
  const estimated = await estimate(setup, host, await modulesOf(setup, host));
  if (json === true) sayJson(host, {dry_run: true, estimate: estimateJson(estimated)});
  else for (const line of [...estimateLines(estimated, host.outputColumns()), '', 'Nothing was captured']) print(host, line);
  return exit.done;
}

function watchedOf({client, holdReason}: Setup): Omit<Watched, 'bindings'> {
  return {spent: () => client.spent(), holdReason};
}

/** Captures what a setup means; gives the exit code. */
export async function captureWith(host: CommandContext, args: RunArguments, setup: Setup, recorder?: Recorder): Promise<number> {
  // Whoever asks for one round waits for it; a capture that is to run on may begin in an outage.
  const chosen = () => bindingsOf(setup, host);
  const found = args.once === true ? chosen() : retryInOutage(chosen, {clock: systemClock, log: host.log}, host.signal);
  const bindings = (await found).map(({resource, collection, stateKey, slices, snapshot}, index) => ({
    slices,
    snapshot,
    target: {index, stateKey, collection},
    resource,
    progress: newProgress(resource.name),
  }));
  refuseUnknown(args.backfill, bindings);
  recorder?.watch({...watchedOf(setup), bindings: bindings.map(({progress}) => progress)});
  const output = await openOutput(host, args, setup, [...new Set(bindings.map(({target}) => target.collection))]);
  try {
    return await run(host, args, setup, bindings, output);
  } finally {
    output.release();
  }
}

type RunArguments = Omit<CaptureArguments, keyof SetupArguments>;

function refuseUnknown(modules: readonly string[] = [], bindings: readonly CaptureBinding[]): void {
  const names = bindings.map(({resource}) => resource.name);
  for (const module of modules) if (!names.includes(module)) throw unknownModule(module, names, 'the modules of this capture');
}

/**
 * State and bindings with a new backfill of each module that is named, as Flow asks for one through
 * the state. A module for which no start is set begins where it began before, so that its files
 * still are what they were meant to be.
 */
function backfilledAgain(
  modules: readonly string[] = [],
  state: unknown,
  bindings: readonly CaptureBinding[],
  startDate: string | undefined,
): {state: unknown; bindings: readonly CaptureBinding[]} {
  const again = bindings.filter(({target, resource}) => modules.includes(resource.name) && isBegun(state, target.stateKey));
  const requests = Object.fromEntries(again.map(({target}) => [target.stateKey, true]));
  return {
    state: mergePatch(state, {backfillRequests: requests}),
    bindings: bindings.map((binding) =>
      again.includes(binding)
        ? {...binding, startDate: startDate ?? savedBinding(state, binding.target.stateKey)?.start}
        : binding,
    ),
  };
}

function isBegun(state: unknown, stateKey: string): boolean {
  return savedBinding(state, stateKey) !== undefined || savedSnapshot(state, stateKey) !== undefined;
}

async function run(
  host: CommandContext,
  args: RunArguments,
  setup: Setup,
  bindings: readonly (CaptureBinding & {readonly slices: number})[],
  output: Output,
): Promise<number> {
  const {client, config} = setup;
  const startMs = systemClock.elapsedMs();
  const progress = bindings.map((binding) => binding.progress);
  const expected = new Map<BindingProgress, number>();
  const view = new CaptureView({
    clock: systemClock,
    bindings: progress,
    expected,
    spent: () => client.spent(),
    holdReason: setup.holdReason,
    colors: host.colors,
    unicode: /utf-?8/i.test(host.env.LC_ALL || host.env.LC_CTYPE || host.env.LANG || ''),
  });
  const shown = display(host, systemClock, view);
  const timeout = args.timeout === undefined ? [] : [AbortSignal.timeout(args.timeout)];
  const ended = new AbortController();
  const signal = AbortSignal.any([host.signal, ...timeout]);
  const {state} = output.sink;
  const counting = countExpected({setup, bindings, state, signal: AbortSignal.any([signal, ended.signal])}, expected);
  try {
    await runCapture({
      client,
      clock: systemClock,
      log: withoutStatus(shown.log),
      sink: output.sink,
      ...backfilledAgain(args.backfill, state, bindings, config.startDate),
      startDate: config.startDate,
      once: args.once === true,
      signal,
    });
  } finally {
    ended.abort();
    await counting;
    shown.stop();
  }
  if (args.outputState === true) sayJson(host, ['connectorState', {updated: output.sink.state}]);
  return summarise(host, args, setup, bindings, output, systemClock.elapsedMs() - startMs);
}

/** The live display already shows the status. */
function withoutStatus(log: Log): Log {
  return (level, message, fields) => {
    if (fields?.eventType !== 'connectorStatus') log(level, message, fields);
  };
}

/** Prints the result, and returns the exit code. */
function summarise(
  host: CommandContext,
  args: RunArguments,
  {client}: Setup,
  bindings: readonly CaptureBinding[],
  output: Output,
  elapsedMs: number,
): number {
  const interrupted = host.signal.aborted;
  const aside = bindings.filter(({progress}) => progress.fault !== undefined);
  const fileOf = new Map(output.files.map(({collection, file, lines}) => [collection, {file, lines}]));
  const documents = bindings.reduce((sum, {progress}) => sum + progress.documents, 0);
  const spent = client.spent();
  if (args.json === true) {
    sayJson(host, {
      interrupted,
      seconds: Math.round(elapsedMs) / 1_000,
      documents,
      calls: spent.callsTotal,
      credits: spent.creditsTotal,
      modules: bindings.map(({target, progress}) => ({
        module: progress.name,
        collection: target.collection,
        file: fileOf.get(target.collection)?.file,
        documents: progress.documents,
        deletions: progress.deletions,
        dropped: progress.dropped,
        quarantined: progress.quarantined,
        sweeps: progress.sweeps,
        since: progress.since?.start,
        since_reason: progress.since?.reason,
        fault: progress.fault,
      })),
    });
  } else {
    // Standard output belongs to the documents.
    const show = args.out === '-' ? say : print;
    for (const line of summaryLines(args, bindings, fileOf)) show(host, line);
    const rate = elapsedMs > 0 ? grouped((documents * 1_000) / elapsedMs) : '0';
    show(
      host,
      `${counted(documents, 'document')} in ${spanText(elapsedMs)} (${rate}/s), ${counted(spent.callsTotal, 'API call')}, ${counted(spent.creditsTotal, 'credit')}`,
    );
  }
  if (interrupted) {
    say(
      host,
      args.out === '-' ? 'Interrupted' : `Interrupted; everything captured is saved, and the same command goes on from here`,
    );
    return exit.interrupted;
  }
  return aside.length > 0 && args.once === true ? exit.failed : exit.done;
}

/** What a person should know of a module beyond its figures. */
function remarkOf({fault, quarantined}: BindingProgress): string | undefined {
  if (fault !== undefined) return `paused: ${fault}`;
  return quarantined > 0 ? `${counted(quarantined, 'row')} left out; see the log, or run verify` : undefined;
}

function summaryLines(
  {out}: RunArguments,
  bindings: readonly CaptureBinding[],
  fileOf: ReadonlyMap<string, {file: string; lines: number}>,
): string[] {
  const right = {align: 'right'} as const;
  const columns = [
    {title: 'module'},
    {title: 'documents', ...right},
    {title: 'deletions', ...right},
    {title: 'since'},
    {title: out === '-' ? '' : 'file'},
    {title: ''},
  ];
  const rows = bindings.map(({target, progress}) => {
    const file = fileOf.get(target.collection);
    const place = file && `${out}/${file.file} (${counted(file.lines, 'line')})`;
    const {name, documents, deletions, since} = progress;
    return [name, documents, deletions, since?.start.slice(0, 10), place, remarkOf(progress)];
  });
  const reasons = Map.groupBy(
    bindings.flatMap(({progress}) => progress.since ?? []),
    ({start, reason}) => `Records modified since ${start} are captured: ${reason}`,
  );
  return [...tableLines(columns, rows), ...reasons.keys()];
}
