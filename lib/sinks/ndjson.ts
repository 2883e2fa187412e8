/**
 * Local files as a sink: JSON lines for each collection, and a `state.json` that says how much of
 * them counts (design 8).
 */
import {promisify} from 'node:util';
import {crc32, gzip} from 'node:zlib';
import {ConfigError} from '../errors/errors.ts';
import {systemReason} from '../errors/system.ts';
import {mergePatch} from '../flow/state.ts';
import {commitBytes, commitDelayMs, uncommittedBytesMax} from '../limits.ts';
import {BufferPool} from '../platform/buffer-pool.ts';
import type {Clock} from '../platform/clock.ts';
import {setOwn} from '../platform/own-property.ts';
import type {Disk, DiskFile} from './files/disk.ts';
import {fileNames, gzipEnding, plainEnding} from './files/file-names.ts';
import {type Manifest, type ManifestFile, manifestName, manifestText, parseManifest, refuseOther} from './files/manifest.ts';
import {serialize} from './serialize.ts';
import {patchOf, type Sink, type Transaction} from './sink.ts';

export interface NdjsonOptions {
  readonly disk: Disk;
  /** The directory as the user typed it, for messages. */
  readonly folder: string;
  /** What identifies this capture. A directory of another capture is rejected. */
  readonly capture: Readonly<Record<string, string>>;
  readonly collections: readonly string[];
  /** Initial state, for a directory that has none yet. */
  readonly initialState?: Readonly<Record<string, unknown>> | undefined;
  /** Whether new files are compressed; by default as those are that the directory has. */
  readonly gzip?: boolean | undefined;
  readonly clock: Clock;
  /**
   * Awaited after each block of a file that is verified before the capture continues. What it
   * throws stops the opening.
   */
  readonly onChecked?: (bytes: number) => Promise<void>;
}

interface OutputFile {
  readonly name: string;
  readonly disk: DiskFile;
  /** Bytes written, committed or not. */
  bytes: number;
  lines: number;
  crc32: number;
  /** Length at the last sync. */
  synced: number;
}

/**
 * Opens the directory's files and truncates them to what was committed, so that a run continues
 * where the last one was, however it ended. The caller holds the directory's lock.
 *
 * @throws ConfigError when the directory holds another capture, a foreign file, or a file that was
 * changed since.
 */
export async function openNdjson(options: NdjsonOptions): Promise<NdjsonSink> {
  const {disk, folder, capture, initialState} = options;
  const text = await disk.read(manifestName);
  const kept = text === undefined ? undefined : parseManifest(text, folder);
  if (kept !== undefined) {
    refuseOther(kept, capture, folder);
    if (initialState !== undefined)
      throw new ConfigError(`Cannot start from another state in ${folder}: it already has one; choose another directory`);
  }
  const journal = kept ?? {version: 1, capture: {...capture}, state: initialState ?? {}, files: {}};
  const files = await claim(journal, options);
  const opened = new Map<string, OutputFile>();
  try {
    for (const [collection, file] of Object.entries(files)) opened.set(collection, await reopen(file, options));
    await disk.syncNames();
  } catch (error) {
    for (const file of opened.values()) await file.disk.close();
    throw error;
  }
  return new NdjsonSink(options, {...journal, files}, opened);
}

/**
 * Assigns a file to every collection. A new one is recorded before it is created, so a file without
 * an entry is never ours.
 */
