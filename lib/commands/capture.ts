/** `source-zoho capture`: the connector's own pipeline into local files or standard output. */
import {type CaptureBinding, runCapture} from '../capture/capture.ts';
import {ridingOut} from '../capture/outage.ts';
import {type BindingProgress, newProgress} from '../capture/progress.ts';
import {explainSystemErrors} from '../errors/system.ts';
import {savedSnapshot} from '../flow/snapshot-state.ts';
import {mergePatch, savedBinding} from '../flow/state.ts';
import {systemClock} from '../platform/clock.ts';
import type {Log} from '../platform/log.ts';
import {clearCapture} from '../sinks/files/clear.ts';
import {folderDisk, makeFolder} from '../sinks/files/disk.ts';
import {lockFolder} from '../sinks/files/lock.ts';
import {openNdjson} from '../sinks/ndjson.ts';
import {PreviewSink} from '../sinks/preview.ts';
import type {Sink} from '../sinks/sink.ts';
import {bindingsOf, modulesOf, type Setup, type SetupArguments, setUp, unknownModule} from './context.ts';
import {estimate, estimateJson, estimateLines} from './estimate.ts';
import {countExpected} from './expected.ts';
import {type CommandContext, exit, print, say, sayJson} from './host.ts';
import {CaptureView} from './terminal/capture-view.ts';
import {display} from './terminal/display.ts';
import {counted, grouped, spanText, tableLines} from './terminal/table.ts';
import {working} from './terminal/work.ts';

export interface CaptureArguments extends SetupArguments {
  readonly out: string;
  readonly once?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly initialState?: Readonly<Record<string, unknown>>;
  readonly outputState?: boolean;
  readonly json?: boolean;
  /** Modules to backfill again, whatever was captured of them. */
  readonly backfill?: readonly string[];
  /** Say what the backfill would take, and write nothing. */
  readonly dryRun?: boolean;
}

/** Where a run writes, and what can be said about that. */
export interface Output {
  readonly sink: Sink & {readonly state: unknown};
  /** File of each collection, when there are files. */
  readonly files: readonly {readonly collection: string; readonly file: string; readonly lines: number}[];
  /** Lets go of the place, after the sink was closed. */
  release(): void;
}

export async function capture(host: CommandContext, args: CaptureArguments): Promise<number> {
  const setup = await setUp(host, args);
  try {
    if (args.dryRun === true) return await dryRun(host, args, setup);
    return await captureWith(host, args, setup);
  } finally {
    await setup.close();
  }
}

async function dryRun(host: CommandContext, {json}: CaptureArguments, setup: Setup): Promise<number> {
  const told = await estimate(setup, host, await modulesOf(setup, host));
  if (json === true) sayJson(host, {dry_run: true, estimate: estimateJson(told)});
  else for (const line of [...estimateLines(told, host.outputColumns()), '', 'Nothing was captured']) print(host, line);
  return exit.done;
}

/** Captures what a setup means; gives the exit code. */
export async function captureWith(host: CommandContext, args: RunArguments, setup: Setup): Promise<number> {
  // Whoever asks for one round waits for it; a capture that is to run on may begin in an outage.
  const chosen = () => bindingsOf(setup, host);
  const found = args.once === true ? chosen() : ridingOut(chosen, {clock: systemClock, log: host.log}, host.signal);
  const bindings = (await found).map(({resource, collection, stateKey, slices, snapshot}, index) => ({
    slices,
    snapshot,
    target: {index, stateKey, collection},
    resource,
    progress: newProgress(resource.name),
  }));
  refuseUnknown(args.backfill, bindings);
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
 * State and bindings with a new backfill of each module that is named, as Flow asks for one through the state. A module for which no start is set
 * begins where it began before, so that its files still are what they were meant to be.
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
    heldBack: setup.heldBack,
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

/** What the picture shows anyway is not said a second time. */
function withoutStatus(log: Log): Log {
  return (level, message, fields) => {
    if (fields?.eventType !== 'connectorStatus') log(level, message, fields);
  };
}

async function openOutput(
  host: CommandContext,
  args: RunArguments,
  setup: Setup,
  collections: readonly string[],
): Promise<Output> {
  const {out, initialState, outputState} = args;
  if (out === '-') {
    const sink = new PreviewSink(host.output, {state: initialState ?? {}, showState: outputState === true, signal: host.signal});
    return {sink, files: [], release() {}};
  }
  const unlock = await explainSystemErrors(`write into ${out || 'a directory without a name'}`, async () => {
    await makeFolder(out);
    return lockFolder(out);
  });
  try {
    const {identity: capture} = setup;
    // A sandbox that ended with its command: what was captured from it can only be begun anew.
    if (capture.sandbox !== undefined && (await clearCapture(out, ({sandbox}) => sandbox !== undefined)))
      host.log('info', `What an earlier --sandbox left in ${out} is replaced`);
    const sink = await working(host, (work) => {
      work.begin(`Looking whether the files in ${out} are as they were written, bytes`);
      const onChecked = (bytes: number): Promise<void> => {
        work.add(bytes);
        return work.pause();
      };
      const disk = folderDisk(out);
      return openNdjson({disk, folder: out, capture, collections, initialState, clock: systemClock, onChecked});
    });
    return {
      sink,
      get files() {
        return sink.files;
      },
      release: unlock,
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Tells what came of it; gives the exit code. */
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
    // Documents have standard output for themselves.
    const tell = args.out === '-' ? say : print;
    for (const line of summaryLines(args, bindings, fileOf)) tell(host, line);
    const rate = elapsedMs > 0 ? grouped((documents * 1_000) / elapsedMs) : '0';
    tell(
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
  if (fault !== undefined) return `set aside: ${fault}`;
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
