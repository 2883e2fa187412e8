/** Where `capture` writes: files of a directory, or standard output. */
import {ConfigError} from '../errors/errors.ts';
import {explainSystemErrors} from '../errors/system.ts';
import {systemClock} from '../platform/clock.ts';
import {clearCapture} from '../sinks/files/clear.ts';
import {folderDisk, makeFolder} from '../sinks/files/disk.ts';
import {lockFolder} from '../sinks/files/lock.ts';
import {openNdjson} from '../sinks/ndjson.ts';
import {PreviewSink} from '../sinks/preview.ts';
import type {Sink} from '../sinks/sink.ts';
import type {Setup} from './context.ts';
import type {CommandContext} from './host.ts';
import {working} from './terminal/work.ts';

/** Where a run writes, and what can be reported about it. */
export interface Output {
  readonly sink: Sink & {readonly state: unknown};
  /** Each collection's file, if there are files. */
  readonly files: readonly {readonly collection: string; readonly file: string; readonly lines: number}[];
  /** Releases the place after the sink was closed. */
  release(): void;
}

export interface OutputArguments {
  readonly out: string;
  readonly initialState?: Readonly<Record<string, unknown>>;
  readonly outputState?: boolean;
  /** Compress the files. */
  readonly gzip?: boolean;
}

/** Opens the place that the arguments name. `-` is standard output. */
export async function openOutput(
  host: CommandContext,
  args: OutputArguments,
  setup: Setup,
  collections: readonly string[],
): Promise<Output> {
  const {out, initialState, outputState, gzip} = args;
  if (out === '-') {
    if (gzip === true) throw new ConfigError('Cannot use --gzip with --out -: pipe standard output into gzip instead');
    const sink = new PreviewSink(host.output, {state: initialState ?? {}, showState: outputState === true, signal: host.signal});
    return {sink, files: [], release() {}};
  }
  const unlock = await explainSystemErrors(`write into ${out || 'a directory without a name'}`, async () => {
    await makeFolder(out);
    return lockFolder(out);
  });
  try {
    const {identity: capture} = setup;
    // The sandbox ended with its command, so a capture of it can only start over.
    if (capture.sandbox !== undefined && (await clearCapture(out, ({sandbox}) => sandbox !== undefined)))
      host.log('info', `What an earlier --sandbox left in ${out} is replaced`);
    const sink = await working(host, (work) => {
      work.begin(`Looking whether the files in ${out} are as they were written, bytes`);
      const onChecked = (bytes: number): Promise<void> => {
        work.add(bytes);
        return work.pause();
      };
      const disk = folderDisk(out);
      return openNdjson({disk, folder: out, capture, collections, initialState, gzip, clock: systemClock, onChecked});
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