async function claim(
  journal: Manifest,
  {disk, folder, collections, gzip: isAsked}: NdjsonOptions,
): Promise<Record<string, ManifestFile>> {
  const known = new Map(Object.entries(journal.files).map(([collection, {file}]) => [collection, file]));
  const isCompressed = known.size > 0 && [...known.values()].every((file) => file.endsWith(gzipEnding));
  if (isAsked === true && known.size > 0 && !isCompressed)
    throw new ConfigError(
      `Cannot use --gzip in ${folder}: its files are not compressed; leave it out, or choose another directory`,
    );
  const files = {...journal.files};
  const ending = (isAsked ?? isCompressed) ? gzipEnding : plainEnding;
  for (const [collection, file] of fileNames(collections, known, ending)) {
    if (known.has(collection)) continue;
    if ((await disk.kind(file)) !== 'none')
      throw new ConfigError(
        `Cannot write ${folder}/${file}: it already exists and is not part of this capture; choose another directory`,
      );
    setOwn(files, collection, {file, bytes: 0, lines: 0, crc32: 0});
  }
  if (Object.keys(files).length > known.size || known.size === 0)
    await disk.replace(manifestName, manifestText({...journal, files}));
  return files;
}

/** Opens a file, verifies its committed part, and truncates it to that. */
async function reopen(committed: ManifestFile, {disk, folder, onChecked}: NdjsonOptions): Promise<OutputFile> {
  const {file: name, bytes, lines} = committed;
  const changed = (how: string): ConfigError =>
    new ConfigError(
      `Cannot continue in ${folder}: ${name} ${how} since it was written; put it back as it was, or choose another directory`,
    );
  const kind = await disk.kind(name);
  if (kind === 'other') throw changed('has been replaced by something other than a file');
  if (kind === 'none' && bytes > 0) throw changed('has been removed');
  const file = await disk.open(name);
  try {
    const size = await file.size();
    if (size < bytes) throw changed('has been shortened');
    if ((await checksum(file, bytes, onChecked)) !== committed.crc32) throw changed('has been changed');
    if (size > bytes) await file.cut(bytes);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {name, disk: file, bytes, lines, crc32: committed.crc32, synced: bytes};
}

/** CRC-32 of the first `length` bytes. */
async function checksum(file: DiskFile, length: number, onChecked: NdjsonOptions['onChecked']): Promise<number> {
  const block = Buffer.allocUnsafe(Math.min(length, 1 << 20));
  let sum = 0;
  for (let at = 0; at < length; ) {
    const read = await file.read(block.subarray(0, Math.min(block.length, length - at)), at);
    if (read === 0) break;
    sum = crc32(block.subarray(0, read), sum);
    at += read;
    await onChecked?.(read);
  }
  return sum;
}

/** A member of its own, so a file that is cut after any of them is a whole one. */
const compressed = promisify<Uint8Array, Buffer>(gzip);

const lineEnd = Buffer.from('\n');
const nothing = Buffer.alloc(0);

/**
 * Transactions are appended in the order of the calls. Many become durable together: the files are
 * synced, then `state.json` is replaced by one that covers exactly these transactions, of all
 * bindings. After a kill, the last such commit counts. After a failed write the sink accepts
 * nothing more, and everything committed stays.
 */
export class NdjsonSink implements Sink {
  readonly #options: NdjsonOptions;
  readonly #files: ReadonlyMap<string, OutputFile>;
  readonly #blocks = new BufferPool();
  #journal: Manifest;
  #state: unknown;
  #turn: Promise<unknown> = Promise.resolve();
  /** Bytes and checkpoints since the last commit began. */
  #newBytes = 0;
  #dirty = false;
  #committing: Promise<void> | undefined;
  #delayed: AbortController | undefined;
  #failure: unknown;

  constructor(options: NdjsonOptions, journal: Manifest, files: ReadonlyMap<string, OutputFile>) {
    this.#options = options;
    this.#journal = journal;
    this.#state = journal.state;
    this.#files = files;
  }

  /** The reduced state, including everything written so far. */
  get state(): unknown {
    return this.#state;
  }

  /** Every collection's file and its number of lines. */
  get files(): {collection: string; file: string; lines: number; bytes: number}[] {
    return [...this.#files].map(([collection, {name, lines, bytes}]) => ({collection, file: name, lines, bytes}));
  }

  write(piece: Transaction): Promise<number> {
    const written = this.#turn.then(async () => {
      while (this.#newBytes > uncommittedBytesMax && this.#committing !== undefined) await this.#committing;
      this.#refuse();
      const {bytes, count, block} = serialize(this.#blocks, piece, nothing, lineEnd);
      const patch = patchOf(piece);
      await this.#append(this.#fileOf(piece), bytes, count);
      if (block !== undefined) this.#blocks.release(block);
      if (patch !== undefined) this.#state = mergePatch(this.#state, patch);
      this.#dirty ||= count > 0 || patch !== undefined;
      // A checkpoint without documents stands for something done at Zoho, such as a paid job, and
      // is committed at once.
      this.#commitSoon(count === 0 ? 0 : commitDelayMs);
      return count;
    });
    this.#turn = written.catch(() => {});
    return written;
  }

  async describe(): Promise<void> {}

  /**
   * Commits what was written and closes the files. Rejects when something could not be made
   * durable.
   */
  async close(): Promise<void> {
    await this.#turn;
    this.#delayed?.abort();
    while (this.#committing !== undefined) await this.#committing;
    if (this.#failure === undefined && this.#dirty) await this.#commit();
    for (const file of this.#files.values()) await file.disk.close();
    this.#refuse();
  }

  #fileOf({target}: Transaction): OutputFile {
    const file = this.#files.get(target.collection);
    if (file === undefined) throw new Error(`No file was opened for collection ${target.collection}`);
    return file;
  }

  async #append(file: OutputFile, plain: Buffer, lines: number): Promise<void> {
    if (plain.length === 0) return;
    const bytes = file.name.endsWith(gzipEnding) ? await compressed(plain) : plain;
    try {
      await file.disk.write(bytes, file.bytes);
    } catch (error) {
      this.#failure ??= this.#unwritable(file.name, error);
      throw this.#failure;
    }
    file.bytes += bytes.length;
    file.lines += lines;
    file.crc32 = crc32(bytes, file.crc32);
    this.#newBytes += bytes.length;
  }

  /** Commits now if enough has accumulated, otherwise after the delay. Commits never overlap. */
  #commitSoon(delayMs: number): void {
    if (!this.#dirty || this.#committing !== undefined || this.#failure !== undefined) return;
    if (delayMs > 0 && this.#newBytes < commitBytes) {
      if (this.#delayed !== undefined) return;
      const delayed = new AbortController();
      this.#delayed = delayed;
      this.#options.clock.sleep(delayMs, delayed.signal).then(
        () => {
          this.#delayed = undefined;
          this.#commitSoon(0);
        },
        () => {},
      );
      return;
    }
    this.#delayed?.abort();
    this.#delayed = undefined;
    this.#committing = this.#commit().finally(() => {
      this.#committing = undefined;
      this.#commitSoon(commitDelayMs);
    });
  }

  /**
   * Never rejects: the next write or close throws the failure. What is written meanwhile belongs to
   * the next commit.
   */
  async #commit(): Promise<void> {
    const {disk} = this.#options;
    this.#dirty = false;
    this.#newBytes = 0;
    const lengths = [...this.#files].map(([collection, file]) => ({
      collection,
      file,
      entry: {file: file.name, bytes: file.bytes, lines: file.lines, crc32: file.crc32},
    }));
    const journal = {
      ...this.#journal,
      state: this.#state,
      files: Object.fromEntries(lengths.map(({collection, entry}) => [collection, entry])),
    };
    try {
      for (const {file, entry} of lengths) {
        if (entry.bytes === file.synced) continue;
        await file.disk.sync();
        file.synced = entry.bytes;
      }
      await disk.replace(manifestName, manifestText(journal));
      this.#journal = journal;
    } catch (error) {
      this.#failure ??= this.#unwritable(manifestName, error);
    }
  }

  #refuse(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #unwritable(name: string, error: unknown): Error {
    return new Error(
      `Cannot write ${this.#options.folder}/${name}: ${systemReason(error)}; what was committed is safe, and the same command continues from there`,
      {cause: error},
    );
  }
}
